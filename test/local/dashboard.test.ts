import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepDashboard } from '../../activities/keep-dashboard.ts';
import { receiveInboxMessage } from '../../activities/receive-inbox.ts';
import { isRecord, recordAt } from '../../domain/json.ts';
import { MINUTE_MS, SECOND_MS } from '../../domain/time.ts';
import { projectDelivery } from '../../domain/webhook-delivery.ts';
import { appLogin, policyRepository } from '../../local/loopback-world.ts';
import { startRehearsal, type Rehearsal } from '../../local/rehearsal/rehearsal.ts';
import { inboxPorts } from '../../local/scenario/scenario-comments.ts';
import { readWebhook } from '../../sim/github-changes.ts';

async function rehearse(play: (rehearsal: Rehearsal) => Promise<void>, policy: (text: string) => string = (text) => text): Promise<void> {
  const rehearsal = await startRehearsal({ dashboard: 'kept', policy });
  try {
    await rehearsal.until(() => rehearsal.status().issue !== null, 30);
    // As the window timer does at its next tick; runs open none, for many may begin at once.
    assert.equal(dashboards(rehearsal).length, 0);
    assert.ok((await keepDashboard(inboxPorts(rehearsal, [rehearsal.input.policy]), { policyRepository, whenMissing: 'open' })).ok);
    await play(rehearsal);
    assert.deepEqual(rehearsal.violations(), []);
  } finally {
    await rehearsal.close();
  }
}

const isDraining = (rehearsal: Rehearsal) => (): boolean => rehearsal.changes.some(({ kind }) => kind === 'node.cordoned');
const pass = (rehearsal: Rehearsal, milliseconds: number): Promise<void> => rehearsal.clock.advanceTo(rehearsal.clock.now() + milliseconds);
const dashboards = (rehearsal: Rehearsal) => rehearsal.issues().flatMap((issue, index) => (issue.body.includes('<!-- slackwater:dashboard -->') ? [{ ...issue, number: index + 1 }] : []));
const bodyOf = (rehearsal: Rehearsal): string => dashboards(rehearsal)[0]?.body ?? assert.fail('There is no dashboard.');
const editsOf = (rehearsal: Rehearsal): readonly number[] =>
  rehearsal.world.log.entries.filter(({ service, method, path }) => service === 'github' && method === 'PATCH' && path.endsWith(`/issues/${dashboards(rehearsal)[0]?.number}`)).map(({ at }) => at);

/** Ticks the box whose line holds `label`, and hands what GitHub tells of it to the inbox, `times` over. */
async function tick(rehearsal: Rehearsal, label: string, told: { readonly times?: number; readonly sender?: string; readonly delivery?: string } = {}): Promise<readonly string[]> {
  const [board] = dashboards(rehearsal);
  assert.ok(board !== undefined);
  const line = board.body.split('\n').find((each) => each.startsWith('- [ ]') && each.includes(label)) ?? assert.fail(`No box “${label}” in ${board.body}`);
  const heard = rehearsal.changes.length;
  const answer = rehearsal.world.github.request('operator', 'PATCH', `/repos/${policyRepository}/issues/${board.number}`, { body: board.body.replace(line, line.replace('[ ]', '[x]')) });
  assert.equal(answer.status, 200);
  const [edit] = rehearsal.changes.slice(heard).flatMap((change) => readWebhook(change) ?? []).filter(({ event }) => event === 'issues');
  assert.ok(edit !== undefined);
  const payload: unknown = JSON.parse(JSON.stringify(edit.payload));
  assert.ok(isRecord(payload));
  const sent = told.sender === undefined ? payload : { ...payload, sender: { ...recordAt(payload, 'sender'), login: told.sender } };
  const projected = projectDelivery('issues', told.delivery ?? `delivery-${edit.delivery}`, sent);
  assert.ok(projected.kind === 'message', JSON.stringify(projected));
  const results: string[] = [];
  for (let time = 0; time < (told.times ?? 1); time += 1) {
    const result = await receiveInboxMessage(inboxPorts(rehearsal, [rehearsal.input.policy]), { appLogin, policyRepository }, JSON.parse(JSON.stringify(projected.event)));
    results.push(result.kind === 'done' ? result.what : `${result.kind} ${JSON.stringify(result)}`);
  }
  return results;
}

test('one dashboard shows a run as it goes, is edited at most every thirty seconds, and ends with the last run', () =>
  rehearse(async (rehearsal) => {
    await rehearsal.until(isDraining(rehearsal));
    await pass(rehearsal, MINUTE_MS);
    const running = bodyOf(rehearsal);
    await rehearsal.untilEnded();
    const ended = bodyOf(rehearsal);
    const edits = editsOf(rehearsal);
    const gaps = edits.slice(1).map((at, index) => at - (edits[index] ?? 0));

    assert.equal(dashboards(rehearsal).length, 1);
    assert.match(running, /### Running\n\n- `lab-aks`: pool `system` is being upgraded, 1 of 4 units done\. acme\/platform#\d/);
    assert.match(ended, /> \*\*Nobody is needed now\.\*\* 1 cluster, 0 blocked, 0 running, 0 debts\./);
    assert.match(ended, /### Planned\n\n- `lab-aks`: Sat 28 Nov 22:00 \(21:00Z\) to 04:00 \(03:00Z\), Kubernetes `1\.36`, newest node image\./);
    assert.match(ended, /### Last runs\n\n- `lab-aks`: Sat 21 Nov 22:00 \(21:00Z\), succeeded\. acme\/platform#\d/);
    assert.ok(Math.min(...gaps) >= 30 * SECOND_MS, `two edits were ${Math.min(...gaps) / SECOND_MS} s apart`);
  }));

test('a ticked box does what it says by the rights of whoever ticked it, once, and is cleared', () =>
  rehearse(async (rehearsal) => {
    await rehearsal.until(isDraining(rehearsal));
    rehearsal.say('pause');
    await rehearsal.until(() => rehearsal.status().pause?.kind === 'operator', 240);
    await pass(rehearsal, MINUTE_MS);
    assert.match(bodyOf(rehearsal), /### Blocked now\n\n- `lab-aks`: paused by a person, since /);

    assert.deepEqual(await tick(rehearsal, 'go on', { times: 3 }), ['raised', 'ignored', 'ignored']);
    assert.doesNotMatch(bodyOf(rehearsal), /\[x\]/i);
    await rehearsal.until(() => rehearsal.status().pause === null, 30);
    await rehearsal.untilEnded();

    assert.ok(rehearsal.status().timeline.some(({ text }) => text === 'operator said resume.'), JSON.stringify(rehearsal.status().timeline));
    const answers = JSON.stringify(rehearsal.world.github.request('operator', 'GET', `/repos/${policyRepository}/issues/${dashboards(rehearsal)[0]?.number}/comments`, null).body);
    assert.equal(answers.match(/slackwater:answer:tick-/g)?.length, 1, answers);
  }));

test('a tick of somebody who may not is refused in a sentence, changes nothing, and is cleared too', () =>
  rehearse(async (rehearsal) => {
    await rehearsal.until(isDraining(rehearsal));
    rehearsal.say('pause');
    await rehearsal.until(() => rehearsal.status().pause?.kind === 'operator', 240);
    await pass(rehearsal, MINUTE_MS);

    assert.deepEqual(await tick(rehearsal, 'go on', { sender: 'reader', times: 2 }), ['answered', 'ignored']);
    assert.doesNotMatch(bodyOf(rehearsal), /\[x\]/i);
    await pass(rehearsal, 5 * MINUTE_MS);
    assert.equal(rehearsal.status().pause?.kind, 'operator');
  }));

test('looking again wakes the run', () =>
  rehearse(async (rehearsal) => {
    await rehearsal.until(isDraining(rehearsal));
    await pass(rehearsal, MINUTE_MS);

    assert.deepEqual(await tick(rehearsal, 'Look at every run again now'), ['woken']);
  }));

test('a tick that was not handled survives a new text, an unchanged text is not written, and no stranger\'s issue is taken for ours', () =>
  rehearse(async (rehearsal) => {
    await rehearsal.until(isDraining(rehearsal));
    await pass(rehearsal, MINUTE_MS);
    const [board] = dashboards(rehearsal);
    assert.ok(board !== undefined);
    rehearsal.world.github.request('operator', 'PATCH', `/repos/${policyRepository}/issues/${board.number}`, { body: board.body.replace('- [ ]', '- [x]').replace('1 running', '9 running') });
    await pass(rehearsal, MINUTE_MS);
    const ports = inboxPorts(rehearsal, [rehearsal.input.policy]);
    assert.deepEqual(await keepDashboard(ports, { policyRepository, whenMissing: 'leave' }), { ok: true, value: { kind: 'kept', waitSeconds: 0 } });
    assert.match(bodyOf(rehearsal), /- \[x\].*Look at every run again/);
    assert.match(bodyOf(rehearsal), /1 running/);
    const before = editsOf(rehearsal).length;
    await keepDashboard(ports, { policyRepository, whenMissing: 'leave' });

    assert.equal(editsOf(rehearsal).length, before);
    const foreign = { repository: policyRepository, issueNumber: board.number, issueAuthor: 'operator', sender: 'operator', boxes: [{ verb: 'look', target: '' }], deliveryId: 'x' };
    const result = await receiveInboxMessage(ports, { appLogin, policyRepository }, { specversion: '1.0', type: 'dev.slackwater.dashboard-tick.v1', data: foreign });
    assert.deepEqual(result, { kind: 'done', what: 'ignored' });
  }));

test('a plan that awaits approval is told once, and is approved by a tick', () =>
  rehearse(
    async (rehearsal) => {
      await rehearsal.until(() => rehearsal.status().phase === 'held', 60);
      await pass(rehearsal, MINUTE_MS);
      assert.match(bodyOf(rehearsal), /### Awaiting approval\n\n- `lab-aks`: 1 of 1 approval is missing, before it opens /);

      assert.deepEqual(await tick(rehearsal, 'approve the plan as it is now'), ['kept']);
      await rehearsal.until(() => rehearsal.status().units.some(({ state }) => state === 'running'), 30);
      await pass(rehearsal, MINUTE_MS);

      assert.deepEqual(rehearsal.comments().flatMap((body) => /slackwater:notice:[^:]+:(\S+) -->/.exec(body)?.[1] ?? []).slice(0, 2), ['waiting-1', 'waited-1']);
      assert.match(rehearsal.comments()[0] ?? '', /@acme\/on-call: please look\./);
    },
    (text) => text.replace('  onWindowEnd: finishInFlight', '  approvals: { required: 1 }\n  onWindowEnd: finishInFlight'),
  ));
