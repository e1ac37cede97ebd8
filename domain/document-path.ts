/** One step into a document or code: a name, a position in a list from 0, or the list's item whose field has a value. */
export type DocumentStep = string | number | { readonly field: string; readonly value: string };

/** How a path is written, for editors; {@link parseDocumentPath} has the last word. */
export const DOCUMENT_PATH_PATTERN = '^[^\\s.\\[\\]"=][^\\s]{0,299}$';

const stepForm = /\.?([A-Za-z0-9_$/@-]+)|\[(\d{1,6})\]|\["([^"\\]{1,200})"\]|\[([A-Za-z0-9_$-]+)=([^[\]"]{1,100})\]/y;

/**
 * Reads a path such as `parameters.kubernetesVersion.value`, `resources[0].properties.agentPoolProfiles[name=usr].orchestratorVersion`
 * or `tags["a.b"]`; null when it is none.
 */
export function parseDocumentPath(path: string): readonly DocumentStep[] | null {
  const steps: DocumentStep[] = [];
  stepForm.lastIndex = 0;
  while (stepForm.lastIndex < path.length) {
    const isFirst = stepForm.lastIndex === 0;
    const match = stepForm.exec(path);
    if (match === null) return null;
    const [whole, name, position, quoted, field, value] = match;
    if (name !== undefined && whole.startsWith('.') === isFirst) return null;
    if (name !== undefined) steps.push(name);
    else if (position !== undefined) steps.push(Number(position));
    else if (quoted !== undefined) steps.push(quoted);
    else steps.push({ field: field ?? '', value: value ?? '' });
  }
  return steps.length === 0 ? null : steps;
}
