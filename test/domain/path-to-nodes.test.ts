import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isBrokenOnTheWay, judgePath, type PathSigns } from '../../domain/path-to-nodes.ts';
import { MINUTE_MS } from '../../domain/time.ts';

const now = 100 * MINUTE_MS;
const timeout = 'context deadline exceeded';

/** What the API server says of a webhook it could not call. */
function refusal(name: string, namespace = name, why = timeout, at = now): PathSigns['refusals'][number] {
  return { text: `Error creating: Internal error occurred: failed calling webhook "${name}": failed to call webhook: Post "https://svc.${namespace}.svc:443/validate?timeout=10s": ${why}`, at };
}

test('a broken path is told from guilty webhooks by how many unrelated ones time out together, and by other signs', () => {
  const none = { ready: 0, wanted: 2 };
  const all = { ready: 2, wanted: 2 };
  const table: readonly (readonly [what: string, signs: Partial<PathSigns>, state: 'works' | 'broken'])[] = [
    ['nothing', {}, 'works'],
    ['one webhook alone is that webhook', { refusals: [refusal('policy')] }, 'works'],
    ['one webhook and a log that failed', { refusals: [refusal('policy')], callFailure: 'dial tcp' }, 'works'],
    ['two webhooks alone', { refusals: [refusal('policy'), refusal('vpa')] }, 'works'],
    ['two webhooks and a log that failed', { refusals: [refusal('policy'), refusal('vpa')], callFailure: 'dial tcp' }, 'broken'],
    ['two webhooks and no agent', { refusals: [refusal('policy'), refusal('vpa')], agents: none }, 'broken'],
    ['two webhooks and all agents', { refusals: [refusal('policy'), refusal('vpa')], agents: all }, 'works'],
    ['three webhooks', { refusals: [refusal('policy'), refusal('vpa'), refusal('cert-manager')] }, 'broken'],
    ['three webhooks of one namespace are one', { refusals: [refusal('a', 'gatekeeper'), refusal('b', 'gatekeeper'), refusal('c', 'gatekeeper')] }, 'works'],
    ['the same webhook three times', { refusals: [refusal('policy'), refusal('policy'), refusal('policy')] }, 'works'],
    ['three webhooks, one of them long ago', { refusals: [refusal('policy'), refusal('vpa'), refusal('cert-manager', 'cert-manager', timeout, now - 11 * MINUTE_MS)] }, 'works'],
    ['three webhooks some minutes ago, though a log arrives now', { refusals: ['a', 'b', 'c'].map((name) => refusal(name, name, timeout, now - 3 * MINUTE_MS)), call: 'arrived' }, 'works'],
    ['three webhooks now, though a log arrives', { refusals: ['a', 'b', 'c'].map((name) => refusal(name)), call: 'arrived' }, 'broken'],
    ['three webhooks that refuse connections have no pods', { refusals: [refusal('a', 'a', 'connect: connection refused'), refusal('b', 'b', 'no endpoints available for service "b"'), refusal('c', 'c', 'x509: certificate has expired')] }, 'works'],
    ['three webhooks that cannot be dialled', { refusals: [refusal('a', 'a', 'dial tcp 10.0.0.7:443: i/o timeout'), refusal('b', 'b', 'No agent available'), refusal('c', 'c', 'proxy error from 127.0.0.1:8090 while dialing 10.0.0.9:443, code 503')] }, 'broken'],
    ['a log that failed and no agent', { callFailure: 'dial tcp', agents: none }, 'broken'],
    ['a log that failed, all agents', { callFailure: 'dial tcp', agents: all }, 'works'],
    ['no agent alone', { agents: none }, 'works'],
    ['agents that nobody wants', { callFailure: 'dial tcp', agents: { ready: 0, wanted: 0 } }, 'works'],
  ];
  for (const [what, signs, state] of table) assert.equal(judgePath({ refusals: [], callFailure: null, call: 'unknown', agents: null, ...signs }, now).state, state, what);
});

test('a webhook without a service in its text counts by its name, and a budget that refuses is none', () => {
  const bare = (name: string): PathSigns['refusals'][number] => ({ text: `failed calling webhook "${name}": context deadline exceeded`, at: now });
  const verdict = judgePath({ refusals: [bare('vpa'), bare('policy.shop'), bare('cert-manager'), { text: 'exceeded quota: compute', at: now }], callFailure: null, call: 'unknown', agents: null }, now);
  assert.deepEqual(verdict.webhooks, ['cert-manager', 'policy.shop', 'vpa']);
  assert.equal(verdict.state, 'broken');
});

test('what broke on its way is told from what was refused at its end', () => {
  for (const text of ['Get "https://n:10250/containerLogs/x": dial tcp 10.0.0.4:10250: i/o timeout', 'net/http: TLS handshake timeout', 'no route to host']) assert.ok(isBrokenOnTheWay(text), text);
  for (const text of ['SERVFAIL', 'no endpoints available for service "x"', 'dial tcp: connect: connection refused', '']) assert.ok(!isBrokenOnTheWay(text), text);
});
