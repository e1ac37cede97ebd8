import { spawn, type ChildProcess } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { isRecord, listAt, recordAt, textAt } from '../domain/json.ts';
import { startServiceBus } from '../local/service-bus-server.ts';

const RATE_PER_SECOND = 200;
const SECONDS = 5;
const ROUNDS = 3;
const WARM_UP = 400;
const secret = 'bench-bench-bench-bench';

/** One kind of request, made anew for each. */
interface Subject {
  readonly name: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body: string | null;
  readonly status: number;
}

interface Sample {
  readonly milliseconds: number;
  readonly status: number;
}

/**
 * Time from the moment a webhook is due to its whole answer, at 200 requests a second however long answers take: a command that is verified,
 * projected, sealed and queued over AMQP; talk that is verified and ignored; and, in turn with them, the nearly empty handler of `/api/health`
 * on the same host. App, and sender with broker, are two processes of this machine.
 */
export async function measureWebhook(): Promise<readonly string[]> {
  const serviceBus = await startServiceBus({
    database: ':memory:',
    now: Date.now,
    queues: [{ name: 'inbox', lockDurationSeconds: 30, maxDeliveryCount: 5, duplicateDetectionMinutes: 60 }],
    topics: [],
  });
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', fileURLToPath(new URL('./webhook-child.ts', import.meta.url)), serviceBus.connectionString, secret], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const url = await addressOf(child);
    const subjects: readonly Subject[] = [
      { name: 'nearly empty handler, /api/health', method: 'GET', path: '/api/health', body: null, status: 200 },
      { name: 'talk, ignored', method: 'POST', path: '/api/github/webhook', body: commentSaying('Looks good to me.'), status: 202 },
      { name: 'command, queued', method: 'POST', path: '/api/github/webhook', body: commentSaying('/slackwater status'), status: 202 },
    ];
    const samples = subjects.map((): Sample[] => []);
    const warmUps = subjects.map((): Sample[] => []);
    for (const [index, subject] of subjects.entries()) warmUps[index]?.push(...(await load(url, subject, WARM_UP)));
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [index, subject] of subjects.entries()) samples[index]?.push(...(await load(url, subject, RATE_PER_SECOND * SECONDS)));
    }
    const queued = serviceBus.broker.counts('inbox').active;
    const told = [...(warmUps[2] ?? []), ...(samples[2] ?? [])].filter(({ status }) => status === 202).length;
    if (queued < told) throw new Error(`${told} commands were answered 202, and ${queued} are on the queue.`);
    const base = percentile(samples[0] ?? [], 0.5);
    return [
      `Webhook to answer at ${RATE_PER_SECOND} requests a second, ${ROUNDS} × ${SECONDS} s each in turn, ms from when a request was due; payload ${((subjects[2]?.body ?? '').length / 1_024).toFixed(1)} KiB`,
      ...subjects.map(({ name, status }, index) => tell(name, status, samples[index] ?? [], base)),
    ];
  } finally {
    child.stdin?.end();
    await once(child, 'exit');
    await serviceBus.close();
  }
}

async function addressOf(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('The host has no output.');
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error('The host ended before it listened.');
}

/** GitHub's own example of a comment, with other words in it. */
function commentSaying(words: string): string {
  const all: unknown = createRequire(import.meta.url)('@octokit/webhooks-examples/api.github.com/index.json');
  const entry = (Array.isArray(all) ? all : []).find((each: unknown) => isRecord(each) && textAt(each, 'name') === 'issue_comment');
  const payload = listAt(entry, 'examples').find((each) => isRecord(each) && textAt(each, 'action') === 'created');
  if (!isRecord(payload)) throw new Error('GitHub publishes no example of a comment any more.');
  return JSON.stringify({ ...payload, comment: { ...recordAt(payload, 'comment'), body: words } });
}

/** Sends `count` requests, each when it is due, answered or not. */
async function load(url: string, subject: Subject, count: number): Promise<readonly Sample[]> {
  const agent = new Agent({ keepAlive: true });
  const began = performance.now();
  const pending: Promise<Sample>[] = [];
  for (let index = 0; index < count; index += 1) {
    const due = began + (index * 1_000) / RATE_PER_SECOND;
    const wait = due - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    // A timer may fire a little early; time that has not begun is not waited.
    pending.push(send(url, subject, { agent, due: Math.min(due, performance.now()) }));
  }
  const samples = await Promise.all(pending);
  agent.destroy();
  return samples;
}

async function send(url: string, { method, path, body }: Subject, { agent, due }: { readonly agent: Agent; readonly due: number }): Promise<Sample> {
  const headers = body === null ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'x-github-event': 'issue_comment', 'x-github-delivery': randomUUID(), 'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` };
  return await new Promise((resolve, reject) => {
    const asked = request(`${url}${path}`, { method, headers, agent }, (response) => {
      response.resume();
      response.on('end', () => resolve({ milliseconds: performance.now() - due, status: response.statusCode ?? 0 }));
    });
    asked.on('error', reject);
    asked.end(body ?? undefined);
  });
}

function percentile(samples: readonly Sample[], share: number): number {
  const sorted = samples.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function tell(name: string, status: number, samples: readonly Sample[], base: number): string {
  const [half, most, nearlyAll, all] = [0.5, 0.95, 0.99, 1].map((share) => percentile(samples, share).toFixed(1).padStart(6));
  const other = samples.filter((sample) => sample.status !== status).length;
  return `  ${name.padEnd(34)} p50 ${half}  p95 ${most}  p99 ${nearlyAll}  max ${all}   ${(percentile(samples, 0.5) / base).toFixed(1)} × nearly empty   ${samples.length - other} answers ${status}, ${other} others`;
}
