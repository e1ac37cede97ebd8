import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const child = fileURLToPath(new URL('./durable-kill-child.ts', import.meta.url));
const STARTS_MAX = 25;
/** From the moment the process works to its kill. Unit: milliseconds. A full run takes about 700. */
const killAfterMs = [20, 150, 60, 90, 10, 200, 120, 40];

/** One life of the process: killed after `lifeMs` of work, or its last line when it ended first. */
function live(database: string, file: string, lifeMs: number): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const living = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', child, database, file], { stdio: ['ignore', 'pipe', 'pipe'] });
    let done: string | null = null;
    let errors = '';
    living.stderr.on('data', (data) => void (errors += String(data)));
    createInterface({ input: living.stdout }).on('line', (line) => {
      if (line === 'working') setTimeout(() => living.kill('SIGKILL'), lifeMs);
      else if (line.startsWith('done ')) done = line;
    });
    living.on('error', reject);
    living.on('exit', (_code, signal) => {
      if (done !== null || signal === 'SIGKILL') resolve(done);
      else reject(new Error(`the process ended by itself: ${errors}`));
    });
  });
}

test('a process killed again and again ends with the right result, each activity done at least once', { timeout: 60_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'slackwater-'));
  try {
    const database = join(directory, 'hub.sqlite');
    const file = join(directory, 'notes.txt');
    let kills = 0;
    let done: string | null = null;
    while (done === null && kills < STARTS_MAX) {
      const lifeMs = killAfterMs[kills % killAfterMs.length] ?? 100;
      done = await live(database, file, kills < killAfterMs.length ? lifeMs : 10_000);
      if (done === null) kills += 1;
    }
    const notes = readFileSync(file, 'utf8').trim().split('\n');

    assert.equal(done, 'done Completed {"lines":24,"first":"0.1","last":"7.3","word":"kept"}');
    assert.ok(kills >= 4, `killed ${kills} times`);
    assert.equal(new Set(notes).size, 24);
    assert.ok(notes.length < 24 + 3 * (kills + 1), `${notes.length} executions of 24 activities: only those in progress at a kill are repeated`);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
