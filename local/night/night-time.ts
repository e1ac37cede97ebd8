import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Instant } from '../../domain/time.ts';
import type { HostClock } from '../clock.ts';

const HEARTBEAT_MS = 50;

/** The cluster time a killed night had reached, as far as it was written down; null when there was none. */
export function readClusterTime(folder: string): Instant | null {
  try {
    const text = readFileSync(join(folder, 'cluster-time'), 'utf8').trim();
    return /^\d+$/.test(text) ? Number(text) : null;
  } catch {
    return null;
  }
}

/**
 * Writes the cluster time down again and again, so that a night goes on after a kill at the moment it had reached: no
 * cluster time passes while nothing runs. Returns the stop.
 */
export function keepClusterTime(folder: string, clock: HostClock): () => void {
  const file = join(folder, 'cluster-time');
  const beat = (): void => {
    // Renaming is atomic: a kill between the two lines leaves the older moment, never half a number.
    writeFileSync(`${file}.new`, String(clock.now()));
    renameSync(`${file}.new`, file);
  };
  beat();
  const timer = setInterval(beat, HEARTBEAT_MS);
  return () => {
    clearInterval(timer);
    beat();
  };
}
