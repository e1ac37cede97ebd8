import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeAccess, readApiServerAccess } from '../../domain/api-server-access.ts';
import type { ApiServerAccess } from '../../domain/api-server-access.ts';
import type { Failure } from '../../domain/failure.ts';
import { describeSight, explainUnread, explainWhole, isKubernetesUnread } from '../../domain/kubernetes-unread.ts';
import { judgePreflight } from '../../domain/preflight.ts';
import { renderPreflightMarkdown } from '../../domain/preflight-markdown.ts';
import { verdictOf } from '../../domain/preflight-verdict.ts';
import { sampleCluster, samplePolicy, sampleSnapshot } from './cluster-samples.ts';

const entra: ApiServerAccess = { reach: 'public', signIn: 'entra', judge: 'kubernetes-rbac', localAccounts: 'off' };
const failed = (code: string, message = 'as it came'): Failure => ({ code, class: 'transient', message, remedy: 'as before', retryAfterSeconds: 7 });

test('every kind of cluster is read from what Azure Resource Manager shows, in REST and in command line spelling', () => {
  const table: readonly (readonly [properties: object, access: ApiServerAccess])[] = [
    [{}, { reach: 'public', signIn: 'certificates', judge: 'kubernetes-rbac', localAccounts: 'on' }],
    [{ aadProfile: null, enableRBAC: false }, { reach: 'public', signIn: 'certificates', judge: 'nobody', localAccounts: 'on' }],
    [{ aadProfile: null, enableRbac: false }, { reach: 'public', signIn: 'certificates', judge: 'nobody', localAccounts: 'on' }],
    [{ aadProfile: { managed: true }, enableRBAC: true, disableLocalAccounts: true }, entra],
    [{ aadProfile: { managed: true, enableAzureRBAC: true } }, { ...entra, judge: 'azure-rbac', localAccounts: 'on' }],
    [{ aadProfile: { managed: true, enableAzureRbac: true } }, { ...entra, judge: 'azure-rbac', localAccounts: 'on' }],
    [{ aadProfile: {}, apiServerAccessProfile: { enablePrivateCluster: true, authorizedIPRanges: ['1.2.3.4/32'] } }, { ...entra, reach: 'private', localAccounts: 'on' }],
    [{ aadProfile: {}, apiServerAccessProfile: { authorizedIPRanges: ['1.2.3.4/32'] } }, { ...entra, reach: 'authorized-ranges', localAccounts: 'on' }],
    [{ aadProfile: {}, apiServerAccessProfile: { authorizedIpRanges: ['1.2.3.4/32'] } }, { ...entra, reach: 'authorized-ranges', localAccounts: 'on' }],
    [{ aadProfile: {}, apiServerAccessProfile: { authorizedIPRanges: [] } }, { ...entra, localAccounts: 'on' }],
  ];
  for (const [properties, access] of table) assert.deepEqual(readApiServerAccess(properties), access, JSON.stringify(properties));

  assert.equal(describeAccess(entra), 'public, callers prove themselves by Entra ID, Kubernetes RBAC judges, local accounts off');
  assert.equal(
    describeAccess({ reach: 'private', signIn: 'certificates', judge: 'nobody', localAccounts: 'on' }),
    'private, without Entra ID, nobody judges rights, local accounts on',
  );
});

test('the words name the exact cause, and what to do about it', () => {
  const table: readonly (readonly [change: Partial<ApiServerAccess>, failure: Failure, says: RegExp, remedy: RegExp])[] = [
    [{ signIn: 'certificates' }, failed('no-entra-id'), /has no Entra ID, so no token.*administrator's certificate is never used/, /--enable-aad/],
    [{ signIn: 'certificates' }, failed('Unauthorized'), /has no Entra ID/, /--enable-aad/],
    [{}, failed('http-401'), /takes no token of ours/, /aadProfile\.tenantID/],
    [{}, failed('Forbidden', 'list nodes'), /refuses what no drain can be judged without\.$/, /^Apply infra\/kubernetes\/rbac\.yaml.*slackwater-reader/],
    [{ judge: 'azure-rbac' }, failed('http-403'), /refuses what no drain/, /^Assign the role Slackwater Kubernetes Reader.*5 min/],
    [{ reach: 'private' }, failed('no-connection', 'ENOTFOUND: getaddrinfo'), /private cluster, and the name of its API server is not known here/, /NETWORK_ACCESS=private.*private DNS zone/],
    [{ reach: 'private' }, failed('time-limit'), /private cluster, and no route leads/, /NETWORK_ACCESS=private, peer/],
    [{ reach: 'authorized-ranges' }, failed('time-limit'), /authorized address ranges alone/, /EGRESS_ADDRESS.*--api-server-authorized-ip-ranges/],
    [{ reach: 'authorized-ranges' }, failed('no-connection', 'ECONNREFUSED'), /authorized address ranges alone/, /NAT gateway/],
    [{}, failed('no-connection', 'ENOTFOUND: getaddrinfo'), /The name of the API server of shop-prod is not known here/, /asked again/],
    [{}, failed('time-limit'), /does not answer/, /asked again/],
    [{ reach: 'private' }, failed('no-connection', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE: unable to verify'), /does not prove itself by the authority Azure names/, /proxy or firewall/],
    [{}, failed('AuthorizationFailed'), /^Azure does not tell where the API server of shop-prod is/, /role Slackwater Kubernetes Reader/],
    [{}, failed('http-503'), /^The API server of shop-prod could not be read\.$/, /^as before$/],
    [{}, failed('Forbidden', 'not granted: list nodes, list pods (asked by SelfSubjectAccessReview).'), /without: list nodes, list pods\.$/, /^Apply/],
  ];
  for (const [change, failure, says, remedy] of table) {
    const told = explainUnread(sampleCluster({ name: 'shop-prod', access: { ...entra, ...change } }), failure);

    assert.match(told.message, says, failure.code);
    assert.deepEqual([told.detail, told.message.includes(failure.message)], [failure.message, false], 'what came is told below the fold');
    assert.ok(explainWhole(told).endsWith(`(${failure.code}: ${failure.message.replace(/\.$/, '')}).`));
    assert.match(told.remedy, remedy, failure.code);
    assert.deepEqual([told.code, told.class, told.retryAfterSeconds, isKubernetesUnread(told), isKubernetesUnread(failure)], [failure.code, 'transient', 7, true, false]);
    assert.equal(explainUnread(sampleCluster({ access: entra }), told), told);
  }
});

test('a run begun before the kind of cluster was known gets plain words', () => {
  assert.match(explainUnread(sampleCluster(), failed('time-limit')).message, /does not answer/);
  assert.equal(explainWhole(failed('time-limit')), 'as it came');
});

test('an unread Kubernetes holds the whole run, or only warns where the policy can do without; either way nothing claims that it may start', () => {
  const cluster = sampleCluster({ access: { ...entra, reach: 'private' } });
  const kubernetesUnread = explainUnread(cluster, failed('time-limit'));
  const snapshot = { ...sampleSnapshot(), cluster, nodes: [], pods: [], disruptionBudgets: [], kubernetesUnread };
  for (const [kubernetesApi, severity, pools, word] of [['required', 'block', ['*'], 'BLOCKED'], ['optional', 'warn', [], 'NOT SEEN'], [undefined, 'block', ['*'], 'BLOCKED']] as const) {
    const report = judgePreflight(samplePolicy(kubernetesApi === undefined ? {} : { kubernetesApi }), null, snapshot);
    const found = report.findings.find(({ code }) => code === 'KUBERNETES_UNREADABLE');

    assert.deepEqual([found?.severity, found?.pools, found?.where], [severity, pools, 'cluster']);
    assert.equal(/kubernetesApi: optional/.test(found?.remedy ?? ''), severity === 'block', 'only where it would change anything');
    assert.match(found?.message ?? '', /Drains cannot be judged and nodes cannot be counted.*private cluster/);
    assert.equal(verdictOf(report).word, word);
    assert.match(`${verdictOf(report).sentence} ${renderPreflightMarkdown(report)}`, /drains cannot be judged and nodes cannot be counted/i);
    assert.ok(report.unchecked.some(({ why }) => /not seen|private cluster/i.test(why)), JSON.stringify(report.unchecked));
  }
});

test('what a judgement rests on is one sentence', () => {
  const cluster = sampleCluster({ access: entra });

  assert.match(describeSight({ cluster, unchecked: [] }), /^Checked from Azure Resource Manager and Kubernetes \(API server public, .*\)\. Nothing was left out\.$/);
  assert.match(describeSight({ cluster: sampleCluster(), unchecked: [1] }), /^Checked from Azure Resource Manager and Kubernetes\. 1 thing was not checked/);
  assert.match(describeSight({ cluster, unchecked: [], kubernetesUnread: failed('time-limit') }), /^Checked from Azure Resource Manager alone: .*neither drains nor nodes/);
});
