import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Rehearsal } from '../../local/rehearsal/rehearsal.ts';
import { answersTo, comment, memoryOf, rehearse } from './clean-up-rehearsal.ts';

/** People of the loopback GitHub: `operator` has maintain, `reader` may only read. */
async function ask(rehearsal: Rehearsal, by: string, body: string, where: 'report' | 'elsewhere' = 'report'): Promise<string> {
  const said = await comment(rehearsal, by, body, where);
  await rehearsal.clock.whenIdle();
  const [first, ...others] = answersTo(rehearsal, said);
  assert.ok(first !== undefined, `${body} is answered: ${JSON.stringify(said.result)}`);
  assert.deepEqual(others, [], body);
  return first;
}

const asking = (required: number) => ({ policy: (text: string): string => text.replace('spec:\n', `spec:\n  approvals: { required: ${required} }\n`) });

test('a run that waits for approval starts on the word of somebody who may approve, and on nobody else\'s', () =>
  rehearse(asking(1), async (rehearsal) => {
    await rehearsal.until(() => rehearsal.status().standing?.waitsFor === 'approval' && rehearsal.status().issue !== null);

    assert.match(await ask(rehearsal, 'reader', '/approve'), /needs the permission \*\*maintain\*\*/);
    assert.equal(rehearsal.status().standing?.waitsFor, 'approval');
    const answer = await ask(rehearsal, 'operator', '/approve');
    assert.match(answer, /Approved for `lab-aks`.*bound to plan `[0-9a-f]{12}` and to the policy file.*Approved by `operator`: that is enough/);
    const status = await rehearsal.untilEnded();

    assert.equal(status.outcome, 'succeeded');
    assert.deepEqual(status.standing?.approval.approvers.map(({ who }) => who), ['operator']);
    assert.equal(memoryOf(rehearsal)?.orders.length, 1);
    assert.deepEqual(rehearsal.violations(), []);
  }));

test('plan and preflight answer readers with what the cluster is now, folded, and change nothing', () =>
  rehearse({ beginning: 'held' }, async (rehearsal) => {
    const plan = await ask(rehearsal, 'reader', '/slackwater plan lab-aks', 'elsewhere');
    assert.match(plan, /^\*\*`lab-aks`, .*:\*\* \d+ units, about \d+ of \d+ min, which fits/);
    assert.match(plan, /<details><summary><b>Plan<\/b><\/summary>[^]*`control-plane`[^]*Plan digest `[0-9a-f]{64}`/);
    const preflight = await ask(rehearsal, 'reader', '/slackwater preflight', 'elsewhere');
    assert.match(preflight, /^Preflight of `lab-aks` as it is now, for the opening/);
    assert.match(preflight, /<details>/);
    assert.ok(Math.max(plan.length, preflight.length) < 65_536);
    assert.match(await ask(rehearsal, 'reader', '/slackwater status lab-aks', 'elsewhere'), /No run of `lab-aks` is under way\. Its window opens .* The policy asks for no approval/);
    assert.deepEqual(rehearsal.armWrites(), []);
    assert.equal(memoryOf(rehearsal)?.orders.length ?? 0, 0);
  }));

test('the report of an ended run answers every command, and takes none that could only be for it', () =>
  rehearse({}, async (rehearsal) => {
    await rehearsal.untilEnded();

    for (const verb of ['pause', 'resume', 'retry', 'skip', 'abort', 'ack-loss ops/debug']) assert.match(await ask(rehearsal, 'operator', `/${verb}`), /has ended/, verb);
    for (const verb of ['plan', 'preflight', 'rehearse', 'status', 'help', 'upgrade --help']) assert.doesNotMatch(await ask(rehearsal, 'operator', `/${verb}`), /Refused/, verb);
    assert.match(await ask(rehearsal, 'operator', '/upgrade'), /Noted/);
  }));

test('a word that is a slip of the pen is answered with what was probably meant', () =>
  rehearse({ beginning: 'held' }, async (rehearsal) => {
    for (const [slip, meant] of [['aprove', 'approve'], ['freez', 'freeze'], ['postpon', 'postpone'], ['preflght', 'preflight'], ['unfrezee', 'unfreeze']] as const) {
      assert.match(await ask(rehearsal, 'operator', `/slackwater ${slip}`, 'elsewhere'), new RegExp(`Did you mean \`/slackwater ${meant}\``));
    }
  }));
