import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Fault, Result } from '../domain/result.ts';
import { refuse, succeed } from '../domain/result.ts';
import { parseJson } from '../domain/json.ts';
import { readManifest } from './snapshot-manifest.ts';

/** What may lie where a snapshot is to be written: nothing, or an older snapshot of ours that is replaced. */
type Occupied = 'refuse' | 'replace-snapshot';

/**
 * Tells whether a snapshot may be written there; asked before a cluster is read. A folder that is there and not empty is replaced only on demand, and only
 * when Slackwater wrote it. Errors: `folder-occupied`, `folder-not-a-snapshot`. Changes nothing.
 */
export async function checkSnapshotPlace(directory: string, occupied: Occupied): Promise<Result<null, Fault>> {
  const names = await namesIn(directory);
  if (names === null || names.length === 0) return succeed(null);
  const isOurs = readManifest(parseJson(await readText(join(directory, 'snapshot.json')))) !== null;
  if (occupied === 'replace-snapshot' && isOurs) return succeed(null);
  return refuse([
    occupied === 'replace-snapshot'
      ? { code: 'folder-not-a-snapshot', where: directory, message: `${directory} holds other things than a snapshot that Slackwater wrote; it is left alone.`, remedy: 'Name another folder.' }
      : { code: 'folder-occupied', where: directory, message: `${directory} is not empty.`, remedy: isOurs ? 'Name another folder, or replace that snapshot with --overwrite.' : 'Name another folder.' },
  ]);
}

/**
 * Writes a snapshot folder whole or not at all: beside its place first, then moved there. Files are for their owner alone.
 *
 * Errors: those of {@link checkSnapshotPlace}, `folder-not-written`.
 */
export async function writeSnapshotFolder(directory: string, documents: ReadonlyMap<string, unknown>, occupied: Occupied): Promise<Result<null, Fault>> {
  const place = await checkSnapshotPlace(directory, occupied);
  if (!place.ok) return place;
  const target = resolve(directory);
  const parts: string[] = [];
  try {
    await mkdir(dirname(target), { recursive: true });
    const fresh = await mkdtemp(join(dirname(target), `.${basename(target)}.partial-`));
    parts.push(fresh);
    for (const [name, document] of documents) {
      await mkdir(dirname(join(fresh, name)), { recursive: true, mode: 0o700 });
      await writeFile(join(fresh, name), `${JSON.stringify(document, null, 1)}\n`, { mode: 0o600 });
    }
    if ((await namesIn(target)) !== null) {
      const old = await mkdtemp(join(dirname(target), `.${basename(target)}.old-`));
      parts.push(old);
      await rename(target, old);
    }
    await rename(fresh, target);
    return succeed(null);
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    return refuse([{ code: 'folder-not-written', where: directory, message: `The snapshot could not be written: ${why}`, remedy: 'Name a folder that this user may write, on a disk with room.' }]);
  } finally {
    for (const part of parts) await rm(part, { recursive: true, force: true });
  }
}

async function namesIn(directory: string): Promise<readonly string[] | null> {
  try {
    return await readdir(directory);
  } catch {
    return null;
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return '';
  }
}
