import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HealthAlarm } from '../../domain/cluster-health.ts';
import { judgeDecision } from '../../domain/judge-decision.ts';
import { renderNotice } from '../../domain/notice-markdown.ts';
import { renderReport } from '../../domain/report-markdown.ts';
import { reportOf } from '../../domain/report.ts';
import type { Pause, WindowStatus } from '../../domain/window-status.ts';
import { fitToHost } from '../../domain/window-story.ts';
import { ledgerCause, minutesIn, pausedUsr, statusSample, unitSample, upgradedSys } from './window-status-samples.ts';

const alarm: HealthAlarm = {
  kind: 'probe',
  summary: '40% of DNS lookups fail (4 of 10) since coredns was upgraded with the control plane.',
  remedy: 'Look at ConfigMap kube-system/coredns-custom.',
  changes: [{ at: minutesIn(5), text: 'ConfigMap kube-system/coredns-custom was written last (resource version 7, by kubectl)' }],
};

function pausedBy(change: Partial<Pause>, units = [upgradedSys, unitSample()]): WindowStatus {
  const pause: Pause = { unit: 'run', kind: 'health', causes: [], drainDeadline: null, clearedSince: null, detail: alarm.summary, health: alarm, since: minutesIn(20), windowDeadline: minutesIn(360), number: 1, ...change };
  return statusSample({ phase: 'paused', units, pause });
}

const render = (status: WindowStatus): string => renderReport(reportOf(status, minutesIn(30))).body;

test('an unwell cluster is told in the first lines: what fails, what to do, that it goes on by itself, and what a person can say', () => {
  const text = render(pausedBy({}));
  assert.match(text, /\*\*Users: may be affected\.\*\*/);
  assert.match(text, /\*\*Waiting for:\*\* 40% of DNS lookups fail \(4 of 10\) since coredns was upgraded with the control plane\. Since 22:20 \(20:20Z\), 10 min\./);
  assert.match(text, /\*\*Needed:\*\* Look at ConfigMap kube-system\/coredns-custom\. The run goes on by itself 3 min after that is live\./);
  assert.match(text, /`\/resume` go on all the same/);
  assert.match(text, /Changed before: ConfigMap kube-system\/coredns-custom was written last \(resource version 7, by kubectl\) at Sat 10 Oct 22:05/);
});

test('the notice of the pause says what fails', () => {
  assert.match(renderNotice(pausedBy({}), 'paused', 'paused-1', { onCall: null, owners: {}, mention: null, late: null }, minutesIn(30)).body, /40% of DNS lookups fail/);
});

test('a drain whose webhooks are victims names the path and no team, and keeps both deadlines', () => {
  const path: HealthAlarm = { ...alarm, kind: 'path', summary: 'The path from control plane to nodes is down; webhooks are victims.', changes: [] };
  const text = render(pausedBy({ unit: 'pool/usr', kind: 'blocked', health: path, detail: '', drainDeadline: minutesIn(64) }, [upgradedSys, pausedUsr]));
  assert.match(text, /The path from control plane to nodes is down; webhooks are victims/);
  assert.match(text, /23:04 \(21:04Z\) Azure gives up/);
  assert.ok(!text.includes(ledgerCause.owner ?? '?'));
});

test('a pool is called verified only up to when the cluster was seen to be well', () => {
  const words = (verifiedAt: number | null | undefined): string => render(statusSample({ phase: 'upgrading', units: [upgradedSys], ...(verifiedAt === undefined ? {} : { verifiedAt }) }));
  assert.match(words(undefined), /done 22:14 \(20:14Z\), verified/);
  assert.match(words(null), /done 22:14 \(20:14Z\), not verified yet/);
  assert.match(words(minutesIn(13)), /not verified yet/);
  assert.match(words(minutesIn(24)), /done 22:14 \(20:14Z\), verified/);
});

test('resume accepts an unwell cluster, held or not; other words stay what they are', () => {
  const word = (verb: 'resume' | 'abort' | 'skip', target: string | null = null) => ({ verb, target, until: null, by: 'operator', decisionId: 'd', comment: null });
  const situation = { status: pausedBy({}), now: minutesIn(30), current: null, isStopped: false, isLeaving: false, isHeld: false, isAborting: false };
  assert.equal(judgeDecision(word('resume'), situation).effect.kind, 'accept-health');
  assert.equal(judgeDecision(word('resume'), { ...situation, isHeld: true }).effect.kind, 'accept-health');
  assert.equal(judgeDecision(word('abort'), situation).effect.kind, 'abort');
  assert.equal(judgeDecision(word('skip', 'usr'), situation).effect.kind, 'skip-later');
});

test('a status with an alarm of very long words still fits the host', () => {
  const long: HealthAlarm = { ...alarm, summary: 's'.repeat(5_000), remedy: 'r'.repeat(5_000), changes: Array.from({ length: 9 }, (_, index) => ({ at: minutesIn(index), text: 'changed' })) };
  const fitted = fitToHost(pausedBy({ health: long, detail: long.summary }));
  assert.ok(JSON.stringify(fitted).length < 8_192, String(JSON.stringify(fitted).length));
  assert.equal(fitted.pause?.health?.kind, 'probe');
});
