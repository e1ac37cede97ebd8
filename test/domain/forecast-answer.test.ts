import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readPolicyText } from '../../adapters/policy-file.ts';
import { readSnapshotFolder } from '../../adapters/snapshot-folder.ts';
import type { ClusterSnapshot } from '../../domain/cluster-snapshot.ts';
import { answerForecast, forecastUnits } from '../../domain/forecast-answer.ts';
import { nextOpenings } from '../../domain/maintenance-window.ts';
import { planMaintenance } from '../../domain/plan-maintenance.ts';
import { planningStateOf } from '../../domain/planning-state.ts';
import { judgePlan } from '../../domain/preflight.ts';
import type { SlackwaterMode } from '../../domain/slackwater-mode.ts';
import { MINUTE_MS } from '../../domain/time.ts';

const fixtures = new URL('../../fixtures/', import.meta.url);
const read = readPolicyText(readFileSync(new URL('policies/lab-aks.yaml', fixtures), 'utf8'), 'slackwater/lab-aks.yaml');
const snapshot = await readSnapshotFolder(fileURLToPath(new URL('snapshot/', fixtures)));
assert.ok(read.ok && snapshot.ok);
const [policy] = read.value;
assert.ok(policy !== undefined);
const [opening] = nextOpenings(policy.window, Date.parse('2026-11-21T12:00Z'), 1);
assert.ok(opening !== undefined);
const cluster = { clusterName: 'lab-aks', timeZone: 'Europe/Paris' };

function forecast(given: ClusterSnapshot, mode: SlackwaterMode = 'maintain') {
  assert.ok(policy !== undefined && opening !== undefined);
  const judged = judgePlan(policy, planMaintenance(policy, opening, planningStateOf(given)), given);
  const units = forecastUnits({ ...judged.plan, digest: '' }, opening, judged.report, given.nodes);
  return { units, text: answerForecast(cluster, opening, units, policy, mode) };
}

test('units stand one after the other by their estimates, and the command that plays the night is given', () => {
  const { units, text } = forecast(snapshot.value);
  const minutes = units.map(({ startsAt, endsAt }) => [startsAt, endsAt].map((at) => ((at ?? 0) - opening.opens) / MINUTE_MS));

  assert.deepEqual(minutes, [[0, 12], [12, 57], [57, 102], [102, 112]]);
  assert.match(text, /^\*\*Forecast for `lab-aks`, Sat 21 Nov 22:00 \(21:00Z\):\*\* done about Sat 21 Nov 23:52 \(22:52Z\), which fits\. .*no night was played\.$/m);
  assert.match(text, /^\| `pool\/apps` \| 21:57Z \| 22:42Z \| – \| – \|$/m);
  assert.match(text, /rehearse --cluster \/subscriptions\/.*\/lab-aks --policy slackwater\/lab-aks\.yaml/);
});

test('an installation that only plans forecasts the same, and says that it starts nothing', () => {
  const planning = forecast(snapshot.value, 'plan-only');

  assert.deepEqual(planning.units, forecast(snapshot.value).units);
  assert.match(planning.text, /no night was played\. Slackwater only plans here: it reads clusters and writes to none\.$/m);
});

test('a pool that preflight withholds has no time, and the pods whose evictions are refused now are named with their budgets', () => {
  const disruptionBudgets = snapshot.value.disruptionBudgets.map((budget) => (budget.name === 'images' ? { ...budget, minAvailable: 3, status: { ...budget.status, desiredHealthy: 3, disruptionsAllowed: 0 } } : budget));
  const { units, text } = forecast({ ...snapshot.value, disruptionBudgets });
  const apps = units.find(({ unit }) => unit === 'pool/apps');

  assert.deepEqual([apps?.startsAt, apps?.endsAt, apps?.withheldBy], [null, null, ['PDB_STRUCTURAL shop/images']]);
  assert.equal(apps?.refused.length, 3);
  assert.deepEqual(apps?.refused[0]?.budgets, ['shop/images']);
  assert.deepEqual(units.at(-1)?.startsAt, opening.opens + 57 * MINUTE_MS);
  assert.match(text, /; 1 withheld by preflight\./);
  assert.match(text, /^\| `pool\/apps` \| – \| – \| `PDB_STRUCTURAL shop\/images` \| `shop\/images-[^`]* · shop\/images`, .* \|$/m);
});
