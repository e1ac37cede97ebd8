import assert from 'node:assert/strict';
import { test } from 'node:test';
import { purgeHistory } from '../../activities/purge-history.ts';
import type { PurgeInstances } from '../../activities/ports.ts';
import { parseSettings } from '../../adapters/settings.ts';
import { openingAt } from '../../domain/maintenance-window.ts';
import { parseMaintenancePolicy } from '../../domain/policy-parse.ts';
import { DAY_MS, HOUR_MS } from '../../domain/time.ts';
import { policyWith } from '../domain/good-policy.ts';
import { environment } from '../functions/environment.ts';
import { emptyWorld, failureOf, recordingPorts } from './recording-ports.ts';

const now = Date.UTC(2026, 10, 21, 8);

/** The rule the task hub was given. */
async function ruleFor(days: number | null): Promise<Parameters<PurgeInstances>[0]> {
  const rules: Parameters<PurgeInstances>[0][] = [];
  const world = emptyWorld(now);
  const purge: PurgeInstances = async (rule) => {
    rules.push(rule);
    return { ok: true, value: { unitsCount: 1, othersCount: 2 } };
  };
  await purgeHistory(recordingPorts(world), purge, days);
  assert.deepEqual(world.logged.map(({ code }) => code), ['history.purged']);
  return rules[0] ?? assert.fail();
}

test('units go after two days, runs after those of the setting, and none where the task hub has a retention of its own', async () => {
  assert.deepEqual(await ruleFor(14), { unitsBefore: now - 2 * DAY_MS, allBefore: now - 14 * DAY_MS });
  assert.deepEqual(await ruleFor(null), { unitsBefore: now - 2 * DAY_MS, allBefore: null });
});

test('with the shortest history that settings allow, no run is forgotten while its opening, the longest that a policy allows, is still open', async () => {
  const shortest = Array.from({ length: 60 }, (_, days) => days).find((days) => parseSettings({ ...environment, RUN_HISTORY_DAYS: String(days) }).ok);
  const longest = Array.from({ length: 400 }, (_, hours) => hours).findLast((hours) => parseMaintenancePolicy(policyWith('spec.window.durationHours', hours), 'a.yaml').ok);
  assert.deepEqual([shortest, longest], [7, 24]);
  const policy = parseMaintenancePolicy(policyWith('spec.window.durationHours', longest), 'a.yaml');
  assert.ok(policy.ok);
  const { allBefore } = await ruleFor(shortest ?? null);
  // Every hour of half a year, summer time's end included.
  for (let at = now; at < now + 180 * DAY_MS; at += HOUR_MS) {
    const opening = openingAt(policy.value.window, at);
    const bound = at - (now - (allBefore ?? now));
    if (opening !== null) assert.ok(opening.opens > bound, new Date(at).toISOString());
  }
});

test('a task hub that does not answer is logged, and nothing else of the day is kept from happening', async () => {
  const world = emptyWorld(now);
  await purgeHistory(recordingPorts(world), async () => ({ ok: false, failure: failureOf('transient', 'task-hub-unreachable') }), 14);

  assert.deepEqual(world.logged.map(({ level, code }) => [level, code]), [['warn', 'history.not-purged']]);
});
