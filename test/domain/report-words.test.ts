import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderPhrase } from '../../domain/markdown-text.ts';
import { describeClaim } from '../../domain/next-move.ts';
import { explainOperation } from '../../domain/operation-words.ts';
import { reportLines } from '../../domain/report-lines.ts';
import { inBothTimes } from '../../domain/report-times.ts';
import { lastEnd, mixedVersions } from '../../domain/report-words.ts';
import { reportOf } from '../../domain/report.ts';
import type { UnitStatus, WindowStatus } from '../../domain/window-status.ts';
import { at } from './cluster-samples.ts';
import { minutesIn, pausedStatus, unitSample } from './window-status-samples.ts';

const evening = at('2026-10-10T20:45Z');

test('every moment in a sentence is told in local time too, and nothing else is touched', () => {
  const table: readonly (readonly [text: string, told: string])[] = [
    ['new since 20:43Z; done', 'new since 22:43 (20:43Z); done'],
    ['it should have ended at 18:00Z', 'it should have ended at 20:00 (18:00Z)'],
    ['grace ends 23:40Z', 'grace ends 01:40 (23:40Z)'],
    ['armed until Mon 12 Oct 2026 08:00Z: careful', 'armed until Mon 12 Oct 10:00 (08:00Z): careful'],
    ['from 20:00Z to 21:30Z.', 'from 22:00 (20:00Z) to 23:30 (21:30Z).'],
    ['20:43Z', '22:43 (20:43Z)'],
    ['opens Sat 10 Oct 22:00 (20:00Z)', 'opens Sat 10 Oct 22:00 (20:00Z)'],
    ['2026-10-10T20:00Z stays', '2026-10-10T20:00Z stays'],
    ['version 1:20:43Z', 'version `1:20:43Z`'],
    ['at 25:00Z or 20:61Z', 'at 25:00Z or 20:61Z'],
    ['Sat 99 Foo 2026 20:00Z', 'Sat 99 Foo 2026 20:00Z'],
    ['no time at all', 'no time at all'],
    ['', ''],
  ];
  for (const [text, told] of table) assert.equal(renderPhrase(inBothTimes([text], evening), 'Europe/Paris'), told, text);
});

test("Azure's words are told plainly where they are known, and left below the fold where they are not", () => {
  const table: readonly (readonly [text: string, meaning: RegExp | null])[] = [
    ['OverconstrainedZonalAllocationRequest: the upgrade failed', /in a zone: capacity/],
    ['AllocationFailed: no room', /in the region: capacity/],
    ['SkuNotAvailable', /capacity/],
    ['VMExtensionProvisioningError: VMExtensionError_K8SAPIServerConnFail', /cannot reach the API server; old ones are untouched/],
    ['OperationNotAllowed: exceeding approved Total Regional Cores quota', /vCPU quota/],
    ['SubnetIsFull', /no addresses left/],
    ['ScopeLocked', /a lock/],
    ['UpgradeFailed: something else', null],
    ['', null],
  ];
  for (const [text, meaning] of table) {
    const words = explainOperation(text);
    if (meaning === null) assert.equal(words, null, text);
    else assert.match(words?.meaning ?? '', meaning, text);
  }
});

function withUnits(...units: readonly UnitStatus[]): WindowStatus {
  return { ...pausedStatus, units };
}

test('a control plane ahead of its pools is said to be supported and not to go back', () => {
  const controlPlane = unitSample({ unit: 'control-plane', state: 'upgraded', from: '1.34.4', to: '1.35.3' });
  const behind = unitSample({ unit: 'pool/sys', state: 'failed', from: '1.34.4', to: '1.35.3' });

  assert.match(mixedVersions(withUnits(controlPlane, behind)) ?? '', /^Control plane 1\.35, pools 1\.34: supported .*cannot go back$/);
  assert.equal(mixedVersions(withUnits(controlPlane, { ...behind, state: 'upgraded' })), null);
  assert.equal(mixedVersions(withUnits(behind)), null);
  assert.equal(mixedVersions(withUnits({ ...controlPlane, state: 'failed' }, behind)), null);
});

function told(change: Partial<WindowStatus>): string {
  const report = reportOf({ ...pausedStatus, phase: 'ended', pause: null, ...change }, evening);
  return [report.title, ...report.lines.map(({ label, text }) => `${label} ${renderPhrase(text, 'Europe/Paris')}`)].join('\n');
}

test('an ended run says what is planned for when, what was left untouched, and how far it ran past its window', () => {
  const inventory = { total: 3, upgraded: 3, old: [], cordoned: [], quarantined: [], notReady: [], surge: [] };
  const done = unitSample({ unit: 'pool/sys', state: 'upgraded', inventory, startedAt: minutesIn(0), endedAt: minutesIn(14) });
  const withheld = unitSample({ unit: 'pool/usr', state: 'withheld', inventory: null, startedAt: null });
  const next = { nextOpens: at('2026-10-17T20:00Z') };

  const partly = told({ outcome: 'completed-partial', units: [done, withheld], ...next });
  assert.match(partly, /^Partly done: shop-prod-weu, 1 of 2 pools done\nPartly done\. sys: 3 of 3 nodes are new and verified\./);
  assert.match(partly, /`usr` \(withheld, untouched\)/);
  assert.match(partly, /If nobody acts: nothing changes until the next window opens, Sat 17 Oct 22:00 \(20:00Z\)\. Planned for then: pool `usr`\./);
  assert.doesNotMatch(told({ outcome: 'completed-partial', units: [done, withheld] }), /Planned/, 'nothing is claimed of a window that is not known');

  const late = told({ outcome: 'completed-overrun', units: [{ ...done, endedAt: minutesIn(382) }], ...next });
  assert.match(late, /Azure lets a started pool finish: 22 min past the window\./);
  assert.equal(lastEnd(withUnits(done, withheld)), minutesIn(14));

  const finding = { code: 'PDB_STRUCTURAL', where: 'pay/ledger-pdb', severity: 'block' as const, pools: ['usr'], message: 'm.', remedy: 'Set maxUnavailable to 1.', owner: 'team-pay' };
  assert.match(told({ outcome: 'completed-partial', units: [done, withheld], findings: [finding] }), /Needed: `pay\/ledger-pdb` \(team-pay\): Set maxUnavailable to 1\./);
});

test('an ended run asks for what is still open only, and says what fits into no window or was left out', () => {
  const inventory = { total: 3, upgraded: 3, old: [], cordoned: [], quarantined: [], notReady: [], surge: [] };
  const done = unitSample({ unit: 'pool/sys', state: 'upgraded', inventory, startedAt: minutesIn(0), endedAt: minutesIn(14) });
  const withheld = unitSample({ unit: 'pool/usr', state: 'withheld', inventory: null, startedAt: null });
  const block = (pools: readonly string[]) => ({ code: 'QUOTA_SHORT', where: pools.join(), severity: 'block' as const, pools, message: 'm.', remedy: 'Ask for more.', owner: null });
  const next = { nextOpens: at('2026-10-17T20:00Z') };

  assert.match(told({ outcome: 'succeeded', units: [done], findings: [block(['sys'])], ...next }), /Needed: nothing\./, 'it was met by another way');
  const huge = told({ outcome: 'completed-partial', units: [done, { ...withheld, estimateMinutes: 3_126 }], ...next });
  assert.match(huge, /Pool `usr` fits into no such window as it is: it needs about 52 h 6 min\./);
  assert.doesNotMatch(huge, /Planned for then/);
  const without = told({ outcome: 'completed-partial', units: [done], findings: [block(['old'])], ...next });
  assert.match(without, /^Partly done: shop-prod-weu, 1 of 2 pools done\nPartly done\. 3 of 3 nodes are new and verified\. Left out, untouched and old: `old`\./);
  assert.match(without, /Needed: `old`: Ask for more\./);
  assert.match(told({ outcome: 'completed-partial', units: [{ ...withheld, state: 'failed', startedAt: minutesIn(1) }], ...next }), /Planned for then: pool `usr`\./);
  const overrun = told({ outcome: 'completed-overrun', units: [{ ...done, endedAt: minutesIn(382) }], ...next });
  assert.match(overrun, /If nobody acts: nothing changes until the next window opens/);
});

test('nodes set aside are settled in three steps, the cause first', () => {
  const inventory = { total: 4, upgraded: 3, old: ['usr-2'], cordoned: ['usr-2'], quarantined: ['usr-2'], notReady: [], surge: [] };
  const units = [unitSample({ unit: 'pool/usr', state: 'quarantined', inventory })];
  const finding = { code: 'PDB_STRUCTURAL', where: 'pay/ledger-pdb', severity: 'warn' as const, pools: ['usr'], message: 'm.', remedy: 'Set maxUnavailable to 1.', owner: null };
  const report = reportOf({ ...pausedStatus, phase: 'ended', outcome: 'completed-with-debt', pause: null, units, findings: [finding] }, evening);

  assert.match(
    report.leftOver.map((phrase) => renderPhrase(phrase, 'UTC')).join('\n'),
    /To settle `usr-2`, in this order: 1\) mend `pay\/ledger-pdb` \(Set maxUnavailable to 1\); 2\) take its label off: `\/release usr-2` here, or `kubectl label nodes usr-2 kubernetes\.azure\.com\/upgrade-status-`; 3\) let the next window/,
  );
  const [, , , , options] = reportLines({ ...pausedStatus, phase: 'ended', outcome: 'completed-with-debt', pause: null, units, findings: [finding] }, evening);
  assert.match(renderPhrase(options?.text ?? [], 'UTC'), /^`\/release usr-2` take its label off, once what kept it is mended · `\/status` see this again/);
});

test('users may be affected while a pod does not come up, whatever the nodes say, and Azure is not said to have failed', () => {
  const { pause } = pausedStatus;
  const [cause] = pause?.causes ?? [];
  if (pause === null || cause === undefined) throw new Error('the sample has a cause');
  const lines = reportOf({ ...pausedStatus, pause: { ...pause, drainDeadline: null, causes: [{ ...cause, class: 'VOLUME_DETACH', pod: 'db/pg-0' }] } }, evening).lines;

  assert.equal(lines[0]?.label, 'Users: may be affected.');
  assert.match(renderPhrase(lines[0]?.text ?? [], 'UTC'), /^`db\/pg-0` does not run meanwhile; /);
  assert.doesNotMatch(renderPhrase(lines[0]?.text ?? [], 'UTC'), /Failed/);
});

test("what Azure says of its operation is told apart from what serves", () => {
  const failed: WindowStatus = { ...pausedStatus, pause: pausedStatus.pause === null ? null : { ...pausedStatus.pause, kind: 'failed', causes: [], drainDeadline: null, detail: 'OverconstrainedZonalAllocationRequest: x' } };
  const lines = reportOf(failed, evening).lines.map(({ text }) => renderPhrase(text, 'Europe/Paris'));

  assert.match(lines[0] ?? '', /Azure shows its operation as Failed, which says nothing of what serves\./);
  assert.match(lines[1] ?? '', /before every node was new: Azure has no machines of that size left in a zone: capacity, neither quota nor a budget\./);
  assert.match(lines[2] ?? '', /^Try again later in this window with maxSurge 1.* Then `\/retry usr`\.$/);
  assert.doesNotMatch(lines.join('\n'), /Overconstrained/);
});

test('a window that opens in the hour that comes twice says that it opened once', () => {
  const opens = at('2026-10-25T00:30Z');
  const plan = reportOf({ ...pausedStatus, window: { opens, closes: at('2026-10-25T03:30Z') } }, evening).plan.map((phrase) => renderPhrase(phrase, 'Europe/Paris'));

  assert.ok(plan.some((line) => line.includes('comes twice; the window opened once, at Sun 25 Oct 02:30 (00:30Z).')), plan.join('\n'));
});

test('a pause without a cause still says what it is about, and never begins in the middle', () => {
  const { pause } = pausedStatus;
  if (pause === null) throw new Error('the sample is paused');
  const inventory = { total: 6, upgraded: 4, old: ['usr-4', 'usr-5'], cordoned: ['usr-4'], quarantined: ['usr-4'], notReady: [], surge: [] };
  const units = [unitSample({ unit: 'pool/usr', state: 'paused', inventory })];
  const linesOf = (change: Partial<typeof pause>): string => {
    const report = reportOf({ ...pausedStatus, units, pause: { ...pause, causes: [], drainDeadline: null, detail: '', ...change } }, evening);
    return report.lines.map(({ label, text }) => `${label} ${renderPhrase(text, 'Europe/Paris')}`).join('\n');
  };

  const aside = linesOf({ kind: 'quarantined' });
  assert.match(aside, /Waiting for: a decision: AKS set `usr-4` of pool `usr` aside, old and cordoned\./);
  assert.match(aside, /Needed: a look at why its drain did not end\. Then `\/retry usr`/);
  assert.match(linesOf({ kind: 'blocked' }), /while a drain was blocked; what blocked it is not seen any more\..*\nNeeded: a look at what blocked it, in the story below\. Then `\/retry usr`\./);

  const claimed = linesOf({ kind: 'failed', detail: describeClaim({ inventory: { ...inventory, quarantined: [], cordoned: [] } }) });
  assert.match(claimed, /Azure shows its operation as Succeeded, which says nothing of what serves\./);
  assert.match(claimed, /Waiting for: a decision about pool `usr`\. Azure says Succeeded, and `usr-4, usr-5` are still old: 2 of 6 nodes\./);
  assert.match(claimed, /Needed: a look at those nodes: what they run decides, not what Azure says\. Then `\/retry usr`\./);
});

test('a run that left something for later tells also how far it ran past its window', () => {
  const inventory = { total: 3, upgraded: 3, old: [], cordoned: [], quarantined: [], notReady: [], surge: [] };
  const late = unitSample({ unit: 'pool/sys', state: 'upgraded', inventory, startedAt: minutesIn(0), endedAt: minutesIn(377) });
  const left = unitSample({ unit: 'pool/usr', state: 'not-started', inventory: null, startedAt: null });

  assert.match(told({ outcome: 'completed-partial', units: [late, left] }), /Azure lets a started pool finish: 17 min past the window\. Not done: `usr`/);
  assert.doesNotMatch(told({ outcome: 'completed-partial', units: [{ ...late, endedAt: minutesIn(361) }, left] }), /past the window/);
});
