import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createCheckPort } from '../../adapters/github-checks.ts';
import type { CheckRunReport } from '../../domain/check-run.ts';
import { textAt } from '../../domain/json.ts';
import { appLogin, botToken, repository, startGitHub } from '../local/github-fixture.ts';
import { openContract, published } from '../sim/github-contract.ts';

async function start(context: TestContext) {
  const local = await startGitHub(context);
  const open = () => createCheckPort({ baseUrl: local.server.apiUrl, auth: { kind: 'token', token: botToken }, appLogin });
  const head = textAt(local.server.request(appLogin, 'GET', `/repos/${repository}/git/ref/heads/main`, null).body, 'object', 'sha') ?? '';
  const report: CheckRunReport = { name: 'slackwater / a.yaml', headSha: head, reference: 'policy:1:-', conclusion: 'success', title: 'Valid', summary: 'All is well.', text: '', remarks: [], buttons: [] };
  const held = () => [...(local.server.github.world.repositories.get(repository)?.checkRuns.values() ?? [])];
  return { ...local, open, port: open(), report, held };
}

const remarks = (count: number): CheckRunReport['remarks'] => Array.from({ length: count }, (_, index) => ({ path: 'a.yaml', line: index + 1, column: 3, title: 'wrong', message: `Wrong ${index}.` }));

test('a check run is made once, changed in place, and left alone when it says the same', async (context) => {
  const { port, report, held, log } = await start(context);
  const made = await port.ensureCheckRun({ repository, report });
  const requests = log.entries.length;
  assert.deepEqual(await port.ensureCheckRun({ repository, report }), made);
  assert.equal(log.entries.length - requests, 1, 'one look');
  const buttons = [{ identifier: 'approve', label: 'Approve', description: 'Approves' }];
  await port.ensureCheckRun({ repository, report: { ...report, conclusion: 'action_required', text: 'More', buttons } });
  assert.equal(held().length, 1);
  assert.deepEqual([held()[0]?.conclusion, held()[0]?.output.text, held()[0]?.actions], ['action_required', 'More', buttons]);
  assert.ok(made.ok);
  assert.deepEqual(await port.readCheckRun({ repository, id: made.value.id }), { ok: true, value: { name: report.name, headSha: report.headSha, reference: report.reference } });
  assert.deepEqual(await port.readCheckRun({ repository, id: 1 }), { ok: true, value: null });
});

test('remarks go fifty at a time, and a repeat after a lost answer adds none twice', async (context) => {
  for (const count of [0, 1, 50, 51, 100, 131]) {
    for (const lost of [0, 1, 2, 3, 4]) {
      const { port, report, held, faults } = await start(context);
      const wanted = { ...report, conclusion: 'failure' as const, remarks: remarks(count) };
      // The service did what was asked; only its answer is lost.
      faults.add({ method: lost === 0 ? 'POST' : 'PATCH', path: /check-runs/, times: Math.max(1, lost), mishap: { kind: 'cut', moment: 'after' } });
      for (let tries = 0; tries < 6; tries += 1) await port.ensureCheckRun({ repository, report: wanted });
      assert.equal(held().length, 1, `${count} ${lost}`);
      assert.deepEqual(held()[0]?.annotations.map(({ message }) => message), wanted.remarks.map(({ message }) => message), `${count} ${lost}`);
      assert.equal(held()[0]?.conclusion, 'failure');
    }
  }
});

test('two hosts at the same moment leave one check run that speaks', async (context) => {
  const { open, report, held } = await start(context);
  const results = await Promise.all([open(), open(), open()].map((port) => port.ensureCheckRun({ repository, report })));
  for (const result of results) assert.ok(result.ok);
  await open().ensureCheckRun({ repository, report });
  const speaking = held().filter(({ conclusion }) => conclusion === 'success');
  assert.equal(speaking.at(-1)?.id, Math.max(...held().map(({ id }) => id)), 'the one GitHub shows');
});

test('what GitHub refuses is a failure with what to do', async (context) => {
  const { port, report, faults } = await start(context);
  const answers = [
    [403, 'terminal'],
    [422, 'terminal'],
    [429, 'transient'],
    [500, 'transient'],
  ] as const;
  for (const [status, failureClass] of answers) {
    faults.add({ method: 'GET', path: /check-runs/, times: 1, mishap: { kind: 'answer', moment: 'before', response: { status, headers: {}, body: { message: 'No.' } } } });
    const result = await port.ensureCheckRun({ repository, report });
    assert.ok(!result.ok && result.failure.class === failureClass, String(status));
  }
});

test('every request and answer keeps to the published description', { skip: published.skip }, async (context) => {
  const { port, report, log } = await start(context);
  const made = await port.ensureCheckRun({ repository, report: { ...report, remarks: remarks(60) } });
  assert.ok(made.ok);
  await port.readCheckRun({ repository, id: made.value.id });
  const contract = openContract();
  const faults = log.entries.flatMap(({ method, path, query, requestBody, status, responseBody }) => contract.check({ method, path: path.replace('/api/v3', ''), query, requestBody, status, responseBody }));
  assert.deepEqual(faults, []);
});
