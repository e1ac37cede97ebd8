import type { JsonRecord } from '../domain/json.ts';
import type { Instant } from '../domain/time.ts';
import type { EvictionWebhook } from './eviction.ts';
import type { ScriptedReply } from './perturbation.ts';

/** A code and message as ARM shows them. */
export interface AksError {
  readonly code: string;
  readonly message: string;
}

/** A long-running operation as its status URL shows it. */
export interface OperationRecord {
  readonly id: string;
  /** What ARM shows as `provisioningState` while it runs. */
  readonly state: string;
  /** Null: of the cluster itself. */
  readonly pool: string | null;
  readonly by: string;
  /** What its request was called by its sender; null: the request named nothing. */
  correlationId: string | null;
  readonly startedAt: Instant;
  endedAt: Instant | null;
  status: 'InProgress' | 'Succeeded' | 'Failed' | 'Canceled';
  error: AksError | null;
  /** What its result URL answers once it ended: the resource, or nothing. */
  readonly result: 'resource' | 'nothing';
  /** Stops the work without undoing any; null when it cannot be stopped. */
  stop: (() => void) | null;
}

/** Keeps an upgrade from ending, and from touching other nodes than these. */
export interface PoolHold {
  readonly mayTouch: ReadonlySet<string>;
  /** Goes on where the upgrade rests; null while it has not come to rest. */
  goOn: (() => void) | null;
}

/** A node pool as ARM keeps it. */
export interface PoolState {
  readonly name: string;
  /** `properties` as given, without what the fields below keep. */
  properties: JsonRecord;
  upgradeSettings: JsonRecord;
  orchestratorVersion: string;
  currentOrchestratorVersion: string;
  nodeImageVersion: string;
  /** Empty: AKS names none, because the pool's operating system is retired. */
  latestNodeImageVersion: string;
  /** Versions offered beside the control plane's own. */
  readonly offeredVersions: readonly string[];
  provisioningState: string;
  error: AksError | null;
  eTag: string;
  running: OperationRecord | null;
  /** Drain errors of quarantined nodes, by node. */
  readonly blockedNodes: Map<string, string>;
  /** What the pool ran when its last operation on versions ended well. */
  lastGood: { readonly orchestratorVersion: string; readonly nodeImageVersion: string };
  recentlyUsed: readonly { readonly orchestratorVersion: string; readonly nodeImageVersion: string; readonly at: Instant }[];
  surgeFailure: (AksError & { times: number }) | null;
  /** How long surge nodes stay without being Ready after they joined; 0: they join Ready. Unit: minutes. */
  surgeUnreadyMinutes: number;
  /** Zone in which every surge node comes up, for example `3`; null: each in its turn. */
  surgeZone: string | null;
  /** An upgrade held back from outside; null lets it take its course. */
  hold: PoolHold | null;
  /** For example `aks-apps-19283746-vmss`. */
  readonly scaleSet: string;
  nextInstance: number;
}

/** The cluster as ARM keeps it. */
export interface AksState {
  readonly resourceId: string;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly name: string;
  readonly location: string;
  /** The GET body as given, without `properties`. */
  readonly envelope: JsonRecord;
  /** `properties` as given, without what the fields below keep. */
  properties: JsonRecord;
  kubernetesVersion: string;
  currentKubernetesVersion: string;
  /** What the API server really runs; both fields above show a target early. */
  servedVersion: string;
  offeredVersions: readonly { readonly version: string; readonly isPreview: boolean }[];
  provisioningState: string;
  error: AksError | null;
  eTag: string;
  running: OperationRecord | null;
  readonly pools: Map<string, PoolState>;
  readonly operations: Map<string, OperationRecord>;
  evictionWebhooks: readonly EvictionWebhook[];
  scriptedReplies: readonly ScriptedReplies[];
}

/** Answers that wait for the next matching requests. */
export interface ScriptedReplies {
  readonly service: 'arm' | 'kubernetes';
  readonly requests: 'reads' | 'writes' | 'all';
  readonly reply: ScriptedReply;
  readonly times: number;
}

/** Whether ARM's state word says that nothing runs. */
export function isAtRest(provisioningState: string): boolean {
  return ['Succeeded', 'Failed', 'Canceled'].includes(provisioningState);
}
