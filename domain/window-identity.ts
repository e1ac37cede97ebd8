import { Temporal } from 'temporal-polyfill';
import type { Instant } from './time.ts';
import type { UnitName } from './upgrade-plan.ts';

const HASH_OFFSET = 0xcbf29ce484222325n;
const HASH_PRIME = 0x100000001b3n;

/**
 * FNV-1a, 64 bits, of the text's UTF-16 units, as 16 hexadecimal digits.
 *
 * A name, not a seal: it keeps two clusters apart and resists nobody. Source: the FNV reference page (Fowler, Noll, Vo).
 */
function hashOf(text: string): string {
  let hash = HASH_OFFSET;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    for (const octet of [unit & 0xff, unit >> 8]) {
      hash = BigInt.asUintN(64, (hash ^ BigInt(octet)) * HASH_PRIME);
    }
  }
  return hash.toString(16).padStart(16, '0');
}

/** A whole number from 0 to `below` − 1 that is always the same for the same text, and spread evenly over different ones. */
export function spreadOf(text: string, below: number): number {
  return Number(BigInt(`0x${hashOf(text)}`) % BigInt(below));
}

/** Only letters, digits, `-` and `_`: an instance id must not hold `/`, `\`, `#`, `?` or control characters. */
function readablePart(text: string, charactersMax: number): string {
  return text.replace(/[^A-Za-z0-9_-]+/g, '-').slice(0, charactersMax);
}

/** Last segment of an ARM id: the cluster's name as it was spelled. */
export function clusterNameOf(resourceId: string): string {
  return resourceId.replace(/\/+$/, '').split('/').at(-1) ?? '';
}

/**
 * Fixed instance id of a cluster's window orchestration: one cluster, one id, which makes the orchestration the mutex.
 *
 * ARM ids compare case-insensitively, so spelling does not change it. At most 100 printable characters
 * (facts: Durable Functions instance ids). Form: `window-<16 hex>-<cluster name>`.
 */
export function windowInstanceId(resourceId: string): string {
  const canonical = resourceId.replace(/\/+$/, '').toLowerCase();
  return `window-${hashOf(canonical)}-${readablePart(clusterNameOf(canonical), 63)}`;
}

/**
 * Name of a cluster's file on the state branch: readable, and apart from that of a cluster of the same name elsewhere.
 *
 * ARM ids compare case-insensitively, so spelling does not change it. Form: `<cluster name>-<8 hex>.json`, at most 77 characters.
 */
export function stateFileName(resourceId: string): string {
  const canonical = resourceId.replace(/\/+$/, '').toLowerCase();
  return `${readablePart(clusterNameOf(canonical), 63)}-${hashOf(canonical).slice(0, 8)}.json`;
}

/**
 * What sets one debt, or what one run left, apart from every other: the first part of the message ids of its events.
 *
 * At most 96 characters, so that a step and a name still fit Service Bus's 128. Form: `<state file's name>/debt/<16 hex>`.
 */
export function debtOccasion(resourceId: string, parts: readonly string[]): string {
  return `${stateFileName(resourceId).replace(/\.json$/, '')}/debt/${hashOf(parts.join('\n'))}`;
}

/**
 * Instance id of one clean-up: one command, one id, so that a command delivered again begins nothing again.
 *
 * At most 100 printable characters. Form: `clean-up-<16 hex of the cluster>-<command>`.
 */
export function cleanUpInstanceId(resourceId: string, decisionId: string): string {
  return `${cleanUpPrefix(resourceId)}${readablePart(decisionId, 70)}`;
}

/** Whether an instance is a clean-up of this cluster. */
export function isCleanUpOf(resourceId: string, instanceId: string): boolean {
  return instanceId.startsWith(cleanUpPrefix(resourceId));
}

function cleanUpPrefix(resourceId: string): string {
  return `clean-up-${hashOf(resourceId.replace(/\/+$/, '').toLowerCase())}-`;
}

/** What a clean-up is called in events, debts and logs. */
export function cleanUpIdOf(clusterName: string, verb: string, decisionId: string): string {
  return `${clusterName}-${verb}-${readablePart(decisionId, 40)}`;
}

/** Moment of an opening in a name: `yyyymmddThhmmZ`, UTC. */
function stampOf(opens: Instant): string {
  return Temporal.Instant.fromEpochMilliseconds(opens).toString({ smallestUnit: 'minute' }).replace(/[-:]/g, '');
}

/** Name of one run: one per cluster and opening, `<cluster>-<yyyymmddThhmmZ>`. */
export function runIdOf(clusterName: string, opens: Instant): string {
  return `${clusterName}-${stampOf(opens)}`;
}

/** What sets one attempt at a unit apart from every other. */
interface UnitAttempt {
  readonly windowInstanceId: string;
  readonly runId: string;
  readonly unit: UnitName;
  /** 1, 2, … */
  readonly attempt: number;
}

/**
 * Instance id of one attempt at one unit; never used twice, because an id whose instance ended may still hold its history.
 *
 * At most 100 printable characters. Form: `unit-<16 hex>-<unit>-<attempt>`.
 */
export function unitInstanceId({ windowInstanceId: window, runId, unit, attempt }: UnitAttempt): string {
  const hash = hashOf([window, runId, unit, String(attempt)].join('\n'));
  return `unit-${hash}-${readablePart(unit, 60)}-${attempt}`;
}
