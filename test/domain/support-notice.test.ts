import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRecord } from '../../domain/json.ts';
import { parseInboxMessage } from '../../domain/inbox-message.ts';
import { laterNotice, supportOfEvent } from '../../domain/support-notice.ts';
import type { SupportNotice } from '../../domain/support-notice.ts';
import { emptyState, parseStateFile, renderStateFile } from '../../domain/state-file.ts';
import { sharedMaterial } from '../shared-material.ts';

const cluster = '/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c1';
const envelope = { specversion: '1.0', type: 'Microsoft.ResourceNotifications.ContainerServiceEventResources.ScheduledEventEmitted', id: '1', source: '/subscriptions/s', subject: `${cluster}/scheduledEvents/7`, time: '2026-10-01T08:00:00Z' };
const details = { kubernetesVersion: '1.34', eolDate: '2026-11-30T00:00:00Z', supportType: 'KubernetesOfficial', daysUntilEOL: 60, region: 'westeurope' };
const withProperties = (properties: unknown, name = 'resourceInfo') => ({ ...envelope, data: { [name]: { id: `${cluster}/scheduledEvents/7`, properties } } });
const notice: SupportNotice = { version: '1.34', said: 'ending', lastDay: '2026-11-30', when: Date.parse('2026-10-01T08:00:00Z') };

const forms: readonly (readonly [string, unknown, SupportNotice])[] = [
  ['details as an object', withProperties({ eventSource: 'EOLNotification', eventDetails: details }), notice],
  ['details as JSON in a text', withProperties({ eventSource: 'EOLNotification', eventDetails: JSON.stringify(details) }), notice],
  ['under the name the client library uses', withProperties({ eventDetails: details }, 'resourceDetails'), notice],
  ['with the cluster in the subject alone', { ...envelope, data: { resourceInfo: { properties: { eventDetails: details } } } }, notice],
  ['after the end', withProperties({ eventDetails: { ...details, daysUntilEOL: -3 } }), { ...notice, said: 'ended' }],
  ['with a day of the year 1, which is none', withProperties({ eventSource: 'EOLNotification', eventDetails: { ...details, eolDate: '0001-01-01T00:00:00Z' } }), { ...notice, lastDay: null }],
];

for (const [name, message, support] of forms) {
  test(`a notice of Azure is read: ${name}`, () => {
    assert.deepEqual(parseInboxMessage(message), { ok: true, value: { kind: 'scheduled-notice', clusterResourceId: cluster, support, upgrade: null } });
  });
}

test('a notice that names no cluster is poison', () => {
  const parsed = parseInboxMessage({ ...envelope, subject: 'x', data: {} });
  assert.ok(!parsed.ok && parsed.faults[0]?.code === 'malformed-message');
});

test("AKS's own events name a version and no day, and never take a day away", () => {
  const said = supportOfEvent({ type: 'Microsoft.ContainerService.ClusterSupportEnded', kubernetesVersion: '1.34', at: null });
  assert.deepEqual(said, { version: '1.34', said: 'ended', lastDay: null, when: null });
  assert.equal(supportOfEvent({ type: 'Microsoft.ContainerService.NewKubernetesVersionAvailable', kubernetesVersion: '1.37.1', at: null }), null);
  assert.ok(said !== null);
  assert.deepEqual(laterNotice(notice, said), { ...said, lastDay: '2026-11-30' });
  assert.deepEqual(laterNotice(notice, { ...said, version: '1.35' }), { ...said, version: '1.35' });
});

test('what Azure said is kept on the state branch', () => {
  for (const support of [notice, { ...notice, lastDay: null, when: null }]) {
    const text = renderStateFile({ ...emptyState(cluster), support });
    const read = parseStateFile(text);
    assert.ok(read.ok, text);
    assert.deepEqual(read.value.support, support);
  }
});

const example = sharedMaterial('contracts/eventgrid/docs/ScheduledEventEmitted.cloudevents.json');
test("Azure's published example is taken", { skip: example.skip }, () => {
  const written = example.readJson();
  const messages = Array.isArray(written) ? written : [written];
  for (const message of messages) {
    const parsed = parseInboxMessage(isRecord(message) ? { specversion: '1.0', ...message } : message);
    assert.ok(parsed.ok && parsed.value.kind === 'scheduled-notice', JSON.stringify(parsed));
  }
});
