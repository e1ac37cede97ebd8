import { createInterface } from 'node:readline';

/** Words a person may type while the night runs; the first is the world's, the others go to the issue as comments. */
export const keyboardWords = ['fix', 'resume', 'retry', 'skip', 'pause', 'abort', 'status', 'help'] as const;
export type KeyboardWord = (typeof keyboardWords)[number];

/** Reads words from standard input; anything else gets the list of words. Returns the stop. */
export function listenToKeyboard(options: {
  readonly input: NodeJS.ReadableStream;
  readonly onWord: (word: KeyboardWord, rest: string) => void;
  readonly onUnknown: (text: string) => void;
}): () => void {
  const lines = createInterface({ input: options.input });
  lines.on('line', (line) => {
    const [first = '', ...rest] = line.trim().replace(/^\//, '').split(/\s+/);
    if (first === '') return;
    const word = keyboardWords.find((each) => each === first.toLowerCase());
    if (word === undefined) options.onUnknown(first);
    else options.onWord(word, rest.join(' '));
  });
  return () => lines.close();
}
