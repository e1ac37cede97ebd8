import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CheckedPolicy } from '../../domain/checked-policy.ts';
import { parseMaintenancePolicy } from '../../domain/policy-parse.ts';
import type { SupportNotice } from '../../domain/support-notice.ts';
import { answerOvertaken, renderUpgrade, titleOfUpgrade } from '../../domain/upgrade-pull-request.ts';
import type { RaisedPolicy } from '../../domain/upgrade-pull-request.ts';
import { goodPolicy } from './good-policy.ts';
import { constructsIn } from './markdown-oracle.ts';
import { nastyNames } from './nasty-names.ts';

const parsed = parseMaintenancePolicy(goodPolicy(), 'slackwater/shop.yaml');
assert.ok(parsed.ok);
const checked: CheckedPolicy = { policy: parsed.value, occurrences: [], openNow: null, look: { kind: 'not-read', why: 'Nobody may.' }, rule: { required: 0, teams: [] }, approvals: null };
const raised: RaisedPolicy = { checked, from: '1.34', to: '1.35', step: 'minor', running: '1.34.9', support: null };
const notice: SupportNotice = { version: '1.34', said: 'ending', lastDay: '2026-11-30', when: Date.parse('2026-10-01T08:00:00Z') };

/** What Azure said → what is told of support, and nothing else. */
const supports: readonly (readonly [string, SupportNotice | null, RegExp])[] = [
  ['nothing', null, /Azure has told nothing here about the end of support of `1\.34\.9`\./],
  ['a day', notice, /support of `1\.34` ends on 2026-11-30 \(told Thu 1 Oct .*\(08:00Z\)\)\./],
  ['no day', { ...notice, lastDay: null }, /support of `1\.34` ends; Azure named no day \(told/],
  ['that it is over', { ...notice, said: 'ended', when: null }, /support of `1\.34` has ended, last day 2026-11-30\./],
  ['something of a version that does not run any more', { ...notice, version: '1.33.4' }, /Azure has told nothing here/],
];
for (const [what, support, words] of supports) {
  test(`of support only what Azure said is told: ${what}`, () => {
    assert.match(renderUpgrade([{ ...raised, support }], [], 'branch'), words);
  });
}

test('one cluster is named in the title; the commit keeps its words whatever version comes next', () => {
  assert.deepEqual(titleOfUpgrade([raised]), { title: `Raise Kubernetes of ${parsed.value.name} to 1.35`, message: `Raise Kubernetes of ${parsed.value.name}` });
  assert.deepEqual(titleOfUpgrade([raised, raised]), { title: 'Raise Kubernetes of 2 clusters', message: 'Raise Kubernetes of the fleet' });
});

test('a fleet of any size fits into what GitHub takes, and says how many plans are left out', () => {
  const body = renderUpgrade(Array.from({ length: 150 }, () => ({ ...raised, checked: { ...checked, look: { kind: 'not-read' as const, why: 'Nobody may look at it. '.repeat(20) } } })), [], 'branch');
  assert.ok(body.length <= 65_536, String(body.length));
  assert.match(body, /\d+ more plans are left out here/);
});

test('whatever strangers write pings nobody, links nowhere and ends no fence, cell or tag', () => {
  const make = (text: string): readonly string[] => [
    renderUpgrade([{ ...raised, running: text, from: text, to: text, support: { ...notice, version: '1.34' }, checked: { ...checked, policy: { ...parsed.value, name: text, source: text, clusterResourceId: `/x/managedClusters/${text}` }, look: { kind: 'not-read', why: text } } }], [{ clusterName: text, why: text }], text),
    answerOvertaken(text),
  ];
  const plain = make('plain').map(constructsIn);
  for (const name of nastyNames) {
    make(name).forEach((markdown, index) => {
      const worse = [...constructsIn(markdown)].filter(([kind, times]) => times > (plain[index]?.get(kind) ?? 0));
      assert.deepEqual(worse, [], `${JSON.stringify(name.slice(0, 60))} in:\n${markdown.slice(0, 2_000)}`);
    });
  }
});
