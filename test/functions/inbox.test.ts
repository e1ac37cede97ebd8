import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isSealedOrOpen, sealMessage } from '../../adapters/message-seal.ts';
import { createMessagePort } from '../../adapters/service-bus-client.ts';
import { COMMAND_TYPE } from '../../domain/inbox-message.ts';
import { isRecord, recordAt } from '../../domain/json.ts';
import { receiveInbox } from '../../functions/inbox.ts';
import { createQueueSource } from '../../local/queue-source.ts';
import { startServiceBus } from '../../local/service-bus-server.ts';
import { emptyWorld, failureOf, recordingPorts } from '../activities/recording-ports.ts';

const secrets = ['the-new-webhook-secret', 'the-old-webhook-secret'];
const settings = { appLogin: 'slackwater[bot]', policyRepository: 'acme/platform' };
const aksEvent = {
  specversion: '1.0',
  type: 'Microsoft.ContainerService.NodePoolRollingStarted',
  id: 'e1',
  source: '/subscriptions/0/resourceGroups/shop/providers/Microsoft.ContainerService/managedClusters/shop',
  subject: 'shop',
  time: '2026-11-21T22:00:00Z',
  data: { nodePoolName: 'usr' },
};

function setUp() {
  const world = emptyWorld(0);
  const pauses: number[] = [];
  const parts = {
    ports: recordingPorts(world),
    settings,
    secrets,
    pause: async (seconds: number) => void pauses.push(seconds),
  };
  return { world, pauses, parts };
}

describe('a message of the inbox', () => {
  test('that was understood is done', async () => {
    const { world, parts } = setUp();

    await receiveInbox(parts, { message: aksEvent, messageId: 'e1', deliveryCount: 1 });

    assert.deepEqual(world.logged.map(({ code }) => code), ['inbox.done']);
  });

  test('that met a service out of reach is given back after a pause that doubles up to half a minute', async () => {
    const { world, pauses, parts } = setUp();
    world.failures.set('raise', Array.from({ length: 8 }, () => failureOf('transient', 'task-hub-unreachable')));

    for (let deliveryCount = 1; deliveryCount <= 8; deliveryCount += 1) {
      await assert.rejects(receiveInbox(parts, { message: aksEvent, messageId: 'e1', deliveryCount }), /retry-later: task-hub-unreachable/);
    }

    assert.deepEqual(pauses, [1, 2, 4, 8, 16, 30, 30, 30]);
    assert.equal(world.inbox.size, 0);
  });

  test('that met a service which asks to wait is given back after that, at most after four minutes', async () => {
    const { world, pauses, parts } = setUp();
    world.failures.set('raise', [60, 7_200].map((retryAfterSeconds) => ({ ...failureOf('transient', 'github-rate-limited'), retryAfterSeconds })));

    for (const deliveryCount of [1, 2]) await assert.rejects(receiveInbox(parts, { message: aksEvent, messageId: 'e1', deliveryCount }), /retry-later/);

    assert.deepEqual(pauses, [60, 240]);
  });

  const word = {
    specversion: '1.0',
    type: COMMAND_TYPE,
    id: 'd-1',
    source: '/github/acme/platform',
    data: { repository: 'acme/platform', issueNumber: 7, isPullRequest: false, issueAuthor: 'slackwater[bot]', issueRunId: null, commentId: 99, author: 'lia', authorType: 'User', authorAssociation: 'OWNER', body: '/abort', deliveryId: 'd-1', action: 'created' },
  };
  const sealed = sealMessage(word, secrets);
  const words: readonly [what: string, message: unknown, code: string][] = [
    ['a person\'s word as the webhook put it there', sealed, 'inbox.done'],
    ['the same as text', JSON.stringify(sealed), 'inbox.done'],
    ['sealed by the secret of before', sealMessage(word, secrets.slice(1)), 'inbox.done'],
    ['a person\'s word that somebody else put there', word, 'inbox.poison'],
    ['sealed by another secret', sealMessage(word, ['somebody-elses-secret']), 'inbox.poison'],
    ['sealed and then changed', { ...sealed, data: { ...word.data, body: '/skip usr' } }, 'inbox.poison'],
    ['sealed as something else', { ...sealMessage({ ...word, type: 'dev.slackwater.debt-check.v1' }, secrets), type: COMMAND_TYPE }, 'inbox.poison'],
    ['sealed by nothing', { ...word, slackwaterseal: '' }, 'inbox.poison'],
  ];
  for (const [what, message, code] of words) {
    test(`that is ${what}: ${code}`, async () => {
      const { world, parts } = setUp();

      await receiveInbox(parts, { message, messageId: 'm1', deliveryCount: 1 });

      assert.equal(world.logged.at(-1)?.code, code);
      // Nothing is even asked of GitHub for a word nobody vouches for.
      assert.equal(world.calls.includes('readComment'), code === 'inbox.done');
      const copy = world.inbox.get('dead-letter-m1');
      assert.equal(isRecord(copy) ? recordAt(copy, 'data')['code'] : null, code === 'inbox.done' ? null : 'message-not-sealed');
    });
  }

  test('that speaks for no person needs no seal: a program\'s, AKS\'s, our own timer\'s', () => {
    for (const type of ['dev.slackwater.run.requested.v1', 'dev.slackwater.run.cancelled.v1', 'dev.slackwater.debt-check.v1', aksEvent.type]) assert.equal(isSealedOrOpen({ ...word, type }, secrets), true);
    for (const type of ['dev.slackwater.check-action.v1', 'dev.slackwater.pull-request.v1', 'dev.slackwater.anything-new.v1']) assert.equal(isSealedOrOpen({ ...word, type }, secrets), false);
  });

  test('that a secret was left empty seals nothing', () => {
    assert.equal(isSealedOrOpen(sealMessage(word, ['']), ['']), false);
    assert.equal(isSealedOrOpen(sealMessage(word, []), []), false);
  });

  const poison: readonly [what: string, message: unknown, code: string][] = [
    ['no JSON', 'hello', 'malformed-message'],
    ['nothing', null, 'malformed-message'],
    ['a list', [aksEvent], 'malformed-message'],
    ['another version of CloudEvents', { ...aksEvent, specversion: '0.3' }, 'malformed-message'],
    ['an unknown type', { ...aksEvent, type: 'dev.slackwater.command.v9' }, 'unknown-message-type'],
    ['an event of no cluster', { ...aksEvent, source: '/subscriptions/0' }, 'malformed-message'],
  ];
  for (const [what, message, code] of poison) {
    test(`that is ${what} is done, and its copy tells why`, async () => {
      const { world, parts } = setUp();

      await receiveInbox(parts, { message, messageId: 'm1', deliveryCount: 1 });

      const copy = world.inbox.get('dead-letter-m1');
      assert.ok(isRecord(copy));
      const data = recordAt(copy, 'data');
      assert.equal(copy['type'], 'dev.slackwater.dead-letter.v1');
      assert.equal(data['code'], code);
      assert.match(String(data['message']), /\w/);
      assert.deepEqual(recordAt(data, 'original'), { messageId: 'm1', body: message });
      await assert.rejects(receiveInbox(parts, { message: copy, messageId: 'dead-letter-m1', deliveryCount: 1 }), new RegExp(`dead-letter: ${code}`));
    });
  }

  test('that is poison and cannot be copied is given back itself, so that nothing is lost', async () => {
    const { world, parts } = setUp();
    world.failures.set('enqueueInbox', [failureOf('terminal', 'message-too-large')]);

    await assert.rejects(receiveInbox(parts, { message: 'x', messageId: 'm1', deliveryCount: 1 }), /poison: malformed-message; .*message-too-large/);
  });

  test('that is poison without a usable id gets its code all the same, under an id made of what it says', async () => {
    for (const messageId of ['', 'i'.repeat(128)]) {
      const { world, parts } = setUp();

      await receiveInbox(parts, { message: 'x', messageId, deliveryCount: 1 });
      await receiveInbox(parts, { message: 'x', messageId, deliveryCount: 2 });
      await receiveInbox(parts, { message: 'y', messageId, deliveryCount: 1 });

      assert.equal(world.inbox.size, 2);
      for (const [id, copy] of world.inbox) {
        assert.match(id, /^dead-letter-[0-9a-f]{64}$/);
        assert.equal(recordAt(isRecord(copy) ? copy : {}, 'data')['code'], 'malformed-message');
      }
    }
  });

  const uncopied: readonly [what: string, makeMessage: () => unknown][] = [
    ['larger than a message can hold twice', () => ({ specversion: '1.0', type: 'of.nobody', data: 'x'.repeat(200_000) })],
    ['nested more deeply than can be written', () => ({ specversion: '1.0', type: 'of.nobody', data: JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) })],
  ];
  for (const [what, makeMessage] of uncopied) {
    test(`that is poison and ${what} is given back itself, beside a copy that tells why`, async () => {
      const { world, parts } = setUp();

      await assert.rejects(receiveInbox(parts, { message: makeMessage(), messageId: 'm1', deliveryCount: 1 }), /poison: unknown-message-type; too large/);

      const copy = world.inbox.get('dead-letter-m1');
      const data = recordAt(isRecord(copy) ? copy : {}, 'data');
      assert.equal(data['code'], 'unknown-message-type');
      assert.deepEqual(data['original'], { messageId: 'm1' });
      assert.ok(JSON.stringify(copy).length < 10_000);
    });
  }

  test('whose answer can never be given is done, and its copy tells the code of the refusal', async () => {
    const { world, pauses, parts } = setUp();
    world.failures.set('raise', [failureOf('terminal', 'no-such-hub')]);

    await receiveInbox(parts, { message: aksEvent, messageId: 'e1', deliveryCount: 1 });

    const copy = world.inbox.get('dead-letter-e1');
    assert.equal(recordAt(isRecord(copy) ? copy : {}, 'data')['code'], 'no-such-hub');
    assert.deepEqual(pauses, []);
  });
});

test('over a real queue, poison ends in the dead-letter queue with its code, once, and good messages pass it', async () => {
  const queue = { name: 'inbox', lockDurationSeconds: 60, maxDeliveryCount: 4, duplicateDetectionMinutes: 60 };
  const bus = await startServiceBus({ database: ':memory:', now: Date.now, queues: [queue], topics: [] });
  const { connectionString } = bus;
  const port = createMessagePort({ connection: { connectionString }, queue: 'inbox', topic: 'events' });
  const { world, parts } = setUp();
  const ports = { ...parts.ports, messages: port };
  const receiver = await createQueueSource({ connectionString }).receive('inbox', async ({ body, messageId, deliveryCount }) => {
    const received = receiveInbox({ ...parts, ports }, { message: body, messageId, deliveryCount });
    return received.then(() => 'complete' as const, () => 'abandon' as const);
  });

  await port.enqueueInbox('bad', { specversion: '1.0', type: 'of.nobody' });
  await port.enqueueInbox('good', aksEvent);
  while (bus.broker.counts('inbox/$deadletterqueue').active === 0 || bus.broker.counts('inbox').active + bus.broker.counts('inbox').locked > 0) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await receiver.close();
  await port.close();
  const dead = bus.broker.peek('inbox/$deadletterqueue', 1, 10);
  await bus.close();

  assert.deepEqual(dead.map(({ messageId }) => messageId), ['dead-letter-bad']);
  assert.equal(dead[0]?.addedProperties['DeadLetterReason'], 'MaxDeliveryCountExceeded');
  assert.match(Buffer.from(dead[0]?.encoded ?? []).toString('utf8'), /"code":"unknown-message-type"/);
  assert.deepEqual(world.logged.map(({ code }) => code).sort(), ['inbox.done', 'inbox.poison']);
});
