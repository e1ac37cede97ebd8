/** Work that lasts; after a second it says so, and again every five. */
interface Progress {
  /** One more answer came. */
  count(): void;
  during<T>(work: Promise<T>): Promise<T>;
}

/** Shorter work says nothing. Unit: milliseconds. */
const SILENT_MS = 1_000;
const AGAIN_MS = 5_000;

/** Tells through `print` what lasts longer than a second, and how far it is: how many answers came so far, unless `how` says it otherwise. */
export function showProgress(print: (text: string) => void, what: string, how: ((answers: number) => string) | null = null): Progress {
  let answers = 0;
  return {
    count() {
      answers += 1;
    },
    async during(work) {
      const startedAt = Date.now();
      const tell = (): void => print(`${what}: ${how === null ? `${answers} answers` : how(answers)} in ${Math.round((Date.now() - startedAt) / 1_000)} s`);
      let again: ReturnType<typeof setInterval> | null = null;
      const first = setTimeout(() => {
        tell();
        again = setInterval(tell, AGAIN_MS);
      }, SILENT_MS);
      try {
        return await work;
      } finally {
        clearTimeout(first);
        if (again !== null) clearInterval(again);
      }
    },
  };
}
