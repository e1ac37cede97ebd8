import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeNodeRelease } from '../../activities/judge-clean-up.ts';
import type { Ports } from '../../activities/ports.ts';
import type { SlackwaterMode } from '../../domain/slackwater-mode.ts';
import { compose } from '../../functions/compose.ts';
import { startRehearsal, type Rehearsal } from '../../local/rehearsal/rehearsal.ts';
import { answersTo, comment } from './clean-up-rehearsal.ts';

/** Sets the app's own setting, as a deployment does, for what begins after it. */
async function setMode(mode: SlackwaterMode): Promise<void> {
  const composed = compose({ ...process.env, SLACKWATER_MODE: mode });
  assert.ok(composed.ok);
  // The app registers itself when it is loaded, which must not happen before its host runs.
  const { useComposition } = await import('../../local/rehearsal/rehearsal-app.ts');
  useComposition(composed.value);
}

async function rehearse(play: (rehearsal: Rehearsal) => Promise<void>): Promise<void> {
  const rehearsal = await startRehearsal({ beginning: 'held' });
  try {
    await play(rehearsal);
    assert.deepEqual(rehearsal.violations(), []);
  } finally {
    await rehearsal.close();
  }
}

const whats = (rehearsal: Rehearsal): readonly string[] => rehearsal.armWrites().map(({ what }) => what);
const isDraining = (rehearsal: Rehearsal) => (): boolean => rehearsal.changes.some(({ kind }) => kind === 'node.cordoned');

test('plan-only plans, judges and reports a whole window, and sends no cluster anything that is no read', () =>
  rehearse(async (rehearsal) => {
    await setMode('plan-only');
    rehearsal.world.perturb({ kind: 'change-budget', namespace: 'shop', name: 'images', minAvailable: 3, by: 'team-shop' });
    rehearsal.begin();
    const status = await rehearsal.untilEnded();
    const [report] = rehearsal.issues();
    assert.doesNotMatch(rehearsal.comments().join('\n'), /@acme\/on-call/, 'nobody is called for what was set so');
    const sent = rehearsal.world.log.entries.filter(({ service, method, path }) => ['arm', 'kubernetes'].includes(service) && method !== 'GET' && !path.endsWith('/listClusterUserCredential') && !path.endsWith('/selfsubjectaccessreviews'));

    assert.equal(status.outcome, 'not-started');
    assert.match(report?.body ?? '', /only plans here/);
    assert.match(report?.body ?? '', /`apps` .*`PDB_STRUCTURAL` shop\/images/, 'what would have blocked is told beside it');
    assert.deepEqual(sent.map(({ method, path }) => `${method} ${path}`), []);
    assert.ok(rehearsal.world.log.entries.some(({ service, method }) => service === 'kubernetes' && method === 'GET'));
  }));

test('stopped in the middle of a run starts no further unit, watches the one at work to its end, and goes on once it may again', () =>
  rehearse(async (rehearsal) => {
    await setMode('maintain');
    rehearsal.begin();
    await rehearsal.until(isDraining(rehearsal));
    const before = whats(rehearsal);
    await setMode('stopped');
    const stoppedAt = rehearsal.clock.now();
    await rehearsal.clock.advanceTo(stoppedAt + 100 * 60_000);
    const meanwhile = whats(rehearsal);
    const atWork = rehearsal.status().units.map(({ unit, state }) => `${unit} ${state}`);
    await setMode('maintain');
    const status = await rehearsal.untilEnded();

    assert.deepEqual(meanwhile, before, 'nothing was sent while stopped');
    assert.ok(atWork.includes('pool/system upgraded'), JSON.stringify(atWork));
    assert.equal(status.outcome, 'succeeded', JSON.stringify(status.timeline));
    assert.deepEqual(whats(rehearsal), ['PUT cluster', 'PUT pool/system', 'PUT pool/apps', 'PUT pool/spot']);
  }));

test('stopped, a run that has begun is held before its first unit and says why', () =>
  rehearse(async (rehearsal) => {
    await setMode('stopped');
    rehearsal.begin();
    await rehearsal.until(() => rehearsal.status().phase === 'held');
    const causes = rehearsal.status().holds.flatMap((hold) => hold.causes.map(({ code }) => code));
    await setMode('maintain');
    const status = await rehearsal.untilEnded();

    assert.ok(causes.includes('SLACKWATER_STOPPED'), JSON.stringify(causes));
    assert.equal(status.outcome, 'succeeded');
  }));

test('where nothing may start, nothing is cleaned up either, and the answer says which setting does it', () =>
  rehearse(async (rehearsal) => {
    const { policy } = rehearsal.input;
    for (const mode of ['plan-only', 'stopped'] as const) {
      const composed = compose({ ...process.env, SLACKWATER_MODE: mode });
      assert.ok(composed.ok);
      const none = async (): Promise<never> => assert.fail('No task hub is asked here.');
      const windows = { startWindow: none, raise: none, read: none, list: none, startCleanUp: none, listCleanUps: none };
      const silent = { error: () => undefined, warn: () => undefined, info: () => undefined };
      const ports = { ...composed.value.portsOf(silent), windows };

      const judged = await judgeNodeRelease(ports, { clusterResourceId: policy.clusterResourceId, node: 'aks-apps-0' });
      const written = await ports.kubernetes.removeQuarantineLabel((await readClusterOf(ports, policy.clusterResourceId)).cluster, 'aks-apps-0');

      assert.ok(judged.ok && judged.value.kind === 'refused' && judged.value.code === 'writes-withheld');
      assert.match(judged.value.remedy, /SLACKWATER_MODE/);
      assert.ok(!written.ok && written.failure.code === 'writes-withheld');
    }
  }));

test('who asks what keeps a cluster from being upgraded is told the mode too', () =>
  rehearse(async (rehearsal) => {
    for (const [mode, expected] of [['plan-only', /only plans here/], ['maintain', /^(?!.*only plans here)/s]] as const) {
      const composed = compose({ ...process.env, SLACKWATER_MODE: mode });
      assert.ok(composed.ok);
      const said = await comment({ ...rehearsal, composition: composed.value }, 'operator', '/slackwater preflight', 'elsewhere');

      assert.equal(answersTo(rehearsal, said).length, 1, JSON.stringify(said.result));
      assert.match(answersTo(rehearsal, said)[0] ?? '', expected);
    }
  }));

async function readClusterOf({ aks }: Pick<Ports, 'aks'>, clusterResourceId: string) {
  const read = await aks.readCluster(clusterResourceId);
  return read.ok ? read.value : assert.fail(read.failure.message);
}
