import { isRecord, numberAt, parseJson, textAt } from '../../domain/json.ts';
import type { JsonRecord } from '../../domain/json.ts';
import { DAY_MS } from '../../domain/time.ts';
import type { Instant } from '../../domain/time.ts';

/** One thing an orchestrator asked for; the durable-functions 3.x SDK sends all of them, from the first, at every turn. */
export type Action =
  | { readonly kind: 'activity' | 'child'; readonly call: Call; readonly retry: Retry | null }
  | { readonly kind: 'continue-as-new'; readonly inputJson: string }
  | { readonly kind: 'timer'; readonly fireAt: Instant; readonly state: 'awaited' | 'canceled' }
  | { readonly kind: 'event'; readonly name: string }
  | { readonly kind: 'any' | 'all'; readonly actions: readonly Action[] };

/** What is called. `instanceId` and `version` belong to children only. */
export interface Call {
  readonly name: string;
  readonly inputJson: string;
  readonly instanceId: string | null;
  readonly version: string | null;
}

/** Retry as the SDK sends it. Unit: milliseconds. */
export interface Retry {
  readonly firstIntervalMs: number;
  readonly attemptsMax: number;
  readonly backoff: number;
  readonly intervalMaxMs: number;
  readonly timeoutMs: number | null;
}

/** What an orchestrator returned, or threw, at one turn. */
export interface OrchestratorState {
  readonly isDone: boolean;
  readonly actions: readonly Action[];
  readonly outputJson: string;
  readonly error: string | null;
  /** Null: not set (falsy values are never sent). */
  readonly customStatusJson: string | null;
}

export type StateParse =
  | { readonly kind: 'state'; readonly state: OrchestratorState }
  /** `not-implemented-locally` names the operation; `unreadable-state` quotes what came. */
  | { readonly kind: 'refused'; readonly code: 'not-implemented-locally' | 'unreadable-state'; readonly message: string };

const FAILURE_MARK = '\n\n$OutOfProcData$:';
/** DurableTask's cap on a retry interval when none is given. */
const RETRY_INTERVAL_MAX_MS = 6 * DAY_MS;
/** Schema versions this host understands: V2, V3 and V4 send one flat list. */
const SCHEMA_VERSIONS: readonly unknown[] = [1, 2, 3];

const REFUSED_ACTIONS: Readonly<Record<number, string>> = {
  7: 'callEntity',
  8: 'callHttp',
  9: 'signalEntity',
  10: 'scheduled signalEntity',
  13: 'df.lock',
  14: 'release of df.lock',
};

/** Thrown and caught in this file only: a list is refused as a whole. */
class Refusal extends Error {
  readonly code: 'not-implemented-locally' | 'unreadable-state';
  constructor(code: 'not-implemented-locally' | 'unreadable-state', message: string) {
    super(message);
    this.code = code;
  }
}

/** Reads the state an orchestrator function returned. */
export function parseState(value: unknown): StateParse {
  try {
    return { kind: 'state', state: toState(value) };
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'refused', code: error.code, message: error.message };
    throw error;
  }
}

/**
 * Reads the state out of the message of an error an orchestrator function threw: the SDK appends it after a mark.
 * Null when the message carries none, which is a failure of the app's plumbing, not of the orchestrator.
 */
export function parseThrownState(message: string): StateParse | null {
  const at = message.indexOf(FAILURE_MARK);
  if (at < 0) return null;
  return parseState(parseJson(message.slice(at + FAILURE_MARK.length)));
}

function toState(value: unknown): OrchestratorState {
  if (!isRecord(value)) throw unreadable('the orchestrator state', value);
  if (!SCHEMA_VERSIONS.includes(value['schemaVersion'])) throw unreadable('schemaVersion', value['schemaVersion']);
  const lists = value['actions'];
  const list: unknown = Array.isArray(lists) && lists.length === 1 ? lists[0] : null;
  if (!Array.isArray(list)) throw unreadable('actions', lists);
  const customStatus = value['customStatus'];
  return {
    isDone: value['isDone'] === true,
    actions: list.map(toAction),
    outputJson: jsonOf(value['output']),
    error: textAt(value, 'error'),
    customStatusJson: customStatus === undefined || customStatus === null ? null : JSON.stringify(customStatus),
  };
}

function toAction(value: unknown): Action {
  if (!isRecord(value)) throw unreadable('an action', value);
  const type = numberAt(value, 'actionType') ?? -1;
  switch (type) {
    case 0:
    case 1:
      return { kind: 'activity', call: toCall(value), retry: type === 1 ? toRetry(value['retryOptions']) : null };
    case 2:
    case 3:
      return { kind: 'child', call: toCall(value), retry: type === 3 ? toRetry(value['retryOptions']) : null };
    case 4:
      return { kind: 'continue-as-new', inputJson: rawJsonOf(value['input']) };
    case 5:
      return { kind: 'timer', fireAt: toInstant(value['fireAt']), state: value['isCanceled'] === true ? 'canceled' : 'awaited' };
    case 6:
      return { kind: 'event', name: textAt(value, 'externalEventName') ?? '' };
    case 11:
    case 12: {
      const children = value['compoundActions'];
      if (!Array.isArray(children)) throw unreadable('compoundActions', children);
      return { kind: type === 11 ? 'any' : 'all', actions: children.map(toAction) };
    }
    default: {
      const refused = REFUSED_ACTIONS[type];
      if (refused === undefined) throw unreadable('actionType', value['actionType']);
      throw new Refusal('not-implemented-locally', `The local host does not implement ${refused}. Use an activity instead.`);
    }
  }
}

function toCall(value: JsonRecord): Call {
  const name = textAt(value, 'functionName');
  if (name === null) throw unreadable('functionName', value['functionName']);
  return {
    name,
    inputJson: rawJsonOf(value['input']),
    instanceId: textAt(value, 'instanceId'),
    version: textAt(value, 'version'),
  };
}

function toRetry(value: unknown): Retry {
  if (!isRecord(value)) throw unreadable('retryOptions', value);
  return {
    firstIntervalMs: numberAt(value, 'firstRetryIntervalInMilliseconds') ?? 0,
    attemptsMax: numberAt(value, 'maxNumberOfAttempts') ?? 1,
    backoff: numberAt(value, 'backoffCoefficient') ?? 1,
    intervalMaxMs: numberAt(value, 'maxRetryIntervalInMilliseconds') ?? RETRY_INTERVAL_MAX_MS,
    timeoutMs: numberAt(value, 'retryTimeoutInMilliseconds'),
  };
}

function toInstant(value: unknown): Instant {
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(at)) throw unreadable('fireAt', value);
  return at;
}

function jsonOf(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}

/** The SDK sends a text input as JSON in a text; everything else as it is. */
function rawJsonOf(value: unknown): string {
  if (typeof value === 'string' && parseJson(value) !== undefined) return value;
  return jsonOf(value);
}

function unreadable(what: string, value: unknown): Refusal {
  return new Refusal('unreadable-state', `The orchestrator sent ${what} that this host cannot read: ${jsonOf(value).slice(0, 200)}.`);
}
