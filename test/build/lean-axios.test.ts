import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { leanAxios } from '../../lean-axios.ts';
import { listenOnLoopback } from '../../local/loopback-http.ts';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly data: unknown;
}

/** What durable-functions uses of an HTTP client. */
interface Client {
  get(url: string, config?: unknown): Promise<Answer>;
  delete(url: string, config?: unknown): Promise<Answer>;
  post(url: string, body?: string, config?: unknown): Promise<Answer>;
}
interface Clients {
  readonly default: { create(options: unknown): Client };
}

const original: Clients = createRequire(createRequire(import.meta.url).resolve('durable-functions'))('axios');
const holder: Clients = { ...original };
new Function('exports', leanAxios)(holder);
const options = { validateStatus: (status: number) => status < 600, headers: { post: { 'Content-Type': 'application/json' } }, maxContentLength: Infinity };

/** What is asked, as durable-functions asks it; status and body of the answer. */
const asked: readonly (readonly [keyof Client, string | undefined, unknown, number, string])[] = [
  ['get', undefined, undefined, 200, '{"runtimeStatus":"Running"}'],
  ['get', undefined, { headers: { 'x-ms-continuation-token': 'abc' } }, 200, '[]'],
  ['get', undefined, undefined, 202, ''],
  ['get', undefined, undefined, 404, 'not found'],
  ['get', undefined, undefined, 500, '{"Message":"broken"}'],
  ['post', '{"a":1}', undefined, 202, '{"id":"i"}'],
  ['post', '"a text"', { headers: { traceparent: '00-x' } }, 202, '{"id":"i"}'],
  ['post', undefined, undefined, 410, ''],
  ['delete', undefined, undefined, 200, '{"instancesDeleted":1}'],
];

for (const [method, body, config, status, answered] of asked) {
  test(`${method} with ${body ?? 'nothing'} is sent, and ${status} ${answered} read, as the original does`, async (context) => {
    const seen: unknown[] = [];
    const server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => (text += String(chunk)));
      request.on('end', () => {
        const { 'x-ms-continuation-token': token, traceparent, accept } = request.headers;
        seen.push([request.method, request.url, text, text === '' ? null : request.headers['content-type'], token, traceparent, accept]);
        response.writeHead(status, { 'x-ms-continuation-token': 'next' }).end(answered);
      });
    });
    const running = await listenOnLoopback(server, 0);
    context.after(() => running.close());
    const url = `http://127.0.0.1:${running.port}/runtime/webhooks/durabletask/instances/a?code=b%20c`;
    const answers = [];
    for (const clients of [holder, original]) {
      const client = clients.default.create(options);
      const { status: got, data, headers } = await (method === 'post' ? client.post(url, body, config) : client[method](url, config));
      answers.push([got, data, headers['x-ms-continuation-token']]);
    }
    assert.deepEqual(answers[0], answers[1]);
    assert.deepEqual(seen[0], seen[1]);
  });
}

test('an address where nobody listens is an error that says so', async () => {
  await assert.rejects(holder.default.create(options).get('http://127.0.0.1:9/'), /ECONNREFUSED|bad port/);
});
