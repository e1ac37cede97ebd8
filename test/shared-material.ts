import { existsSync, readFileSync } from 'node:fs';

/** Recordings and published descriptions that may lie beside the checkout; they are no part of it. */
interface SharedMaterial {
  /** Why a test of it must be left out; false when it is there. */
  readonly skip: string | false;
  readonly url: URL;
  /** The JSON of the file itself, or of one below the folder. */
  readJson(file?: string): unknown;
}

/** The shared file or folder at `path`; a folder's path ends in a slash. */
export function sharedMaterial(path: string): SharedMaterial {
  const url = new URL(`../../shared/${path}`, import.meta.url);
  return {
    skip: existsSync(url) ? false : `${path} is not beside this checkout`,
    url,
    readJson: (file = '') => JSON.parse(readFileSync(file === '' ? url : new URL(file, url), 'utf8')),
  };
}
