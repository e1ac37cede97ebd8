import assert from 'node:assert/strict';
import { test } from 'node:test';
import { receiveInboxMessage } from '../../activities/receive-inbox.ts';
import { announcedWords, laterAnnouncement } from '../../domain/announced-upgrade.ts';
import type { AnnouncedUpgrade, UpgradeAnnouncement } from '../../domain/announced-upgrade.ts';
import { renderDashboard } from '../../domain/dashboard-markdown.ts';
import { dashboardOf } from '../../domain/dashboard.ts';
import { parseInboxMessage } from '../../domain/inbox-message.ts';
import { isRecord } from '../../domain/json.ts';
import { renderPhrase } from '../../domain/markdown-text.ts';
import { emptyState, parseStateFile, renderStateFile } from '../../domain/state-file.ts';
import { DAY_MS, HOUR_MS } from '../../domain/time.ts';
import { upcomingOpening } from '../../domain/upcoming-opening.ts';
import { emptyWorld, recordingPorts } from '../activities/recording-ports.ts';
import { sharedMaterial } from '../shared-material.ts';
import { samplePolicy } from './cluster-samples.ts';

const policy = samplePolicy({});
const cluster = policy.clusterResourceId;
const told = Date.parse('2026-11-14T08:00:00Z');
const at = Date.parse('2026-11-21T22:00:00Z');

function notice(properties: unknown, { time = '2026-11-14T08:00:00Z', subject = cluster }: { readonly time?: string; readonly subject?: string } = {}) {
  return {
    specversion: '1.0', type: 'Microsoft.ResourceNotifications.ContainerServiceEventResources.ScheduledEventEmitted', id: '1', source: '/subscriptions/s', subject: `${subject}/scheduledEvents/7`, time,
    data: { resourceInfo: { id: `${subject}/scheduledEvents/7`, name: '7', properties } },
  };
}

const planned = { eventId: 'e1', eventSource: 'AutoUpgrader', eventStatus: 'Scheduled', eventDetails: 'K8sVersionUpgrade', scheduledTime: '2026-11-21T22:00:00Z', startTime: '0001-01-01T00:00:00Z', lastUpdateTime: '0001-01-01T00:00:00Z' };
const known: AnnouncedUpgrade = { id: 'e1', what: 'kubernetes-version', state: 'scheduled', at, when: told };

const forms: readonly (readonly [what: string, properties: unknown, expected: UpgradeAnnouncement | null])[] = [
  ['planned', planned, known],
  ['of node images', { ...planned, eventDetails: 'NodeOSUpgrade' }, { ...known, what: 'node-image' }],
  ['of node images, as the published example words it', { ...planned, eventDetails: 'Start to upgrade security vhd' }, { ...known, what: 'node-image' }],
  ['in words nobody knows', { ...planned, eventDetails: 'something' }, { ...known, what: 'unnamed' }],
  ['with details as an object', { ...planned, eventDetails: { upgradeType: 'K8sVersionUpgrade' } }, known],
  ['without a time', { ...planned, scheduledTime: '0001-01-01T00:00:00.0000000Z' }, { ...known, at: null }],
  ['begun, with nine digits of a second', { ...planned, eventStatus: 'Started', startTime: '2026-11-21T22:00:00.103268606Z' }, { ...known, state: 'started', at: at + 103 }],
  ['begun, without a time of its own', { ...planned, eventStatus: 'Started' }, { ...known, state: 'started' }],
  ['ended', { ...planned, eventStatus: 'Completed' }, { id: 'e1', state: 'over' }],
  ['called off, in one spelling', { ...planned, eventStatus: 'Canceled' }, { id: 'e1', state: 'over' }],
  ['called off, in the other', { ...planned, eventStatus: 'Cancelled' }, { id: 'e1', state: 'over' }],
  ['failed', { ...planned, eventStatus: 'Failed' }, { id: 'e1', state: 'over' }],
  ['without an id of its own', { ...planned, eventId: undefined }, { ...known, id: '7' }],
  ['in a state nobody knows', { ...planned, eventStatus: 'Paused' }, null],
];

for (const [what, properties, upgrade] of forms) {
  test(`an upgrade AKS announces is read: ${what}`, () => {
    assert.deepEqual(parseInboxMessage(notice(properties)), { ok: true, value: { kind: 'scheduled-notice', clusterResourceId: cluster, support: null, upgrade } });
  });
}

const example = sharedMaterial('contracts/eventgrid/docs/ScheduledEventEmitted.cloudevents.json');
test("Azure's published example is one that has begun, whose start is of the year 1", { skip: example.skip }, () => {
  const parsed = parseInboxMessage(example.readJson());

  assert.ok(parsed.ok && parsed.value.kind === 'scheduled-notice');
  assert.deepEqual(parsed.value.upgrade, { id: 'bbe82027-0444-4f73-897a-0bbfe3af66f1', what: 'node-image', state: 'started', at: Date.parse('2024-04-16T22:17:12.103Z'), when: Date.parse('2024-04-16T22:17:12.103Z') });
});

test('what came later counts, whatever the order it arrives in, and what is over is forgotten', () => {
  const begun: AnnouncedUpgrade = { ...known, state: 'started', when: told + HOUR_MS };

  assert.equal(laterAnnouncement(begun, known), begun);
  assert.equal(laterAnnouncement(known, begun), begun);
  assert.equal(laterAnnouncement(null, known), known);
  assert.equal(laterAnnouncement(begun, { id: 'e1', state: 'over' }), null);
  assert.equal(laterAnnouncement(begun, { id: 'e0', state: 'over' }), begun);
});

test('what AKS announced is kept on the state branch', () => {
  for (const announced of [known, { ...known, at: null, when: null }]) {
    const text = renderStateFile({ ...emptyState(cluster), announced });
    const read = parseStateFile(text);
    assert.ok(read.ok, text);
    assert.deepEqual(read.value.announced, announced);
  }
});

test('it is said whether it falls into the window, and no longer than a day after', () => {
  const opening = { opens: at - HOUR_MS, closes: at + HOUR_MS };
  const rows: readonly (readonly [what: string, words: ReturnType<typeof announcedWords>, expected: RegExp | null])[] = [
    ['in the window', announcedWords(known, opening, told), /AKS itself plans to upgrade its Kubernetes version Sat 21 Nov 22:00 .*, in this window$/],
    ['before it', announcedWords(known, { opens: at + 1, closes: at + HOUR_MS }, told), /, outside this window$/],
    ['as it closes', announcedWords(known, { opens: at - HOUR_MS, closes: at }, told), /, outside this window$/],
    ['without an opening', announcedWords(known, null, told), /Sat 21 Nov 22:00 [^,]*$/],
    ['without a time', announcedWords({ ...known, at: null, what: 'unnamed' }, opening, told), /plans to upgrade it at a time Azure does not name$/],
    ['begun', announcedWords({ ...known, state: 'started', what: 'node-image' }, opening, at), /AKS itself began to upgrade its node images/],
    ['a day later', announcedWords(known, opening, at + DAY_MS), null],
    ['a day after it was said, without a time', announcedWords({ ...known, at: null }, opening, told + DAY_MS), null],
  ];
  for (const [what, words, expected] of rows) {
    const text = words.length === 0 ? '' : renderPhrase(['x', ...words], 'UTC');
    if (expected === null) assert.equal(text, '', what);
    else assert.match(text, expected, what);
  }
});

test('from the inbox to the dashboard, and away again; twice is once; clusters without policy are nobody\'s', async () => {
  const world = emptyWorld(told);
  world.policies.push(policy);
  const ports = recordingPorts(world);
  const receive = (properties: unknown, more = {}) => receiveInboxMessage(ports, { appLogin: null, policyRepository: 'acme/platform' }, notice(properties, more));
  const dashboard = (): string => renderDashboard(dashboardOf([{ policy, state: world.memory.get(cluster) ?? null, run: null }], [], told), told).body;

  assert.deepEqual(await receive(planned), { kind: 'done', what: 'noted' });
  assert.deepEqual(await receive(planned), { kind: 'done', what: 'noted' });
  assert.match(dashboard(), /### Planned\n\n.*; AKS itself plans to upgrade its Kubernetes version/);
  assert.ok(upcomingOpening(policy, [], told) !== null);
  assert.deepEqual(await receive({ ...planned, eventStatus: 'Completed' }), { kind: 'done', what: 'noted' });
  assert.doesNotMatch(dashboard(), /AKS itself/);
  assert.deepEqual(await receive(planned, { subject: '/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/another' }), { kind: 'done', what: 'no-policy' });
  assert.deepEqual([...world.memory.keys()].filter((name) => name !== cluster), []);
  assert.ok(isRecord(world.memory.get(cluster)));
});
