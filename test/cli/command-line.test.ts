import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { root, slackwater } from './slackwater.ts';
import type { Ended } from './slackwater.ts';

const examplePath = 'fixtures/policies/shop-prod-weu.yaml';
const example = readFileSync(join(root, examplePath), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'slackwater-cli-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function fileWith(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** The same as a program of its own. */
function startSlackwater(...words: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const args = ['--disable-warning=ExperimentalWarning', 'cli/main.ts', ...words];
    execFile(process.execPath, args, { cwd: root }, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ exitCode, stdout, stderr });
    });
  });
}

test('the program prints results and faults to their own streams, and ends with the exit code', async () => {
  const [version, wrong, bad] = await Promise.all([
    startSlackwater('--version'),
    startSlackwater('calender'),
    startSlackwater('lint', fileWith('late.yaml', example.replace('"22:00"', '"25:00"'))),
  ]);

  assert.deepEqual([version.exitCode, version.stderr], [0, '']);
  assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
  assert.deepEqual([wrong.exitCode, wrong.stdout], [1, '']);
  assert.match(wrong.stderr, /Did you mean calendar\?/);
  assert.deepEqual([bad.exitCode, bad.stderr], [2, '']);
  assert.match(bad.stdout, /\[wrong-form\]/);
});

test('help lists every command and exits 0, and no word at all is wrong use', async () => {
  const [help, long, none, version] = await Promise.all([slackwater('help'), slackwater('--help'), slackwater(), slackwater('--version')]);

  assert.equal(help.exitCode, 0);
  assert.match(help.stdout, /^ {2}lint +\S/m);
  assert.match(help.stdout, /^ {2}calendar +\S/m);
  assert.equal(long.stdout, help.stdout);
  assert.equal(none.exitCode, 1);
  assert.equal(none.stderr, help.stdout);
  assert.equal(version.exitCode, 0);
  assert.equal(version.stdout, '1.2.3\n');
});

test("a command's help names its options and exits 0", async () => {
  const [option, word] = await Promise.all([slackwater('calendar', '--help'), slackwater('help', 'calendar')]);

  assert.equal(option.exitCode, 0);
  assert.match(option.stdout, /Usage: slackwater calendar FILE/);
  assert.match(option.stdout, /--count N/);
  assert.match(option.stdout, /--from INSTANT/);
  assert.equal(word.stdout, option.stdout);
});

test('wrong use exits 1, says every fault and the word that was meant, and prints nothing else', async () => {
  const table: readonly (readonly [words: readonly string[], ...says: RegExp[]])[] = [
    [['calender'], /"calender" is no command\. Did you mean calendar\?/],
    [['frobnicate'], /slackwater --help/],
    [['--verbose'], /"--verbose" is no command/],
    [['lint'], /name a policy file or a folder/],
    [['lint', 'no-such-file.yaml'], /no-such-file\.yaml: no such file or folder/],
    [['calendar'], /name one policy file/],
    [['calendar', examplePath, '--cuont', '3', '-o', 'xml'], /--cuont is no option\. Did you mean --count\?/, /--output is "xml"; write text, json, markdown or ics/],
    [['calendar', examplePath, '--count', 'many', '--from', 'tomorrow'], /--count is "many"/, /--from is "tomorrow"/],
    [['calendar', examplePath, '--count=0'], /--count is "0"; write a whole number from 1 to 100/],
    [['calendar', examplePath, '--count'], /--count needs a value/],
    [['calendar', examplePath, '--help=yes'], /--help takes no value/],
    [['calendar', examplePath, '-n', '1', '-n', '2'], /-n is given twice/],
  ];
  for (const { words, says, ended } of await Promise.all(table.map(async ([words, ...says]) => ({ words, says, ended: await slackwater(...words) })))) {
    assert.equal(ended.exitCode, 1, words.join(' '));
    assert.equal(ended.stdout.includes('opens'), false, words.join(' '));
    for (const sentence of says) assert.match(ended.stderr, sentence, words.join(' '));
  }
});

test('lint passes a good policy and a folder of them', async () => {
  const path = fileWith(join('good', 'deep', 'shop.yml'), example);
  fileWith(join('good', 'notes.txt'), 'no policy');
  fileWith(join('good', '.hidden', 'bad.yaml'), 'no policy');

  const [file, whole] = await Promise.all([slackwater('lint', examplePath), slackwater('lint', join(folder, 'good'), '-o', 'json')]);

  assert.deepEqual(file, { exitCode: 0, stdout: '1 file, 1 good policy, 0 faults\n', stderr: '' });
  assert.equal(whole.exitCode, 0);
  const report: unknown = JSON.parse(whole.stdout);
  assert.deepEqual(report, {
    schema: 'slackwater.lint/v1',
    files: [path],
    policies: [
      {
        name: 'shop-prod-weu',
        file: path,
        cluster: '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/shop-prod/providers/Microsoft.ContainerService/managedClusters/shop-prod-weu',
      },
    ],
    findings: [],
    unreadable: [],
  });
});

test('lint exits 2 on a bad policy and says every fault with file, line and column', async () => {
  const path = fileWith('bad.yaml', example.replace('"22:00"', '"25:00"').replace('durationHours: 6', 'durationHours: 60'));

  const [text, json] = await Promise.all([slackwater('lint', path), slackwater('lint', path, '--output', 'json')]);

  assert.equal(text.exitCode, 2);
  assert.ok(text.stdout.includes(`${path}:14:16: spec.window.startTime is "25:00". [wrong-form]`), text.stdout);
  assert.ok(text.stdout.includes(`${path}:15:20: spec.window.durationHours is 60. [out-of-range]`), text.stdout);
  assert.match(text.stdout, /1 file, 0 good policies, 2 faults\n$/);
  assert.equal(json.exitCode, 2);
  assert.match(json.stdout, /"code": "wrong-form",\n {6}"where": "spec\.window\.startTime"/);
  assert.match(json.stdout, /"line": 14,\n {6}"column": 16/);
});

test('lint finds two policies for one cluster across files', async () => {
  const path = fileWith('twin.yaml', example.replace('name: shop-prod-weu', 'name: twin'));

  const ended = await slackwater('lint', examplePath, path);

  assert.equal(ended.exitCode, 2);
  assert.match(ended.stdout, /one cluster, two policies\. \[repeated-cluster\]/);
});

test('a policy cannot drive the terminal through its own words', async () => {
  const path = fileWith('escape.yaml', example.replace('reason: year-end freeze', 'reason: "red \\e[31m alert"'));

  const ended = await slackwater('calendar', path, '--from', '2026-12-01T00:00Z');

  assert.equal(ended.exitCode, 0);
  assert.match(ended.stdout, /red {2}\[31m alert/);
  assert.equal(ended.stdout.includes('\u001b'), false);
});

test('the calendar shows openings in local time and UTC, and why dates are skipped', async () => {
  const ended = await slackwater('calendar', examplePath, '--from', '2026-12-06T00:00Z', '--count', '2');

  assert.equal(ended.exitCode, 0);
  assert.equal(
    ended.stdout,
    [
      'shop-prod-weu: every Saturday at 22:00 Europe/Paris for 6 h, from 2026-11-01',
      'Open since Sat 5 Dec 2026 22:00, closes Sun 6 Dec 04:00 (03:00Z).',
      '',
      '         opens (Europe/Paris)   closes                 opens (UTC)             hours  note',
      'opens    Sat 12 Dec 2026 22:00  Sun 13 Dec 2026 04:00  Sat 12 Dec 2026 21:00Z  6',
      'skipped  Sat 19 Dec 2026        to Sat 2 Jan 2027                                     3 dates: year-end freeze (2026-12-18 to 2027-01-04)',
      'opens    Sat 9 Jan 2027 22:00   Sun 10 Jan 2027 04:00  Sat 9 Jan 2027 21:00Z   6',
      '',
    ].join('\n'),
  );
});

test('the calendar for machines gives instants', async () => {
  const ended = await slackwater('calendar', examplePath, '--from=2026-12-12T00:00Z', '-n', '1', '-o', 'json');

  const report: unknown = JSON.parse(ended.stdout);
  assert.deepEqual(report, {
    schema: 'slackwater.calendar/v1',
    policies: [
      {
        policy: 'shop-prod-weu',
        file: examplePath,
        timeZone: 'Europe/Paris',
        from: '2026-12-12T00:00:00Z',
        openNow: null,
        openings: [
          {
            date: '2026-12-12',
            opens: '2026-12-12T21:00:00Z',
            closes: '2026-12-13T03:00:00Z',
            opensLocal: 'Sat 12 Dec 2026 22:00',
            closesLocal: 'Sun 13 Dec 2026 04:00',
            minutes: 360,
            restriction: 'none',
            reason: '',
            notes: [],
          },
        ],
        skipped: [],
      },
    ],
  });
});

test('the calendar of a bad policy says its faults and exits 1', async () => {
  const path = fileWith('bad-calendar.yaml', example.replace('Europe/Paris', 'Europe/Pari'));

  const ended = await slackwater('calendar', path);

  assert.equal(ended.exitCode, 1);
  assert.match(ended.stderr, /bad-calendar\.yaml:13:15: spec\.window\.timeZone is "Europe\/Pari"/);
  assert.match(ended.stderr, /Did you mean Europe\/Paris\?/);
});
