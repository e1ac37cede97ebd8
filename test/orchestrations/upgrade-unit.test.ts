import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActivityContract, ActivityName } from '../../activities/contract.ts';
import { recorded } from '../../adapters/trust-boundary.ts';
import type { Failure } from '../../domain/failure.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../domain/time.ts';
import type { UnitProgress } from '../../domain/unit-progress.ts';
import type { UnitUpgradeInput, UnitVerdict, WakeSignal } from '../../orchestrations/contract.ts';
import type { Flow } from '../../orchestrations/flow.ts';
import { upgradeUnit } from '../../orchestrations/upgrade-unit.ts';

type Answers = { readonly [N in ActivityName]?: (call: number) => ActivityContract[N]['output'] };

/** Plays a unit's orchestration against scripted activities in a time that only waits move. */
function play(answers: Answers, signals: readonly { readonly at: number; readonly signal: WakeSignal }[] = [], attempt = 1): { readonly verdict: UnitVerdict; readonly calls: readonly string[]; readonly minutes: number } {
  const calls: string[] = [];
  let now = 0;
  let waiting = [...signals];
  const flow: Flow = {
    instanceId: 'unit',
    now: () => now,
    *call(name) {
      calls.push(name);
      now += SECOND_MS;
      const answer = recorded<Readonly<Record<string, ((call: number) => unknown) | undefined>>>(answers)[name];
      if (answer === undefined) throw new Error(`${name} is out of order`);
      return recorded(answer(calls.filter((each) => each === name).length));
    },
    *sleepUntil(at) {
      now = Math.max(now, at);
    },
    *waitFor(_events, deadline) {
      const next = waiting.find(({ at }) => at <= deadline);
      now = Math.max(now, next === undefined ? deadline : next.at);
      if (next === undefined) return { kind: 'timed-out' };
      waiting = waiting.filter((each) => each !== next);
      return recorded({ kind: 'received', event: 'wake', value: next.signal });
    },
    start: () => assert.fail('a unit starts no child'),
    race: () => assert.fail('a unit races with no child'),
    publish: () => undefined,
    *restart(again) {
      throw new BegunAgain(recorded<UnitUpgradeInput>(again));
    },
    log: () => undefined,
  };
  for (let given: UnitUpgradeInput = { ...input, attempt }; ; ) {
    try {
      const end = upgradeUnit(flow, given).next();
      assert.ok(end.done === true);
      return { verdict: end.value, calls, minutes: Math.round(now / MINUTE_MS) };
    } catch (thrown) {
      if (!(thrown instanceof BegunAgain)) throw thrown;
      given = thrown.input;
    }
  }
}

/** The execution ends here, and the next one gets this. */
class BegunAgain extends Error {
  readonly input: UnitUpgradeInput;
  constructor(input: UnitUpgradeInput) {
    super('begun again');
    this.input = input;
  }
}

const input: UnitUpgradeInput = {
  runId: 'run',
  windowInstanceId: 'window',
  clusterResourceId: '/c',
  unit: {
    unit: 'pool/apps',
    from: { kubernetesVersion: '1.35.1', nodeImageVersion: null },
    to: { kubernetesVersion: '1.36.2', nodeImageVersion: null },
    action: 'pool-version',
    nodeCount: 3,
    surgeNodeCount: 1,
    waves: 3,
    estimateMinutes: 45,
    upgradeSettings: null,
    restoreSettings: null,
    drainTimeoutMinutes: 30,
    undrainableNodeBehavior: 'Schedule',
    isSpot: false,
  },
  attempt: 1,
  windowCloses: 6 * HOUR_MS,
  windowOpens: 0,
  graceMinutes: 10,
  pollSeconds: { shortest: 30, longest: 150 },
  memory: null,
};

const progress = (change: Partial<UnitProgress>): UnitProgress => ({
  seenAt: 0,
  state: 'not-started',
  provisioningState: 'Succeeded',
  inventory: { total: 3, upgraded: 0, old: ['a', 'b', 'c'], cordoned: [], quarantined: [], notReady: [], surge: [] },
  causes: [],
  signals: [],
  podsLeft: null,
  foreignCordons: [],
  helpedMoves: [],
  drainStartedAt: null,
  provisioningError: null,
  eTag: 'before',
  ...change,
});
const failure = (code: string, failureClass: Failure['class']): { readonly ok: false; readonly failure: Failure } => ({ ok: false, failure: { code, class: failureClass, message: 'm', remedy: 'r', retryAfterSeconds: null } });
const ready = (change: Partial<UnitProgress>) => ({ ok: true, value: { progress: progress(change), settingsDiffer: false, foreignBy: '', eTag: change.eTag ?? 'before' } }) as const;
const proven = { ok: true, value: progress({ state: 'succeeded' }) } as const;
const started = { ok: true, value: { kind: 'started', detail: '' } } as const;

test('a request whose answer was lost and whose operation failed at once is not sent a second time in the attempt', () => {
  const { calls, verdict } = play({
    prepareUnit: (call) => ready(call === 1 ? {} : { state: 'failed', provisioningState: 'Failed', eTag: 'after' }),
    startUnit: () => failure('connection-lost', 'transient'),
    observeUnit: (call) => (call < 4 ? { ok: true, value: progress({ state: 'failed', provisioningState: 'Failed', eTag: 'after' }) } : proven),
    tellWindow: () => ({ told: true }),
  });

  assert.equal(calls.filter((name) => name === 'startUnit').length, 1);
  assert.equal(verdict.kind, 'succeeded');
});

test('a word to leave that comes while the unit is prepared is obeyed before anything is sent', () => {
  const { calls, verdict } = play({ prepareUnit: () => ready({}), startUnit: () => started }, [{ at: 1, signal: { kind: 'leave', reason: 'operator said abort.', pool: null } }]);

  assert.equal(verdict.kind, 'left');
  assert.equal(calls.includes('startUnit'), false);
});

test('an answer older than the request, told by its eTag, is no verdict on it', () => {
  const stale = { ok: true, value: progress({ state: 'canceled', provisioningState: 'Canceled' }) } as const;

  const { verdict } = play({ prepareUnit: () => ready({ state: 'canceled', provisioningState: 'Canceled' }), startUnit: () => started, observeUnit: (call) => (call === 1 ? stale : proven) });

  assert.equal(verdict.kind, 'succeeded');
});

test('an operation that is being aborted is not adopted but waited for', () => {
  const { calls, verdict } = play({ prepareUnit: (call) => ready(call === 1 ? { state: 'running', provisioningState: 'Canceling' } : {}), startUnit: () => started, observeUnit: () => proven });

  assert.equal(verdict.kind, 'succeeded');
  assert.equal(calls.filter((name) => name === 'startUnit').length, 1);
});

test('a pool that vanished while it was watched ends its watch at once', () => {
  const { verdict, minutes } = play({ prepareUnit: () => ready({}), startUnit: () => started, observeUnit: () => failure('node-pool-missing', 'terminal') });

  assert.equal(verdict.kind, 'left');
  assert.ok(minutes < 5, `${minutes} min`);
});

test('an activity that throws ends neither the start nor the watch', () => {
  const flaky = <T>(value: T) => (call: number): T => {
    if (call === 1) throw new Error('the host went away');
    return value;
  };

  const { verdict } = play({ prepareUnit: flaky(ready({})), startUnit: flaky(started), observeUnit: flaky(proven) });

  assert.equal(verdict.kind, 'succeeded');
});

test('a unit kept waiting by somebody else to the end names them', () => {
  const { verdict, minutes } = play({ prepareUnit: () => ready({ state: 'foreign', provisioningState: 'Scaling' }) });

  assert.equal(verdict.kind, 'too-late');
  assert.match(verdict.detail, /Somebody else was at work on it \(Scaling\)/);
  assert.ok(minutes >= 315 && minutes <= 320, `${minutes} min`);
});

test('a pool with a node that another drainer moves is begun when that is over', () => {
  const cordon = { node: 'apps-1', pool: 'apps', by: 'Azure (node auto-drain)', since: 0 };

  const { calls, verdict, minutes } = play({ prepareUnit: (call) => ready(call < 4 ? { foreignCordons: [cordon] } : {}), startUnit: () => started, observeUnit: () => proven });

  assert.equal(verdict.kind, 'succeeded');
  assert.equal(calls.filter((name) => name === 'startUnit').length, 1);
  assert.ok(minutes >= 3, `${minutes} min`);
});

test('nodes that are all new while Azure says Failed are sent nothing at first, and the same request when a person wants it again', () => {
  const failed = ready({ state: 'needs-reconcile', provisioningState: 'Failed' });

  assert.equal(play({ prepareUnit: () => failed }).verdict.kind, 'needs-reconcile');
  const again = play({ prepareUnit: () => failed, startUnit: () => started, observeUnit: () => proven }, [], 2);
  assert.deepEqual([again.verdict.kind, again.calls.filter((name) => name === 'startUnit').length], ['succeeded', 1]);
});
