import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readPolicyText } from '../../adapters/policy-file.ts';
import { readSnapshotDocuments, type SnapshotDocuments } from '../../adapters/snapshot-folder.ts';
import { nextOpenings } from '../../domain/maintenance-window.ts';
import { parseInstant } from '../../domain/local-time.ts';
import type { Instant } from '../../domain/time.ts';
import type { Physics } from '../../sim/physics.ts';
import { startWindowRehearsal, type Rehearsal, type WindowRehearsalOptions } from './window-rehearsal.ts';

export type { Rehearsal } from './window-rehearsal.ts';

const fixtures = new URL('../../fixtures/', import.meta.url);
const saturday: Instant = parseInstant('2026-11-21T12:00:00Z') ?? 0;

/** What differs from the project's own snapshot and policy. */
export interface RehearsalOptions {
  readonly policy?: (text: string) => string;
  readonly documents?: (documents: SnapshotDocuments) => SnapshotDocuments;
  readonly seed?: number;
  readonly physics?: Partial<Physics>;
  /** `kept`: runs keep the fleet's dashboard. Default `none`. */
  readonly dashboard?: 'kept' | 'none';
  /** `held`: the run does not begin; for what is measured or tested without it. Default `at-once`. */
  readonly beginning?: 'at-once' | 'held';
  /** More clusters behind the same ARM. */
  readonly fleet?: NonNullable<WindowRehearsalOptions['fleet']>;
  /** Starts the Functions host in place of the usual one. */
  readonly startHost?: NonNullable<WindowRehearsalOptions['startHost']>;
}

/** Rehearses a window on the project's own snapshot and policy; it opens at once. */
export async function startRehearsal(options: RehearsalOptions = {}): Promise<Rehearsal> {
  const policyText = (options.policy ?? ((text) => text))(readFileSync(new URL('policies/lab-aks.yaml', fixtures), 'utf8'));
  const read = readPolicyText(policyText, 'lab-aks.yaml');
  const [policy] = read.ok ? read.value : [];
  const [opening] = policy === undefined ? [] : nextOpenings(policy.window, saturday, 1);
  if (policy === undefined || opening === undefined) throw new Error(`The policy opens nothing: ${JSON.stringify(read)}`);
  const documents = await readSnapshotDocuments(fileURLToPath(new URL('snapshot/', fixtures)));
  if (!documents.ok) throw new Error(`The snapshot does not read: ${JSON.stringify(documents.faults)}`);
  return startWindowRehearsal({
    documents: (options.documents ?? ((given) => given))(documents.value),
    policy,
    opening,
    policies: { 'lab-aks.yaml': policyText },
    code: { 'infra/main.tf': readFileSync(new URL('infra/main.tf', fixtures), 'utf8') },
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    ...(options.physics === undefined ? {} : { physics: options.physics }),
    people: { operator: 'maintain', reader: 'read', chief: 'admin' },
    ...(options.dashboard === undefined ? {} : { dashboard: options.dashboard }),
    ...(options.beginning === undefined ? {} : { beginning: options.beginning }),
    ...(options.fleet === undefined ? {} : { fleet: options.fleet }),
    ...(options.startHost === undefined ? {} : { startHost: options.startHost }),
  });
}
