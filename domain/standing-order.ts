import { SECOND_MS } from './time.ts';
import type { Instant } from './time.ts';

/** What every entry of the state branch says first. */
interface OrderEntry {
  /** What the command is known by; the same command taken twice is one order. */
  readonly id: string;
  /** GitHub login of the person, or the name of the program that sent a message. */
  readonly who: string;
  /** When it was said. */
  readonly when: Instant;
  /** In the person's own words, untrusted; empty when none were given. */
  readonly why: string;
  /** From then on it holds no more; null: until somebody ends it. */
  readonly until: Instant | null;
}

/** Nothing is started on the cluster. */
export interface Freeze extends OrderEntry {
  readonly kind: 'freeze';
  /** Who ended it before its time; null when nobody did. */
  readonly endedBy: string | null;
}

/** One opening is moved; `until` is when the moved one closes. */
export interface Postponement extends OrderEntry {
  readonly kind: 'postponement';
  /** When the opening was to open. */
  readonly opens: Instant;
  readonly movedTo: Instant;
}

/** A person asks for a run in one opening. */
export interface UpgradeRequest extends OrderEntry {
  readonly kind: 'request';
  readonly opens: Instant;
  /** `overridden`: this one opening is to open although it is frozen, for the reason in `why`. */
  readonly freeze: 'overridden' | 'heeded';
}

/** A person approves the plan of one opening, as it was when they looked. */
export interface Approval extends OrderEntry {
  readonly kind: 'approval';
  readonly opens: Instant;
  readonly planDigest: string;
  /** Git id of the content of the policy file that was seen; empty where the policy lies in no repository. */
  readonly policyVersion: string;
}

/** A person lets one named loss happen. */
export interface StandingLoss extends OrderEntry {
  readonly kind: 'loss';
  readonly where: string;
  readonly codes: readonly string[];
  readonly pools: readonly string[];
}

/** A program asks for a run, or takes that back; of one name the highest sequence counts. */
export interface RunMessage extends OrderEntry {
  readonly kind: 'run-message';
  readonly opens: Instant;
  /** What the program calls the run. */
  readonly run: string;
  readonly sequence: number;
  readonly wants: 'requested' | 'cancelled';
}

/** A word that outlives a run, kept on the state branch: who, when, why, until. */
export type StandingOrder = Freeze | Postponement | UpgradeRequest | Approval | StandingLoss | RunMessage;

/** How near two opposite words must be for neither to count as the later. GitHub tells times to the second. */
export const OPPOSITES_MS = SECOND_MS;

/** The orders with one more; one that is known by its id is kept as it was. */
export function withOrder(orders: readonly StandingOrder[], order: StandingOrder): readonly StandingOrder[] {
  return orders.some(({ id, kind }) => id === order.id && kind === order.kind) ? orders : [...orders, order];
}

/** The freeze that holds at `now`, the latest said; null when none does. */
export function freezeAt(orders: readonly StandingOrder[], now: Instant): Freeze | null {
  return orders.filter((order): order is Freeze => order.kind === 'freeze').findLast(({ when, until }) => when <= now && (until === null || now < until)) ?? null;
}

/** The orders after somebody ended every freeze at `when`; one said within the same second stays: the safer word wins. */
export function withoutFreezes(orders: readonly StandingOrder[], ending: { readonly who: string; readonly when: Instant }): readonly StandingOrder[] {
  return orders.map((order) =>
    order.kind === 'freeze' && (order.until === null || ending.when < order.until) && order.when + OPPOSITES_MS < ending.when ? { ...order, until: ending.when, endedBy: ending.who } : order,
  );
}

/** The latest request of a person for an opening; null when nobody asked. */
export function requestFor(orders: readonly StandingOrder[], opens: Instant): UpgradeRequest | null {
  return orders.findLast((order): order is UpgradeRequest => order.kind === 'request' && order.opens === opens) ?? null;
}

/** Where an opening was moved to, by the latest word; null when it stays. */
export function postponementOf(orders: readonly StandingOrder[], opens: Instant): Postponement | null {
  return orders.findLast((order): order is Postponement => order.kind === 'postponement' && order.opens === opens) ?? null;
}

/** The moved opening that `now` lies in; null when none does, or a later word moved it elsewhere. */
export function movedInto(orders: readonly StandingOrder[], now: Instant): Postponement | null {
  const open = orders.findLast((order): order is Postponement => order.kind === 'postponement' && order.movedTo <= now && order.until !== null && now < order.until);
  return open === undefined || postponementOf(orders, open.opens)?.id !== open.id ? null : open;
}

/** Whether programs took back every run they asked for in an opening. Of each name the highest sequence counts, in whatever order they came. */
export function isCancelled(orders: readonly StandingOrder[], opens: Instant): boolean {
  const messages = orders.filter((order): order is RunMessage => order.kind === 'run-message' && order.opens === opens);
  const last = [...Map.groupBy(messages, ({ run }) => run).values()].map((group) => group.reduce((one, other) => (other.sequence > one.sequence ? other : one)));
  return last.length > 0 && last.every(({ wants }) => wants === 'cancelled');
}
