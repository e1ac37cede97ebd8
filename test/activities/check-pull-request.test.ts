import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { checkPullRequest } from '../../activities/check-pull-request.ts';
import type { Ports, PullRequestChanges } from '../../activities/ports.ts';
import { readPolicyText } from '../../adapters/policy-file.ts';
import type { CheckRunReport } from '../../domain/check-run.ts';
import { emptyWorld, failureOf, recordingPorts } from './recording-ports.ts';

const policyText = readFileSync(new URL('../../fixtures/policies/lab-aks.yaml', import.meta.url), 'utf8');
const ownCluster = policyText;
const otherCluster = policyText.replace('managedClusters/lab-aks', 'managedClusters/treasury').replace('name: lab-aks', 'name: treasury');
const noon = Date.parse('2026-11-21T12:00:00Z');
const place = { policyRepository: 'acme/platform', policyPath: 'slackwater' };

/** A pull request that changes `slackwater/a.yaml` to `text`, in a world whose default branch has the lab's policy. */
function played(text: string | null, changes: Partial<PullRequestChanges> = {}, change: (ports: Ports) => Partial<Ports> = () => ({})) {
  const world = emptyWorld(noon);
  const reports: CheckRunReport[] = [];
  const base = recordingPorts(world);
  const [known] = (() => {
    const read = readPolicyText(policyText, 'slackwater/lab-aks.yaml');
    return read.ok ? read.value : [];
  })();
  assert.ok(known !== undefined);
  const pull: PullRequestChanges = { author: 'bob', headLies: 'here', defaultBranch: 'main', state: 'open', baseBranch: 'main', headSha: 'a'.repeat(40), updatedAt: noon, mergeBase: 'b'.repeat(40), paths: ['slackwater/a.yaml'], ...changes };
  const ports: Ports = {
    ...base,
    policies: { readPolicies: async () => ({ ok: true, value: { policies: [known], faults: [] } }) },
    documents: { load: async () => ({ ...(await base.documents.load()), readPolicies: readPolicyText }) },
    repositories: {
      ...base.repositories,
      readPullRequest: async () => ({ ok: true, value: pull }),
      readFile: async () => ({ ok: true, value: text === null ? null : new TextEncoder().encode(text) }),
    },
    checks: {
      ...base.checks,
      ensureCheckRun: async ({ report }) => {
        reports.push(report);
        return { ok: true, value: { id: 1 } };
      },
    },
  };
  const all = { ...ports, ...change(ports) };
  return { world, reports, run: (told: Parameters<typeof checkPullRequest>[2]['told'] = null) => checkPullRequest(all, place, { repository: 'acme/platform', number: 7, told }) };
}

test('from a fork no cluster is read that no policy on the default branch names, and the check says why', async () => {
  const { world, reports, run } = played(otherCluster, { headLies: 'elsewhere' });
  assert.deepEqual(await run(), { ok: true, value: 'checked' });
  assert.equal(world.calls.includes('readCluster'), false);
  assert.equal(world.calls.includes('readState'), false);
  assert.equal(reports[0]?.conclusion, 'neutral');
  assert.match(reports[0]?.summary ?? '', /comes from a fork, and no policy on the default branch names this cluster/);
  assert.match(reports[0]?.summary ?? '', /\| Sat 21 Nov 22:00 \(21:00Z\)/, 'openings need no cluster');
});

test('from a fork the cluster of a policy on the default branch is read, in whatever case its id is written', async () => {
  const { world, run } = played(ownCluster.replace('lab-rg', 'LAB-RG'), { headLies: 'elsewhere', paths: ['slackwater/a.yaml', 'slackwater/lab-aks.yaml'] });
  await run();
  assert.ok(world.calls.includes('readCluster'));
});

test('from a fork nothing is read while the policies on the default branch cannot be read', async () => {
  const { world, reports, run } = played(ownCluster, { headLies: 'elsewhere' }, () => ({ policies: { readPolicies: async () => ({ ok: false, failure: failureOf('transient') }) } }));
  await run();
  assert.equal(world.calls.includes('readCluster'), false);
  assert.match(reports[0]?.summary ?? '', /could not be read, so it is not known which clusters/);
});

test('a branch of the repository itself may name a new cluster', async () => {
  const { world, reports, run } = played(otherCluster);
  await run();
  assert.ok(world.calls.includes('readCluster'));
  assert.match(reports[0]?.summary ?? '', /The cluster could not be read: Made to fail\./);
});

test('a policy that asks for approvals does not pass from a fork either, and cannot lower what the default branch asks for', async () => {
  const asked = otherCluster.replace('  onWindowEnd: finishInFlight', '  onWindowEnd: finishInFlight\n  approvals: { required: 1 }');
  const { reports, run } = played(asked, { headLies: 'elsewhere' });
  await run();
  assert.deepEqual([reports[0]?.conclusion, reports[0]?.buttons], ['action_required', []]);
});

test('a removed policy file gets a check that says which windows go with it', async () => {
  const { reports, run } = played(null, { paths: ['slackwater/lab-aks.yaml'] });
  await run();
  assert.equal(reports[0]?.conclusion, 'neutral');
  assert.match(reports[0]?.summary ?? '', /takes away the window of `lab-aks`/);
});

test('a delivery is checked at the commit it told of: a later one has its own, an earlier answer of GitHub is asked for again', async () => {
  const [same, other] = ['a'.repeat(40), 'c'.repeat(40)];
  const cases: readonly (readonly [string, number | null, string])[] = [
    [same, noon - 5_000, 'checked'],
    [other, noon - 5_000, 'ignored'],
    [other, noon + 5_000, 'pull-request-behind'],
    [other, noon, 'checked'],
    [other, null, 'checked'],
  ];
  for (const [headSha, updatedAt, expected] of cases) {
    const { reports, run } = played(otherCluster);
    const result = await run({ headSha, updatedAt });
    assert.equal(result.ok ? result.value : result.failure.code, expected, `${headSha.slice(0, 1)} ${updatedAt}`);
    assert.equal(reports.length, expected === 'checked' ? 1 : 0);
  }
});

test('where GitHub asks to wait, nothing more is sent until it may', async () => {
  const seen: string[] = [];
  const { run } = played(otherCluster, { paths: ['slackwater/a.yaml', 'slackwater/b.yml'] }, (ports) => ({
    checks: {
      ...ports.checks,
      ensureCheckRun: async ({ report }) => {
        seen.push(report.name);
        return { ok: false, failure: { ...failureOf('transient', 'github-rate-limited'), retryAfterSeconds: 60 } };
      },
    },
  }));
  const result = await run();
  assert.equal(seen.length, 1);
  assert.ok(!result.ok && result.failure.retryAfterSeconds === 60);
});

test('every file is tried before a failure is told', async () => {
  const seen: string[] = [];
  const { run } = played(otherCluster, { paths: ['slackwater/a.yaml', 'slackwater/b.yml', 'slackwater/deep/c.yaml', 'README.md'] }, (ports) => ({
    checks: {
      ...ports.checks,
      ensureCheckRun: async ({ report }) => {
        seen.push(report.name);
        return report.name.endsWith('a.yaml') ? { ok: false, failure: failureOf('transient', 'github-unavailable') } : { ok: true, value: { id: 2 } };
      },
    },
  }));
  const result = await run();
  assert.deepEqual(seen, ['slackwater / slackwater/a.yaml', 'slackwater / slackwater/b.yml']);
  assert.ok(!result.ok && result.failure.code === 'github-unavailable');
});
