import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isRecord, numberAt, parseJson, textAt } from '../../domain/json.ts';

const start = fileURLToPath(new URL('../../local/start.ts', import.meta.url));

interface Running {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<number | null>;
  /** Resolves when the output holds the text. */
  saw(text: string | RegExp): Promise<void>;
}

function run(folder: string, ...args: readonly string[]): Running {
  const child = spawn(process.execPath, [start, '--folder', folder, '--speed', '400', ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  const listeners = new Set<() => void>();
  const take = (chunk: Buffer): void => {
    output += chunk.toString('utf8');
    for (const listen of listeners) listen();
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const saw = (text: string | RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (typeof text === 'string' ? output.includes(text) : text.test(output)) {
          listeners.delete(look);
          resolve();
        }
      };
      listeners.add(look);
      void ended.then((code) => reject(new Error(`ended with ${code} before ${String(text)}:\n${output}`)));
      look();
    });
  return { child, output: () => output, ended, saw };
}

/** Accepted requests of the whole night, all processes together, as the log on disk has them. */
function effects(folder: string): readonly string[] {
  return readFileSync(join(folder, 'requests.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const entry = parseJson(line);
      if (!isRecord(entry)) return [];
      const [service, method, path] = ['service', 'method', 'path'].map((name) => textAt(entry, name) ?? '');
      const isAccepted = (numberAt(entry, 'status') ?? 500) < 300 && method !== 'GET';
      const isCounted = service === 'arm' ? !path?.endsWith('listClusterUserCredential') : service === 'github' && path?.endsWith('/issues') === true;
      return isAccepted && isCounted ? [`${service} ${method} ${path?.split('lab-aks').at(-1)}`] : [];
    });
}

const wholeNight = ['arm PUT ', 'arm PUT /agentPools/system', 'arm PUT /agentPools/apps', 'arm PUT /agentPools/spot'];

async function inFolder(play: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'slackwater-night-'));
  try {
    await play(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('a night left alone pauses, goes on when the owner mends the budget, and ends with nothing left', () =>
  inFolder(async (folder) => {
    const night = run(folder, '--once');

    assert.equal(await night.ended, 0, night.output());
    assert.match(night.output(), /PAUSED {5}shop\/images/);
    assert.match(night.output(), /shop\/images is changed by team-shop/);
    assert.match(night.output(), /\*\*Done\.\*\* 11 of 11 nodes/);
    for (const name of ['durable.sqlite', 'issue.md', 'requests.jsonl']) assert.ok(existsSync(join(folder, name)) && night.output().includes(name), name);
    assert.deepEqual(effects(folder).filter((effect) => effect.startsWith('arm')), wholeNight);
  }));

test('a night killed again and again goes on where it was: one upgrade call per unit, one issue, one write-back', () =>
  inFolder(async (folder) => {
    let night = run(folder, '--once');
    for (const moment of ['control-plane begins', 'pool/system begins', 'PAUSED', 'pool/spot begins', 'The run ended']) {
      await night.saw(moment);
      night.child.kill('SIGKILL');
      await night.ended;
      night = run(folder, '--once', '--resume');
    }

    assert.equal(await night.ended, 0, night.output());
    assert.deepEqual(effects(folder).filter((effect) => effect.startsWith('arm')), wholeNight);
    assert.equal(effects(folder).filter((effect) => effect.startsWith('github')).length, 2, 'the issue of the run, and the dashboard');
    assert.equal(night.output().match(/^Pull request #\d+: Write back what lab-aks runs: 1\.36, 1\.36\.2 \(infra\/main\.tf\)$/gm)?.length, 1);
  }));

test('words typed on the keyboard reach the run as comments: help is answered, abort ends it with something left', () =>
  inFolder(async (folder) => {
    const night = run(folder, '--once');
    await night.saw('PAUSED');
    night.child.stdin?.write('frobnicate\nhelp\n');
    await night.saw('"frobnicate" means nothing here');
    await night.saw(/slackwater\[bot\] created a comment .*(commands|Commands)/);
    night.child.stdin?.write('abort\n');

    assert.equal(await night.ended, 2, night.output());
    assert.match(night.output(), /operator said abort/);
    assert.match(night.output(), /created a comment on acme\/platform#\d+: Aborting/);
    assert.equal(effects(folder).filter((effect) => effect === 'arm POST /agentPools/apps/abort').length, 1);
    assert.equal(effects(folder).includes('arm PUT /agentPools/spot'), false);
  }));

test('fix mends the budget at once, and a second fix finds nothing to mend', () =>
  inFolder(async (folder) => {
    const night = run(folder, '--once');
    await night.saw('PAUSED');
    night.child.stdin?.write('fix\n');
    await night.saw('the cause looks cleared');
    night.child.stdin?.write('fix\n');
    await night.saw('Nothing is to be fixed now');
    night.child.kill('SIGKILL');
    await night.ended;

    assert.equal(night.output().match(/shop\/images is changed by team-shop/g)?.length, 2);
  }));

test('who stays answers on the page: the pause waits, and a comment written there lets the run go on to its write-back pull request', () =>
  inFolder(async (folder) => {
    const night = run(folder);
    await night.saw(/created a comment on acme\/platform#\d+: \*\*Paused/);
    const [, number = ''] = /created a comment on acme\/platform#(\d+): \*\*Paused/.exec(night.output()) ?? [];
    const address = /http:\S+(?=\/issues)/.exec(night.output())?.[0] ?? '';
    assert.doesNotMatch(night.output(), /PAUSED[^]*shop\/images is changed by team-shop/);

    const answer = await fetch(`${address}/issues/${number}`, { method: 'POST', redirect: 'manual', body: new URLSearchParams({ login: 'operator', body: '/resume' }) });
    assert.equal(answer.status, 303);

    await night.saw(/slackwater pool\/apps goes on/);
    await night.saw(/slackwater\[bot\] opened acme\/platform#\d+ “Write back what lab-aks runs/);
    night.child.kill('SIGKILL');
    await night.ended;
    assert.match(night.output(), /completed the check .*action_required/);
  }));

test('a stopped night says how to go on, and goes on at the same address', () =>
  inFolder(async (folder) => {
    const night = run(folder, '--seed', '7');
    await night.saw('pool/system begins');
    night.child.kill('SIGINT');

    assert.equal(await night.ended, 1, night.output());
    assert.ok(night.output().trimEnd().endsWith(`Go on with: npm start -- --resume --folder ${folder}`), night.output());
    const address = /http:\S+issues/.exec(night.output())?.[0] ?? '';
    const resumed = run(folder, '--resume');
    await resumed.saw('pool/system: upgraded');
    resumed.child.kill('SIGKILL');
    await resumed.ended;
    assert.ok(address !== '' && resumed.output().includes(address), resumed.output());
    assert.equal(effects(folder).filter((effect) => effect === 'arm PUT /agentPools/system').length, 1);
  }));

test('a folder in use, a folder of others and a port in use are refused, and what was there stays', () =>
  inFolder(async (folder) => {
    const night = run(folder);
    await night.saw('The window is open');
    for (const beginning of [[], ['--resume']]) {
      const second = run(folder, '--once', ...beginning);
      assert.equal(await second.ended, 1, second.output());
      assert.match(second.output(), /Another process runs a night in it\. \[night-already-running\]/);
    }
    await night.saw('pool/system begins');
    night.child.kill('SIGKILL');
    await night.ended;

    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    const third = run(folder, '--once', '--port', String(port));

    assert.equal(await third.ended, 1, third.output());
    assert.match(third.output(), /It holds what no night wrote: notes\.txt\. \[folder-of-others\]/);
    assert.match(third.output(), /Another program listens there\. \[port-unusable\]/);
    assert.ok(['notes.txt', 'durable.sqlite', 'requests.jsonl'].every((name) => existsSync(join(folder, name))));
    server.close();
  }));

test('a folder that cannot be made is refused at once, also where making it would never end', () =>
  inFolder(async (folder) => {
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    const impossible = [join(folder, 'notes.txt', 'night'), ...(existsSync('/proc/self') ? ['/proc/slackwater/night'] : [])];
    for (const path of impossible) {
      const night = run(path, '--once');

      assert.equal(await night.ended, 1, night.output());
      assert.match(night.output(), /It cannot be used: .*\[folder-unusable\]/);
    }
  }));

test('going on where no night is begins a new one, and says so', () =>
  inFolder(async (folder) => {
    const night = run(folder, '--resume');
    await night.saw('The window is open');
    night.child.kill('SIGKILL');
    await night.ended;

    assert.match(night.output(), /There is no night to go on with in .*; a new one begins\./);
  }));

test('a wrong argument is refused with the right one, and nothing starts', async () => {
  for (const [args, words] of [
    [['--speed', '9000'], /--speed takes a whole number from 10 to 600, not "9000"/],
    [['--sped', '20'], /--sped/],
  ] as const) {
    const child = spawn(process.execPath, [start, ...args], { stdio: 'pipe' });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString('utf8');
    });
    const code = await new Promise((resolve) => child.once('exit', resolve));

    assert.equal(code, 1);
    assert.match(errors, words);
  }
});
