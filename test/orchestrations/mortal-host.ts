import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { app } from '@azure/functions';
import { isRecord, recordsAt, without } from '../../domain/json.ts';
import { compose } from '../../functions/compose.ts';
import { eventTypes } from '../../local/durable/history.ts';
import { startHost } from '../../local/functions-host/host.ts';
import type { HostOptions, RunningHost } from '../../local/functions-host/host-options.ts';
import { startRehearsal, type Rehearsal, type RehearsalOptions } from '../../local/rehearsal/rehearsal.ts';
import type { LoggedRequest } from '../../local/request-log.ts';

/**
 * Where the host dies: before an activity had any effect · right after a request of it took effect, nothing else of it being done ·
 * after all of it, its end not recorded · after an orchestrator's turn, nothing of it recorded.
 */
export const deaths = ['before-activity', 'after-effect', 'after-activity', 'after-turn'] as const;
export type Death = (typeof deaths)[number];

/** `each`: at every such moment once · a number: at that moment alone, counted from 1 · `never`: only counted. */
export interface DeathPlan {
  readonly at: Death;
  readonly which: 'each' | 'never' | number;
}

/** What a night lived through. */
export interface Deaths {
  /** Names of the functions, or method and path of the requests, at which the host died, oldest first. */
  readonly died: readonly string[];
  /** Moments at which it could have. */
  readonly momentsCount: number;
}

/** More than any night needs: a host that dies at the same moment for ever is a fault. */
const DEATHS_MAX = 2_000;

/**
 * Plays a night on a host that dies by plan and comes back at once on the same task hub, with everything else of it made anew, while
 * the world goes on.
 */
export async function rehearseMortal<T>(options: RehearsalOptions, plan: DeathPlan, play: (rehearsal: Rehearsal) => Promise<T>): Promise<Deaths & { readonly result: T }> {
  const folder = mkdtempSync(join(tmpdir(), 'slackwater-mortal-'));
  const mortal = new MortalHost(plan, join(folder, 'hub.sqlite'));
  const rehearsal = await startRehearsal({ ...options, beginning: 'held', startHost: (hostOptions) => mortal.start(hostOptions) });
  mortal.meet(rehearsal);
  try {
    if (options.beginning !== 'held') rehearsal.begin();
    const result = await play(rehearsal);
    return { result, died: mortal.died, momentsCount: mortal.momentsCount };
  } finally {
    mortal.release();
    await rehearsal.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

class MortalHost {
  readonly died: string[] = [];
  momentsCount = 0;
  readonly #plan: DeathPlan;
  readonly #database: string;
  #hooks: readonly { dispose(): void }[] = [];
  readonly #survived = new Set<string>();
  readonly #ended = new Map<string, number>();
  readonly #livesOf = new WeakMap<object, number>();
  #lives = 0;
  #options: HostOptions | null = null;
  #host: RunningHost | null = null;
  #rehearsal: Rehearsal | null = null;
  #state: 'living' | 'dead' | 'released' = 'living';

  constructor(plan: DeathPlan, database: string) {
    this.#plan = plan;
    this.#database = database;
  }

  async start(options: HostOptions): Promise<RunningHost> {
    this.#options = { ...options, database: this.#database, log: () => undefined };
    this.#host = await startHost(this.#options);
    // Only now: asked before a host is there, the library would take every registration for a test's.
    this.#hooks = [
      app.hook.preInvocation(({ invocationContext, inputs }) => {
        if (typeOf(invocationContext) !== 'activityTrigger') return;
        this.#livesOf.set(invocationContext, this.#lives);
        this.#meet('before-activity', nameOf(invocationContext), this.#keyOf(invocationContext, inputs[0]));
      }),
      app.hook.postInvocation(({ invocationContext, inputs }) => {
        const type = typeOf(invocationContext);
        if (type === 'orchestrationTrigger') this.#meet('after-turn', nameOf(invocationContext), turnOf(inputs[0]));
        if (type !== 'activityTrigger') return;
        const key = this.#keyOf(invocationContext, inputs[0]);
        this.#meet('after-activity', nameOf(invocationContext), key);
        // What a dead host finishes is not recorded, so it is the same work still.
        if (this.#state === 'living' && this.#livesOf.get(invocationContext) === this.#lives) this.#ended.set(key.slice(0, key.lastIndexOf('#')), Number(key.slice(key.lastIndexOf('#') + 1)) + 1);
      }),
    ];
    const present = (): RunningHost => this.#host ?? assert.fail('the host has not come up');
    return {
      get url() {
        return present().url;
      },
      get engine() {
        return present().engine;
      },
      functions: this.#host.functions,
      whenIdle: () => present().whenIdle(),
      fireTimer: (name) => present().fireTimer(name),
      kill: () => present().kill(),
      close: () => present().close(),
    };
  }

  /** Dies at requests of this rehearsal too. */
  meet(rehearsal: Rehearsal): void {
    this.#rehearsal = rehearsal;
    const { log } = rehearsal.world;
    const record = log.record.bind(log);
    log.record = (entry) => {
      record(entry);
      // Of what the host does, not of what the test does in its place.
      if (isEffect(entry) && 'activity' in rehearsal.clock.inFlight.describe()) this.#meet('after-effect', `${entry.service} ${entry.method} ${entry.path}`, hashOf([entry.service, entry.method, entry.path, entry.requestBody]));
    };
  }

  release(): void {
    this.#state = 'released';
    for (const hook of this.#hooks) hook.dispose();
  }

  /** The same work has the same key until its end was recorded. */
  #keyOf(context: { readonly functionName: string; readonly triggerMetadata?: Readonly<Record<string, unknown>> | undefined }, input: unknown): string {
    const work = hashOf([context.functionName, context.triggerMetadata?.['instanceId'], input]);
    return `${work}#${this.#ended.get(work) ?? 0}`;
  }

  #meet(death: Death, what: string, key: string): void {
    if (death !== this.#plan.at || this.#survived.has(key)) return;
    if (this.#state === 'dead' && death !== 'after-effect') throw new Error('killed');
    if (this.#state !== 'living') return;
    this.#survived.add(key);
    this.momentsCount += 1;
    if (this.#plan.which !== 'each' && this.#plan.which !== this.momentsCount) return;
    this.died.push(what);
    assert.ok(this.died.length <= DEATHS_MAX, `it dies for ever: ${this.died.slice(-5).join(', ')}`);
    this.#die(death);
    if (death !== 'after-effect') throw new Error('killed');
  }

  #die(death: Death): void {
    const host = this.#host ?? assert.fail();
    const { world, clock } = this.#rehearsal ?? assert.fail();
    this.#state = 'dead';
    this.#lives += 1;
    this.#host = null;
    const lists = Object.values(world.faults);
    // What the dead host would still send reaches nobody.
    if (death === 'after-effect') for (const faults of lists) faults.add({ method: null, path: null, times: Infinity, mishap: { kind: 'cut', moment: 'before' } });
    const comeUp = async (): Promise<void> => {
      await host.kill();
      while (['activity', 'orchestrator turn'].some((what) => what in clock.inFlight.describe())) await new Promise((resolve) => setImmediate(resolve));
      for (const faults of lists) faults.clear();
      this.#host = await startHost(this.#options ?? assert.fail());
      const composed = compose(process.env);
      assert.ok(composed.ok);
      const { useComposition } = await import('../../local/rehearsal/rehearsal-app.ts');
      useComposition(composed.value);
      this.#state = this.#state === 'dead' ? 'living' : this.#state;
    };
    void clock.inFlight.track('restart', comeUp());
  }
}

type Invocation = Parameters<Parameters<typeof app.hook.preInvocation>[0]>[0]['invocationContext'];

function typeOf(context: Invocation): string {
  return 'options' in context ? context.options.trigger.type : '';
}

function nameOf(context: Invocation): string {
  return context.functionName;
}

/** An orchestrator's turn is told by what came since the last; a host that dies again and again raises the same event many times. */
function turnOf(input: unknown): string {
  const history = isRecord(input) ? recordsAt(input, 'history') : [];
  const fresh = history.slice(history.findLastIndex((event) => event['EventType'] === eventTypes.orchestratorCompleted) + 1);
  const execution = history.find((event) => event['EventType'] === eventTypes.executionStarted)?.['OrchestrationInstance'];
  return hashOf([execution, ...fresh.map((event) => without(event, 'Timestamp'))]);
}

function hashOf(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function isEffect({ service, method, path, status }: LoggedRequest): boolean {
  return status < 300 && status > 0 && method !== 'GET' && !path.endsWith('listClusterUserCredential') && !(service === 'kubernetes' && path.endsWith('/eviction')) && !path.endsWith('selfsubjectaccessreviews');
}
