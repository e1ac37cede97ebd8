/** What a process needs of its surroundings, and no setting of the app or of an SDK. */
const kept = /^(path|home|userprofile|systemroot|windir|comspec|temp|tmp|tmpdir|tz|lang|lc_.*|node_.*|no_color|term)$/i;

/**
 * Runs `work` without the settings, sign-ins and proxies of the person's shell, and gives them back afterwards: what is
 * rehearsed reads its settings from the environment and must find the loopback services there and nothing else.
 */
export async function withOwnEnvironment<T>(work: () => Promise<T>): Promise<T> {
  const before = { ...process.env };
  const clear = (isCleared: (name: string) => boolean): void => {
    for (const name of Object.keys(process.env)) if (isCleared(name)) Reflect.deleteProperty(process.env, name);
  };
  clear((name) => !kept.test(name));
  try {
    return await work();
  } finally {
    clear(() => true);
    Object.assign(process.env, before);
  }
}
