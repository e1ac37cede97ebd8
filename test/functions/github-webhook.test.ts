import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { HttpRequest } from '@azure/functions';
import { receiveWebhook } from '../../functions/github-webhook.ts';
import { isRecord } from '../../domain/json.ts';
import { emptyWorld, failureOf, recordingPorts } from '../activities/recording-ports.ts';

const secrets = ['a-secret-of-sixteen', 'the-one-before-it-'];

/** A comment on a report, as GitHub documents the event `issue_comment`; only what is read here. */
const comment = {
  action: 'created',
  issue: { number: 7, user: { login: 'slackwater[bot]', type: 'Bot' }, body: 'report', labels: [], state: 'open' },
  comment: { id: 99, body: '/resume', user: { login: 'operator', type: 'User' }, author_association: 'MEMBER', created_at: '2026-11-21T22:15:00Z' },
  repository: { id: 1, full_name: 'acme/platform', private: true },
  sender: { login: 'operator', type: 'User' },
  installation: { id: 5 },
};

function sign(body: string, secret = secrets[0] ?? ''): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

function delivery(body: string, headers: Readonly<Record<string, string | null>> = {}): HttpRequest {
  const all = {
    'content-type': 'application/json',
    'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
    'x-github-event': 'issue_comment',
    'x-hub-signature-256': sign(body),
    ...headers,
  };
  const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null);
  return new HttpRequest({ method: 'POST', url: 'http://localhost/api/github/webhook', headers: Object.fromEntries(given), body: { string: body } });
}

async function deliver(request: HttpRequest, world = emptyWorld(0)) {
  const { clock, messages, logger } = recordingPorts(world);
  const { status, jsonBody, headers } = await receiveWebhook({ secrets, clock, messages, logger }, request);
  const body: unknown = jsonBody;
  assert.ok(isRecord(body));
  return { status, body, headers: new Headers(isRecord(headers) ? Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]) : []), world };
}

describe('a delivery that is taken', () => {
  test('a command is queued under the delivery id, projected to what is needed', async () => {
    const { status, body, world } = await deliver(delivery(JSON.stringify(comment)));

    assert.equal(status, 202);
    assert.deepEqual(body, { result: 'queued', deliveryId: '72d3162e-cc78-11e3-81ab-4c9367dc0958' });
    assert.deepEqual([...world.inbox.keys()], ['72d3162e-cc78-11e3-81ab-4c9367dc0958.0']);
    const queued = JSON.stringify([...world.inbox.values()]);
    assert.match(queued, /dev\.slackwater\.command\.v1/);
    assert.doesNotMatch(queued, /installation/);
  });

  test('the same delivery again within a minute is queued under the same id, so the broker drops it', async () => {
    const world = emptyWorld(0);

    await deliver(delivery(JSON.stringify(comment)), world);
    const { status } = await deliver(delivery(JSON.stringify(comment)), world);

    assert.equal(status, 202);
    assert.equal(world.inbox.size, 1);
  });

  test('the same delivery a minute later is queued again: what was seen may not have been handled', async () => {
    const world = emptyWorld(0);

    await deliver(delivery(JSON.stringify(comment)), world);
    world.now = 60_000;
    await deliver(delivery(JSON.stringify(comment)), world);

    assert.equal(world.inbox.size, 2);
  });

  test('a secret that is being replaced still counts', async () => {
    const text = JSON.stringify(comment);

    assert.equal((await deliver(delivery(text, { 'x-hub-signature-256': sign(text, secrets[1]) }))).status, 202);
  });

  test('the signature is over the bytes as they came: blanks and escapes included', async () => {
    const text = JSON.stringify(comment, null, 3).replace('operator', '\\u006fperator');

    assert.equal((await deliver(delivery(text))).body['result'], 'queued');
  });

  const ignored: readonly [what: string, body: string, headers: Readonly<Record<string, string>>, reason: RegExp][] = [
    ['another event, however large and broken', '{"zen":', { 'x-github-event': 'push' }, /event push/],
    ['a ping', '{"zen":"Keep it logically awesome."}', { 'x-github-event': 'ping' }, /event ping/],
    ['an edited comment', JSON.stringify({ ...comment, action: 'edited' }), {}, /new comment/],
    ['a bot\'s comment', JSON.stringify({ ...comment, comment: { ...comment.comment, user: { login: 'dependabot[bot]', type: 'Bot' } } }), {}, /person/],
    ['mere talk', JSON.stringify({ ...comment, comment: { ...comment.comment, body: 'looks fine' } }), {}, /slash/],
  ];
  for (const [what, text, headers, reason] of ignored) {
    test(`${what} is dropped with its reason, before it costs a message`, async () => {
      const { status, body, world } = await deliver(delivery(text, headers));

      assert.equal(status, 202);
      assert.equal(body['result'], 'ignored');
      assert.match(String(body['reason']), reason);
      assert.equal(world.inbox.size, 0);
    });
  }
});

describe('a delivery that is refused', () => {
  const text = JSON.stringify(comment);
  const large = `"${'x'.repeat(25 * 1024 * 1024)}"`;
  const refused: readonly [what: string, request: () => HttpRequest, status: number, code: string][] = [
    ['no signature', () => delivery(text, { 'x-hub-signature-256': null }), 401, 'signature-missing'],
    ['the old SHA-1 signature alone', () => delivery(text, { 'x-hub-signature-256': null, 'x-hub-signature': 'sha1=abc' }), 401, 'signature-missing'],
    ['a signature that is none', () => delivery(text, { 'x-hub-signature-256': 'sha256=xyz' }), 401, 'signature-malformed'],
    ['a signature by another secret', () => delivery(text, { 'x-hub-signature-256': sign(text, 'somebody-elses-secret') }), 401, 'signature-invalid'],
    ['a body that was changed by one byte', () => delivery(`${text} `, { 'x-hub-signature-256': sign(text) }), 401, 'signature-invalid'],
    ['an empty body without signature', () => delivery('', { 'x-hub-signature-256': null }), 401, 'signature-missing'],
    ['a form, as the webhook\'s default is', () => delivery(`payload=${encodeURIComponent(text)}`, { 'content-type': 'application/x-www-form-urlencoded' }), 415, 'content-type-form'],
    ['no content type', () => delivery(text, { 'content-type': 'text/plain' }), 415, 'content-type-not-json'],
    ['no delivery id', () => delivery(text, { 'x-github-delivery': null }), 400, 'header-missing'],
    ['no event', () => delivery(text, { 'x-github-event': null }), 400, 'header-missing'],
    ['a delivery id no queue takes', () => delivery(text, { 'x-github-delivery': 'a b' }), 400, 'payload-malformed'],
    ['a declared length above GitHub\'s limit', () => delivery(text, { 'content-length': String(25 * 1024 * 1024 + 1) }), 413, 'payload-too-large'],
    ['a length that was not declared but came', () => delivery(large), 413, 'payload-too-large'],
    ['a payload nested deeper than any of GitHub\'s', () => delivery(`${'['.repeat(33)}${']'.repeat(33)}`), 400, 'payload-too-deep'],
    ['a million brackets', () => delivery('{"a":'.repeat(1_000_000)), 400, 'payload-too-deep'],
    ['half of a payload', () => delivery(text.slice(0, 40)), 400, 'payload-not-json'],
    ['bytes that are not UTF-8', () => binary(), 400, 'payload-not-json'],
  ];
  for (const [what, request, status, code] of refused) {
    test(`${what}: ${status} ${code}`, async () => {
      const answer = await deliver(request());

      assert.deepEqual([answer.status, answer.body['code']], [status, code]);
      assert.match(String(answer.body['remedy']), /\w/);
      assert.equal(answer.world.inbox.size, 0);
    });
  }

  const malformed: readonly [what: string, payload: unknown][] = [
    ['null', null],
    ['a list', [comment]],
    ['a text', 'created'],
    ['no comment', { ...comment, comment: undefined }],
    ['a comment without author', { ...comment, comment: { ...comment.comment, user: null } }],
    ['an id that is a text', { ...comment, comment: { ...comment.comment, id: '99' } }],
    ['a repository that climbs', { ...comment, repository: { full_name: '../../etc' } }],
    ['an issue without number', { ...comment, issue: { user: null } }],
  ];
  for (const [what, payload] of malformed) {
    test(`signed JSON of another shape (${what}) is refused with every fault`, async () => {
      const { status, body, world } = await deliver(delivery(JSON.stringify(payload)));

      assert.deepEqual([status, body['code']], [400, 'payload-malformed']);
      assert.ok(Array.isArray(body['faults']) && body['faults'].length > 0);
      assert.equal(world.inbox.size, 0);
    });
  }

  test('a queue out of reach is told to GitHub as a failed delivery', async () => {
    const world = emptyWorld(0);
    world.failures.set('enqueueInbox', [failureOf('transient', 'service-bus-unreachable')]);

    const { status, body, headers } = await deliver(delivery(text), world);

    assert.deepEqual([status, body['code'], headers.get('retry-after')], [503, 'service-bus-unreachable', '30']);
    assert.deepEqual(world.logged.map(({ level, code }) => `${level} ${code}`), ['error webhook.not-queued']);
  });
});

function binary(): HttpRequest {
  const bytes = Buffer.from([0x7b, 0xff, 0xfe, 0x7d]);
  const signature = `sha256=${createHmac('sha256', secrets[0] ?? '').update(bytes).digest('hex')}`;
  const headers = { 'content-type': 'application/json', 'x-github-delivery': 'd', 'x-github-event': 'issue_comment', 'x-hub-signature-256': signature };
  return new HttpRequest({ method: 'POST', url: 'http://localhost/api/github/webhook', headers, body: { bytes } });
}
