import { MINUTE_MS, type Instant } from './time.ts';
import type { BlockCause } from './unit-progress.ts';

/** What one look knows of the path by which the control plane reaches nodes (the tunnel: konnectivity). */
export interface PathSigns {
  /** Texts that say a webhook could not be called, each with when it was said last. */
  readonly refusals: readonly { readonly text: string; readonly at: Instant }[];
  /** Why a call that goes through the path broke on its way (a service's proxy, a pod's log); null when none did. */
  readonly callFailure: string | null;
  /** A call that goes through the path arrived at this look, so that what was said minutes ago may be over. */
  readonly call: 'arrived' | 'unknown';
  /** Pods of the tunnel's agent; null when not known. */
  readonly agents: ReadyCount | null;
}

/** How many are Ready of how many wanted. */
export interface ReadyCount {
  readonly ready: number;
  readonly wanted: number;
}

/** Whether the path itself is down, and by what that is believed. */
export interface PathVerdict {
  readonly state: 'works' | 'broken';
  /** Names of webhooks that time out now, one of each group that belongs together; at most 8. */
  readonly webhooks: readonly string[];
  readonly callFailure: string | null;
  readonly agents: ReadyCount | null;
}

/** A webhook that was not answered longer ago than this says nothing of now; sooner where a call arrives. Unit: minutes. */
const FRESH_MINUTES = 10;
const FRESH_AFTER_ARRIVAL_MINUTES = 2;
/** Unrelated webhooks that time out together: so many alone, or so many beside another sign. */
const WEBHOOKS_ALONE = 3;
const WEBHOOKS_WITH_SIGN = 2;
const WEBHOOKS_NAMED = 8;

/**
 * Tells a broken path from guilty webhooks: three unrelated webhooks that time out within some minutes, or two beside a
 * proxy or log call that broke or agents of which none is Ready; or such a call and such agents without any webhook.
 * One webhook alone is that webhook. (facts: Microsoft Learn, "Tunnel connectivity issues".)
 */
export function judgePath({ refusals, callFailure, call, agents }: PathSigns, now: Instant): PathVerdict {
  const freshMinutes = call === 'arrived' ? FRESH_AFTER_ARRIVAL_MINUTES : FRESH_MINUTES;
  const byGroup = new Map<string, string>();
  for (const { text, at } of refusals) {
    const webhook = at + freshMinutes * MINUTE_MS >= now ? readTimeout(text) : null;
    if (webhook !== null && !byGroup.has(webhook.group)) byGroup.set(webhook.group, webhook.name);
  }
  const hasNoAgent = agents !== null && agents.wanted > 0 && agents.ready === 0;
  const isBroken =
    byGroup.size >= WEBHOOKS_ALONE || (byGroup.size >= WEBHOOKS_WITH_SIGN && (callFailure !== null || hasNoAgent)) || (callFailure !== null && hasNoAgent);
  return { state: isBroken ? 'broken' : 'works', webhooks: [...byGroup.values()].sort().slice(0, WEBHOOKS_NAMED), callFailure, agents };
}

/** Classes of blocks that a broken path explains: the webhook cannot be asked, or pods that left are not made anew. */
const VICTIMS: readonly string[] = ['EVICTION_WEBHOOK_UNREACHABLE', 'PDB_TRANSIENT', 'UNKNOWN'];

/** Whether a block of this class may have no other cause than a broken path. */
export function mayBeVictim({ class: cause }: Pick<BlockCause, 'class'>): boolean {
  return VICTIMS.includes(cause);
}

/** Whether a text says that a call broke on its way to a node, not that what it asked for refused or is missing. */
export function isBrokenOnTheWay(text: string): boolean {
  if (/no endpoints available|connection refused|x509|certificate/i.test(text)) return false;
  return /context deadline exceeded|i\/o timeout|Client\.Timeout|TLS handshake timeout|No agent available|proxy error from|no route to host|connection timed out/i.test(text);
}

/** The webhook a text says timed out; those of one namespace belong together. Null: it says something else. */
function readTimeout(text: string): { readonly name: string; readonly group: string } | null {
  const name = /failed calling webhook "([^"]+)"/.exec(text)?.[1];
  if (name === undefined || !isBrokenOnTheWay(text)) return null;
  const namespace = /https:\/\/[^./:"]+\.([^./:"]+)\.svc\b/.exec(text)?.[1];
  return { name, group: namespace ?? name };
}
