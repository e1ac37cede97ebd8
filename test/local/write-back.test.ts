import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { writeBack } from '../../activities/write-back.ts';
import type { InjectedFault } from '../../local/faults.ts';
import { policyRepository } from '../../local/loopback-world.ts';
import { startRehearsal, type Rehearsal } from '../../local/rehearsal/rehearsal.ts';
import { findCommit } from '../../sim/github-world.ts';

const code = readFileSync(new URL('../../fixtures/infra/main.tf', import.meta.url), 'utf8');
const raisedCode = code.replace('"1.35"', '"1.36"').replaceAll('"1.35.5"', '"1.36.2"');

function look(rehearsal: Rehearsal) {
  const held = rehearsal.world.github.github.world.repositories.get(policyRepository) ?? assert.fail();
  const pulls = [...held.issues.values()].filter(({ pull }) => pull !== null);
  const fileOn = (branch: string) => findCommit(held, branch)?.files.get('infra/main.tf')?.bytes ?? null;
  return { held, pulls, fileOn, comments: (number: number) => [...held.comments.values()].filter(({ issueNumber }) => issueNumber === number).map(({ body }) => body) };
}

const refusal = (status: number, message: string): InjectedFault['mishap'] => ({ kind: 'answer', moment: 'before', response: { status, headers: {}, body: { message } } });

test('after the run one pull request raises what the code pins, and says what ran, when and where it is told', async () => {
  const rehearsal = await startRehearsal();
  try {
    const status = await rehearsal.untilEnded();
    const { pulls, fileOn } = look(rehearsal);
    const [pull, ...others] = pulls;

    assert.deepEqual([status.outcome, others], ['succeeded', []]);
    assert.equal(pull?.title, 'Write back what lab-aks runs: 1.36, 1.36.2');
    assert.match(pull.pull?.head ?? '', /^slackwater\/write-back\/lab-aks-[0-9a-f]{8}\/20261121T2100Z$/);
    assert.equal(pull.pull?.base, 'main');
    assert.equal(fileOn(pull.pull?.head ?? ''), raisedCode);
    assert.equal(fileOn('main'), code);
    const body = pull.body ?? '';
    assert.match(body, new RegExp(`It is told in #${status.issue?.number}\\.`));
    assert.match(body, /window Sat 21 Nov 22:00 \(21:00Z\) to Sun 22 Nov 04:00 \(03:00Z\) \(Europe\/Paris, UTC in brackets\), succeeded/);
    assert.match(body, /\| `infra\/main\.tf` \| 10 \| `kubernetesVersion` \| `1\.35` \| `1\.36` \|/);
    assert.match(body, /- `infra\/main\.tf` line 37 \(`pool\/spot kubernetesVersion`\), because it holds no version that stands for itself/);
    assert.match(body, /<!-- slackwater:write-back:lab-aks-20261121T2100Z -->/);
    assert.match(rehearsal.issues()[0]?.body ?? '', /`acme\/platform#\d+` raises 3 pins to what now runs\. One was not changed; the pull request says why\./);
    assert.deepEqual(rehearsal.violations(), []);
  } finally {
    await rehearsal.close();
  }
});

test('GitHub out of reach while it is written gives one pull request later, and the run is over all the same', async () => {
  const rehearsal = await startRehearsal();
  try {
    const { github } = rehearsal.world.faults;
    for (const path of [/git\/trees/, /git\/commits$/, /\/pulls$/]) github.add({ method: 'POST', path, times: 2, mishap: { kind: 'cut', moment: 'after' } });
    github.add({ method: 'POST', path: /git\/refs$/, times: 3, mishap: refusal(503, 'down') });

    const status = await rehearsal.untilEnded();
    const { pulls, fileOn } = look(rehearsal);

    assert.equal(status.outcome, 'succeeded');
    assert.deepEqual([pulls.length, fileOn(pulls[0]?.pull?.head ?? '')], [1, raisedCode]);
  } finally {
    await rehearsal.close();
  }
});

test('a missing right is told in the issue with what to do, and the run ends as it ended', async () => {
  const rehearsal = await startRehearsal();
  try {
    rehearsal.world.faults.github.add({ method: 'POST', path: /\/pulls$/, times: Infinity, mishap: refusal(403, 'Resource not accessible by integration') });

    const status = await rehearsal.untilEnded();

    assert.equal(status.outcome, 'succeeded');
    assert.deepEqual(look(rehearsal).pulls, []);
    assert.match(rehearsal.issues()[0]?.body ?? '', /could not be written back: `?github-forbidden`?\. Give the GitHub App write access/);
  } finally {
    await rehearsal.close();
  }
});

test('without places in the policy, or with nothing to raise, no pull request is opened', async () => {
  const without = await startRehearsal({ policy: (text) => text.replace(/ {4}writeBack:[^]*$/, '') });
  try {
    await without.untilEnded();
    assert.deepEqual(look(without).pulls, []);
    assert.ok(!without.world.log.entries.some(({ path }) => path.includes('/git/trees/')));
  } finally {
    await without.close();
  }
  const absent = await startRehearsal({ policy: (text) => text.replace('infra/main.tf', 'infra/none.tf') });
  try {
    await absent.untilEnded();
    assert.deepEqual(look(absent).pulls, []);
    assert.match(absent.issues()[0]?.body ?? '', /was not changed, because main has no such file/);
  } finally {
    await absent.close();
  }
});

test('an older pull request of the cluster is told what overtook it, and closed', async () => {
  const rehearsal = await startRehearsal({ beginning: 'held' });
  try {
    const ports = rehearsal.composition.portsOf({ info: () => undefined, warn: () => undefined, error: () => undefined });
    const { repositories } = ports;
    const base = await repositories.readTree(policyRepository);
    assert.ok(base.ok);
    rehearsal.begin();
    await rehearsal.untilEnded();
    const newer = look(rehearsal).pulls[0] ?? assert.fail();
    const prefix = newer.pull?.head.replace(/[^/]+$/, '') ?? '';
    const wanted = { repository: policyRepository, base: base.value, branch: `${prefix}20261114T2100Z`, marker: '<!-- old -->', title: 'old', body: 'old', message: 'old', files: [{ path: 'infra/main.tf', bytes: new TextEncoder().encode('old') }] };
    const older = await repositories.ensurePullRequest(wanted);
    assert.ok(older.ok);
    const places = rehearsal.input.policy.report.writeBack ?? [];

    for (const _time of [1, 2]) assert.ok((await writeBack(ports, { status: rehearsal.status(), places, repository: policyRepository })).ok);

    const { pulls, comments } = look(rehearsal);
    assert.deepEqual(pulls.map(({ number, state }) => [number, state]), [[newer.number, 'open'], [older.value.number, 'closed']]);
    assert.deepEqual(comments(older.value.number).map((body) => body.split('\n')[0]), [`Overtaken by #${newer.number}, which writes back all that lab-aks runs since.`]);
  } finally {
    await rehearsal.close();
  }
});

test('a run whose own issue nobody takes writes back all the same', async () => {
  const rehearsal = await startRehearsal();
  try {
    rehearsal.world.faults.github.add({ method: 'POST', path: /\/issues$/, times: Infinity, mishap: refusal(410, 'Issues are disabled for this repo') });

    const status = await rehearsal.untilEnded(2_000);
    const { pulls, fileOn } = look(rehearsal);

    assert.deepEqual([status.issue, pulls.length, fileOn(pulls[0]?.pull?.head ?? '')], [null, 1, raisedCode]);
    assert.doesNotMatch(pulls[0]?.body ?? '', /It is told in/);
  } finally {
    await rehearsal.close();
  }
});
