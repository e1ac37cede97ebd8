/**
 * Whether a path of the repository is a policy file: the one configured, or a `.yaml` or `.yml` directly in the folder.
 *
 * @param place - Folder or file, without slashes around; `''` is the root.
 */
export function isPolicyPath(path: string, place: string): boolean {
  if (!/\.ya?ml$/i.test(path)) return false;
  if (path === place) return true;
  const folder = place === '' ? '' : `${place}/`;
  return path.startsWith(folder) && !path.slice(folder.length).includes('/');
}
