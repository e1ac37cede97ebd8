import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Debt } from '../../domain/debt.ts';
import type { RunRecord } from '../../domain/run-record.ts';
import { emptyState, parseStateFile, renderStateFile, trimState } from '../../domain/state-file.ts';
import type { StateFile } from '../../domain/state-file.ts';
import type { StandingOrder } from '../../domain/standing-order.ts';
import { DAY_MS } from '../../domain/time.ts';
import { stateFileName } from '../../domain/window-identity.ts';
import { debtNow as now, debtSample as debt } from './debt-samples.ts';
import { nastyNames } from './nasty-names.ts';

const cluster = '/subscriptions/0/resourceGroups/shop/providers/Microsoft.ContainerService/managedClusters/shop-prod-weu';

const run: RunRecord = { who: 'shop-prod-weu-20261003T2000Z', when: now - 7 * DAY_MS, until: now - 6 * DAY_MS, why: '', outcome: 'succeeded', reasons: [], nodeImages: { usr: 'image-1' }, tookMinutes: { usr: 41 } };
const entry = { id: 'comment-1', who: 'hana', when: now - 7_200_000, why: 'CVE-2026-31431', until: now };
const orders: readonly StandingOrder[] = [
  { ...entry, kind: 'freeze', until: null, endedBy: null },
  { ...entry, kind: 'freeze', endedBy: 'ivan' },
  { ...entry, kind: 'postponement', opens: now, movedTo: now + DAY_MS },
  { ...entry, kind: 'request', opens: now, freeze: 'overridden' },
  { ...entry, kind: 'approval', why: '', opens: now, planDigest: 'abc', policyVersion: '' },
  { ...entry, kind: 'loss', where: 'ops/debug-jump', codes: ['UNMANAGED_POD'], pools: ['usr'] },
  { ...entry, kind: 'run-message', opens: now, run: 'r9', sequence: 3, wants: 'cancelled' },
];
const full: StateFile = { cluster, debtIssue: { repository: 'acme/platform', number: 7 }, debts: [debt, { ...debt, id: 'spare/usr', kind: 'spare-nodes', node: null, owner: null, until: now, settledBy: 'settled' }], runs: [run], orders, nodeImages: { usr: ['image-1', 'image-2'] } };

test('a memory is read back as it was written, and people can read it', () => {
  const text = renderStateFile(full);

  assert.deepEqual(parseStateFile(text), { ok: true, value: full });
  assert.match(text, /"who": "shop-prod-weu-20260919T2000Z",\n {6}"when": "2026-09-20T08:00:00Z",\n {6}"why": "pay\/ledger-pdb allows no eviction\."/);
  assert.deepEqual(parseStateFile(renderStateFile(emptyState(cluster))), { ok: true, value: emptyState(cluster) });
});

test('whatever a cluster calls its things, the memory is read back', () => {
  for (const name of nastyNames) {
    const state = { ...full, debts: [{ ...debt, node: name === '' ? null : name.slice(0, 300), why: name.slice(0, 1_000) }] };
    assert.deepEqual(parseStateFile(renderStateFile({ ...state, debts: [{ ...debt, ...state.debts[0], why: name }] })), { ok: true, value: state }, JSON.stringify(name.slice(0, 99)));
  }
});

describe('a file that cannot be read says why, and every fault at once', () => {
  const changed = (change: (document: Record<string, unknown>) => void): string => {
    const document: Record<string, unknown> = JSON.parse(renderStateFile(full));
    change(document);
    return JSON.stringify(document);
  };
  const cases: readonly (readonly [what: string, text: string, codes: readonly string[]])[] = [
    ['no JSON', '{"schema": ', ['state-not-json']],
    ['a list', '[]', ['state-not-json']],
    ['an empty file', '', ['state-not-json']],
    ['a newer schema', changed((document) => (document['schema'] = 'slackwater.state/v2')), ['state-too-new']],
    ['a field of a newer version', changed((document) => (document['freezes'] = [])), ['state-too-new']],
    ['another document', changed((document) => (document['schema'] = 'other')), ['wrong-word']],
    ['no debts and no runs', changed((document) => (delete document['debts'], delete document['runs'])), ['missing-field', 'missing-field']],
    ['a moment that is none', changed((document) => (document['debts'] = [{ ...JSON.parse(renderStateFile(full)).debts[0], when: 'yesterday' }])), ['wrong-form']],
    ['a month that is none', changed((document) => (document['debts'] = [{ ...JSON.parse(renderStateFile(full)).debts[0], when: '2026-13-40T00:00:00Z' }])), ['no-such-date']],
    ['an order that lacks what its kind needs', changed((document) => (document['orders'] = [{ who: 'hana', when: '2026-12-19T11:00:00Z', why: '', id: 'comment-1', kind: 'approval' }])), ['order-unreadable']],
    ['a kind of debt nobody knows', changed((document) => (document['debts'] = [{ ...JSON.parse(renderStateFile(full)).debts[0], kind: 'loan' }])), ['wrong-word']],
  ];
  for (const [what, text, codes] of cases) {
    test(what, () => {
      const parsed = parseStateFile(text);

      assert.deepEqual(parsed.ok ? [] : parsed.faults.map(({ code }) => code), codes);
    });
  }
});

test('only what nobody needs any more is dropped, and never an open debt', () => {
  const settled = (days: number): Debt => ({ ...debt, until: now - days * DAY_MS, settledBy: 'upgraded' });
  const runs = Array.from({ length: 100 }, (_, index) => ({ ...run, when: index }));
  const state = trimState({ ...full, debts: [{ ...debt, when: 0 }, settled(91), settled(89)], runs, nodeImages: { usr: Array.from({ length: 90 }, (_, index) => `image-${index}`) } }, now);

  assert.deepEqual(state.debts, [{ ...debt, when: 0 }, settled(89)]);
  assert.deepEqual([state.runs.length, state.runs.at(-1)?.when], [60, 99]);
  assert.deepEqual([state.nodeImages['usr']?.length, state.nodeImages['usr']?.at(-1)], [40, 'image-89']);
});

test('a file is named after its cluster, and apart from one of the same name elsewhere', () => {
  const name = stateFileName(cluster);

  assert.match(name, /^shop-prod-weu-[0-9a-f]{8}\.json$/);
  assert.equal(stateFileName(`${cluster.toUpperCase()}/`), name);
  assert.notEqual(stateFileName(cluster.replace('resourceGroups/shop', 'resourceGroups/other')), name);
});
