import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { isRecord, listAt, recordAt, textAt } from '../../domain/json.ts';
import { realClock } from '../../local/clock.ts';
import { startHost } from '../../local/functions-host/host.ts';
import type { RunningHost } from '../../local/functions-host/host-options.ts';
import { startServiceBus } from '../../local/service-bus-server.ts';
import type { RunningServiceBus } from '../../local/service-bus-server.ts';
import { environment } from './environment.ts';

const secret = '0123456789abcdef';
const editions = ['api.github.com', 'ghes-31', 'ghes-32', 'ghes-33', 'ghes-34', 'ghes-35'];

interface Example {
  readonly event: string;
  readonly payload: unknown;
}

/** Every payload of one edition of GitHub's own collection. */
function readExamples(edition: string): readonly Example[] {
  const all: unknown = createRequire(import.meta.url)(`@octokit/webhooks-examples/${edition}/index.json`);
  return (Array.isArray(all) ? all : []).filter(isRecord).flatMap((entry) => listAt(entry, 'examples').map((payload) => ({ event: textAt(entry, 'name') ?? '', payload })));
}

describe('the payloads GitHub publishes as examples, posted to the function app on the local host', () => {
  let host: RunningHost;
  let serviceBus: RunningServiceBus;
  let deliveries = 0;
  before(async () => {
    serviceBus = await startServiceBus({
      database: ':memory:',
      now: Date.now,
      queues: [{ name: 'inbox', lockDurationSeconds: 30, maxDeliveryCount: 5, duplicateDetectionMinutes: 60 }],
      topics: [],
    });
    host = await startHost({
      appEntry: new URL('../../functions/main.ts', import.meta.url),
      clock: realClock(),
      database: ':memory:',
      timers: 'held',
      environment: { ...environment, GITHUB_WEBHOOK_SECRETS: `the-secret-of-before,${secret}`, ServiceBusConnection: serviceBus.connectionString },
    });
  });
  after(async () => {
    await host.close();
    await serviceBus.close();
  });

  async function post({ event, payload }: Example) {
    deliveries += 1;
    const body = JSON.stringify(payload);
    const response = await fetch(`${host.url}/api/github/webhook`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-github-delivery': `72d3162e-cc78-11e3-81ab-${String(deliveries).padStart(12, '0')}`,
        'x-github-event': event,
        'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
      },
      body,
    });
    const answer: unknown = await response.json();
    return { status: response.status, answer: recordAt({ answer }, 'answer') };
  }

  for (const edition of editions) {
    test(`${edition}: each is 202 with what became of it, or a refusal that says why; none is an error`, async () => {
      const examples = readExamples(edition);
      const strange: string[] = [];
      const counts = { queued: 0, ignored: 0 };
      for (const example of examples) {
        const { status, answer } = await post(example);
        const isIgnored = answer['result'] === 'ignored' && textAt(answer, 'reason') !== null;
        const isTaken = status === 202 && (isIgnored || answer['result'] === 'queued');
        const isRefused = status >= 400 && status < 500 && [textAt(answer, 'code'), textAt(answer, 'message'), textAt(answer, 'remedy')].every((word) => (word ?? '') !== '');
        if (isTaken) counts[isIgnored ? 'ignored' : 'queued'] += 1;
        if (!isTaken && !isRefused) strange.push(`${example.event}: ${status} ${JSON.stringify(answer)}`);
        // What is no refusal of GitHub's own payloads would lose a command.
        if (isRefused) strange.push(`${example.event} is refused: ${JSON.stringify(answer)}`);
      }

      assert.deepEqual(strange, []);
      assert.equal(counts.queued + counts.ignored, examples.length);
      assert.ok(examples.length > 20);
    });
  }

  test('the collection holds every event that is taken, and a comment that begins with a slash is queued', async () => {
    const examples = readExamples('api.github.com');
    const talk = examples.find(({ event, payload }) => event === 'issue_comment' && textAt(payload, 'action') === 'created');
    assert.ok(talk !== undefined && isRecord(talk.payload));
    const comment = { ...recordAt(talk.payload, 'comment'), body: '/slackwater status' };

    const { status, answer } = await post({ event: 'issue_comment', payload: { ...talk.payload, comment } });

    assert.deepEqual([status, answer['result']], [202, 'queued']);
    assert.ok(serviceBus.broker.counts('inbox').active >= 1);
  });
});
