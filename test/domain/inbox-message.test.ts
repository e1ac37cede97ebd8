import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { reportMarker } from '../../domain/hidden-marker.ts';
import { aksEventTypes, BODY_CHARACTERS_MAX, parseInboxMessage, projectIssueComment } from '../../domain/inbox-message.ts';
import { projectDelivery } from '../../domain/webhook-delivery.ts';
import { isRecord } from '../../domain/json.ts';
import { sharedMaterial } from '../shared-material.ts';

const clusterId = '/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/shop';

const rolling = {
  source: clusterId,
  subject: 'shop',
  type: 'Microsoft.ContainerService.NodePoolRollingFailed',
  time: '2026-10-10T20:15:00.0000000Z',
  id: '1234567890abcdef',
  data: { nodePoolName: 'usr' },
  specversion: '1.0',
};

/** The part of GitHub's `issue_comment` payload that is read. */
function delivery(change: { readonly body?: string; readonly action?: string; readonly type?: string; readonly issueBody?: string | null; readonly pull?: object } = {}) {
  return {
    action: change.action ?? 'created',
    issue: {
      number: 12,
      user: { login: 'slackwater[bot]', type: 'Bot' },
      body: change.issueBody === undefined ? 'report' : change.issueBody,
      ...(change.pull === undefined ? {} : { pull_request: change.pull }),
    },
    comment: {
      id: 5_001,
      user: { login: 'lia', type: change.type ?? 'User' },
      author_association: 'MEMBER',
      created_at: '2026-10-10T20:40:00Z',
      body: change.body ?? '/pause',
    },
    repository: { full_name: 'acme/platform' },
  };
}

test('a node pool event tells the cluster, the pool and when', () => {
  const parsed = parseInboxMessage(rolling);

  assert.deepEqual(parsed, {
    ok: true,
    value: {
      kind: 'aks-event',
      id: '1234567890abcdef',
      type: 'Microsoft.ContainerService.NodePoolRollingFailed',
      clusterResourceId: clusterId,
      nodePool: 'usr',
      kubernetesVersion: null,
      at: Date.UTC(2026, 9, 10, 20, 15),
    },
  });
  assert.deepEqual(parseInboxMessage(JSON.stringify(rolling)), parsed, 'a text body is read by its shape');
});

const examples = sharedMaterial('contracts/eventgrid/Microsoft.ContainerService/examples/cloud-events-schema/');

test('every published example of an AKS event is understood', { skip: examples.skip }, () => {
  const files = readdirSync(examples.url);
  const types = files.map((file) => {
    const parsed = parseInboxMessage(examples.readJson(file));
    assert.ok(parsed.ok && parsed.value.kind === 'aks-event', file);
    assert.equal(parsed.value.type.includes('NodePool'), parsed.value.nodePool !== null, file);
    return parsed.value.type;
  });

  assert.deepEqual(types.toSorted(), [...aksEventTypes].toSorted());
});

test('an event in the older Event Grid schema is refused with the field and the fix', () => {
  const parsed = parseInboxMessage({ topic: clusterId, subject: 'shop', eventType: rolling.type, id: 'x', data: rolling.data, dataVersion: '1' });

  assert.ok(!parsed.ok);
  assert.equal(parsed.faults[0]?.code, 'malformed-message');
  assert.equal(parsed.faults[0]?.where, 'specversion');
});

test('a type nobody told us of is poison with its own code', () => {
  for (const type of ['Microsoft.Resources.ResourceWriteSuccess', 'dev.slackwater.command.v2', 'microsoft.containerservice.nodepoolrollingfailed', 7, undefined]) {
    const parsed = parseInboxMessage({ ...rolling, type });

    assert.ok(!parsed.ok);
    assert.equal(parsed.faults[0]?.code, 'unknown-message-type');
  }
});

test('a malformed message gets every fault at once', () => {
  const parsed = parseInboxMessage({ ...rolling, id: '', source: '/subscriptions/x', data: {} });

  assert.ok(!parsed.ok);
  assert.deepEqual(parsed.faults.map(({ where }) => where), ['id', 'source', 'data.nodePoolName']);
  for (const fault of parsed.faults) assert.ok(fault.code === 'malformed-message' && fault.message !== '' && fault.remedy !== '');
});

test('anything at all is met with a value, never a throw', () => {
  for (const raw of [null, undefined, 7, '', '{', '[]', [], [rolling], true, {}, { specversion: '1.0' }, { ...rolling, data: null }, { ...rolling, data: [] }]) {
    const parsed = parseInboxMessage(raw);

    assert.ok(!parsed.ok && parsed.faults.length > 0, JSON.stringify(raw));
  }
});

test('a comment that begins with a slash becomes a small command event, and reads back as the same command', () => {
  const projected = projectIssueComment('d-1', delivery({ issueBody: `text\n${reportMarker('shop-20261010T2000Z')}` }));

  assert.ok(projected.kind === 'message');
  assert.equal(projected.event.id, 'd-1');
  assert.equal(projected.event['specversion'], '1.0');
  const parsed = parseInboxMessage(JSON.parse(JSON.stringify(projected.event)));
  assert.deepEqual(parsed, {
    ok: true,
    value: {
      kind: 'command',
      comment: {
        repository: 'acme/platform',
        issueNumber: 12,
        isPullRequest: false,
        issueAuthor: 'slackwater[bot]',
        issueRunId: 'shop-20261010T2000Z',
        commentId: 5_001,
        author: 'lia',
        authorType: 'User',
        authorAssociation: 'MEMBER',
        body: '/pause',
        deliveryId: 'd-1',
        action: 'created',
        toldAt: 1_791_664_800_000,
      },
    },
  });
});

test('a comment on a pull request, on an issue without text or of a vanished account is understood', () => {
  const pull = projectIssueComment('d-1', delivery({ pull: { url: 'x' }, issueBody: null }));
  assert.ok(pull.kind === 'message' && isRecord(pull.event['data']));
  assert.equal(pull.event['data']['isPullRequest'], true);

  const payload = delivery();
  const ghost = projectIssueComment('d-1', { ...payload, issue: { ...payload.issue, user: null } });
  assert.ok(ghost.kind === 'message' && isRecord(ghost.event['data']));
  assert.equal(ghost.event['data']['issueAuthor'], 'ghost');
});

test('a long comment is cut to a few KB', () => {
  const projected = projectIssueComment('d-1', delivery({ body: `/pause\n${'x'.repeat(60_000)}`, issueBody: 'y'.repeat(60_000) }));

  assert.ok(projected.kind === 'message');
  assert.ok(JSON.stringify(projected.event).length < BODY_CHARACTERS_MAX + 1_000);
});

test('what cannot be a command is dropped before it costs a message', () => {
  const dropped: readonly (readonly [string, unknown])[] = [
    ['push', delivery()],
    ['issues', delivery()],
    ['issue_comment', delivery({ action: 'edited' })],
    ['issue_comment', delivery({ action: 'deleted' })],
    ['issue_comment', delivery({ type: 'Bot' })],
    ['issue_comment', delivery({ body: 'looks good' })],
    ['issue_comment', delivery({ body: '> /pause' })],
    ['issue_comment', delivery({ body: '' })],
  ];
  for (const [event, payload] of dropped) assert.equal(projectDelivery(event, 'd-1', payload).kind, 'ignore', JSON.stringify(payload));
});

test('a delivery that is no such payload is refused with its fields', () => {
  for (const payload of [null, 'text', [], { action: 'created' }, { ...delivery(), repository: null }, { ...delivery(), issue: { number: 'x' } }]) {
    const projected = projectIssueComment('d-1', payload);

    assert.ok(projected.kind === 'malformed' && projected.faults.length > 0, JSON.stringify(payload));
  }
  const bad = projectIssueComment('not an id\n', delivery());
  assert.ok(bad.kind === 'malformed');
  assert.equal(bad.faults[0]?.where, 'deliveryId');
});
