import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newestVersion, proposeUpgrade } from '../../domain/upgrade-proposal.ts';
import type { ProposalQuestion } from '../../domain/upgrade-proposal.ts';

const offered = ['1.35.5', '1.35.6', '1.36.0', '1.36.2', '1.36.10', '1.37.1', 'nonsense'];
const usual: ProposalQuestion = { wanted: '1.35', running: '1.35.5', offered, autoUpgradeChannel: null, minors: 'allowed', support: 'not-said' };

/** What differs from the usual → what is proposed, or why nothing is. */
const cases: readonly (readonly [string, Partial<ProposalQuestion>, string])[] = [
  ['a policy that follows a minor goes to the next minor, as a minor', {}, 'minor 1.36'],
  ['it needs nothing for patches', { offered: ['1.35.6', '1.35.7'] }, 'follows-patches'],
  ['it is never taken two minors', { offered: ['1.37.1'] }, 'follows-patches'],
  ['nothing is proposed while what it asks for is still to come', { wanted: '1.36' }, 'not-there-yet'],
  ['and at the minor it reached, the next one is', { wanted: '1.36', running: '1.36.2' }, 'minor 1.37'],
  ['a policy that was left behind by hand is raised to what runs when nothing else is offered', { wanted: '1.34', offered: ['1.35.6'] }, 'patch 1.35'],
  ['or one minor above what runs, not above what it asks', { wanted: '1.33' }, 'minor 1.36'],
  ['a pinned policy goes to the newest patch of its minor first', { wanted: '1.35.5' }, 'patch 1.35.6'],
  ['to the next minor when its minor has no newer patch, by number and not by text', { wanted: '1.35.6', running: '1.35.6' }, 'minor 1.36.10'],
  ['to the next minor first when support of its minor ends', { wanted: '1.35.5', support: 'ending' }, 'minor 1.36.10'],
  ['nothing while its pin is offered and still to come', { wanted: '1.35.6' }, 'not-there-yet'],
  ['a pin that AKS does not offer any more goes on to the patch it does', { wanted: '1.35.7', offered: ['1.35.6', '1.35.8'] }, 'patch 1.35.8'],
  ['never to a lower version', { wanted: '1.35.9', running: '1.35.9', offered: ['1.35.6', '1.34.9'] }, 'nothing-newer'],
  ['a pin below what runs is raised to what runs, at least', { wanted: '1.35.3', offered: [] }, 'patch 1.35.5'],
  ['a pin of another minor above is awaited', { wanted: '1.36.2' }, 'not-there-yet'],
  ['no minor where the dates allow none', { minors: 'not-allowed' }, 'minor-not-allowed'],
  ['but a patch all the same, even when support ends', { wanted: '1.35.5', minors: 'not-allowed', support: 'ending' }, 'patch 1.35.6'],
  ['nothing where AKS upgrades by itself', { autoUpgradeChannel: 'stable' }, 'auto-upgrade'],
  ['nothing where the policy leaves Kubernetes alone', { wanted: null }, 'not-wanted'],
  ['nothing from what cannot be read', { running: 'v1.35' }, 'unreadable'],
  ['nothing of another major', { offered: ['2.36.0'] }, 'follows-patches'],
];

for (const [name, change, expected] of cases) {
  test(name, () => {
    const proposal = proposeUpgrade({ ...usual, ...change });
    assert.equal(proposal.kind === 'propose' ? `${proposal.step} ${proposal.to}` : proposal.why, expected);
  });
}

test('versions are compared by number, minors and full ones alike', () => {
  assert.equal(newestVersion(['1.9', '1.10', '1.9.12']), '1.10');
  assert.equal(newestVersion(['1.35.9', '1.35.10', 'x']), '1.35.10');
  assert.equal(newestVersion([]), null);
});
