import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { numberAt, textAt } from '../../domain/json.ts';
import { parseInstant } from '../../domain/local-time.ts';
import { refuse, succeed, type Fault, type Result } from '../../domain/result.ts';
import type { Instant } from '../../domain/time.ts';
import type { NightOptions } from './night-options.ts';

const lockName = 'night.lock';
const beginningName = 'night.json';
/** What a night keeps; anything else in the folder belongs to somebody else and is never removed. */
const ours = /^(?:cluster-time(?:\.new)?|issue\.md|(?:host|requests)\.jsonl|night\.json(?:\.new)?|night\.lock(?:-journal)?|(?:durable|world|service-bus)\.sqlite(?:-wal|-shm|-journal)?)$/;

/** What a night was begun with and goes on with after a kill. */
export interface NightBeginning {
  readonly opens: Instant;
  readonly seed: number;
  /** Port of GitHub's pages, so that links and open pages stay good. */
  readonly githubPort: number;
}

/** A folder that this process alone uses until `release`, or until it ends however it ends. */
export interface NightFolder {
  readonly path: string;
  /** The night that may go on; null when there is none. */
  readonly before: NightBeginning | null;
  /** Removes the night before. */
  clear(): void;
  keep(beginning: NightBeginning): void;
  release(): void;
}

/**
 * Makes the folder where it is missing and takes it for this process; removes nothing yet.
 *
 * Codes: `folder-unusable` · `folder-of-others` when it holds what no night wrote · `night-already-running`.
 */
export function takeNightFolder({ folder }: Pick<NightOptions, 'folder'>): Result<NightFolder, Fault> {
  const fault = (code: string, message: string, remedy: string) => refuse([{ code, where: `--folder ${folder}`, message, remedy }]);
  let lock: DatabaseSync | null = null;
  try {
    makeFolder(folder);
    const names = readdirSync(folder);
    const others = names.filter((name) => !ours.test(name));
    if (others.length > 0) return fault('folder-of-others', `It holds what no night wrote: ${others.slice(0, 3).join(', ')}.`, 'Name an empty or a new folder; what is in this one stays.');
    lock = new DatabaseSync(join(folder, lockName));
    // The system drops the lock when the process dies, so none outlives a kill.
    lock.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE;');
    const taken = lock;
    return succeed({
      path: folder,
      before: readBeginning(folder),
      clear: () => names.filter((name) => !name.startsWith(lockName)).forEach((name) => rmSync(join(folder, name), { force: true })),
      keep: (beginning) => writeBeginning(folder, beginning),
      release: () => taken.close(),
    });
  } catch (error) {
    lock?.close();
    const message = error instanceof Error ? error.message : String(error);
    if (message.includes('locked')) return fault('night-already-running', 'Another process runs a night in it.', 'Stop that one first, or name another folder.');
    return fault('folder-unusable', `It cannot be used: ${message}.`, 'Name a folder that this user may write to.');
  }
}

/**
 * Makes the folder and what is missing above it. Where nothing can be made (`/proc`), Node's recursive call never returns,
 * so the nearest folder there is must be one that takes folders, and each is made by itself.
 */
function makeFolder(folder: string): void {
  const missing: string[] = [];
  let nearest = resolve(folder);
  for (; !existsSync(nearest) && dirname(nearest) !== nearest; nearest = dirname(nearest)) missing.unshift(nearest);
  if (!statSync(nearest).isDirectory()) throw new Error(`${nearest} is not a folder`);
  if (missing.length > 0) accessSync(nearest, constants.W_OK | constants.X_OK);
  for (const each of missing) mkdirSync(each);
}

function writeBeginning(folder: string, { opens, ...rest }: NightBeginning): void {
  const file = join(folder, beginningName);
  // Renaming is atomic: a kill in between leaves the older text, never half of one.
  writeFileSync(`${file}.new`, JSON.stringify({ opens: new Date(opens).toISOString(), ...rest }));
  renameSync(`${file}.new`, file);
}

function readBeginning(folder: string): NightBeginning | null {
  try {
    const kept: unknown = JSON.parse(readFileSync(join(folder, beginningName), 'utf8'));
    const opens = parseInstant(textAt(kept, 'opens') ?? '');
    const seed = numberAt(kept, 'seed');
    return opens === null || seed === null ? null : { opens, seed, githubPort: numberAt(kept, 'githubPort') ?? 0 };
  } catch {
    return null;
  }
}
