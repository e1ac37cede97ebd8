import type { SnapshotDocuments } from '../../adapters/snapshot-folder.ts';
import type { ClusterSnapshot } from '../../domain/cluster-snapshot.ts';
import type { MaintenancePolicy, WindowOpening } from '../../domain/maintenance-policy.ts';
import { planMaintenance } from '../../domain/plan-maintenance.ts';
import { planningStateOf } from '../../domain/planning-state.ts';
import { judgePlan } from '../../domain/preflight.ts';
import { rehearsedWebhooks } from '../../sim/rehearsal-webhooks.ts';
import { leavesUnitsUnseen, refusedFieldsOf, reportRehearsal } from '../../sim/rehearsal.ts';
import type { RehearsalReport } from '../../sim/rehearsal-report.ts';
import { withOwnEnvironment } from './own-environment.ts';
import { withoutField } from './without-field.ts';
import { playNight, type NightOrder, type PlayedNight } from './play-night.ts';

/** What is rehearsed, and how often. */
export interface SnapshotRehearsal {
  readonly documents: SnapshotDocuments;
  /** The same, understood. */
  readonly snapshot: ClusterSnapshot;
  readonly policy: MaintenancePolicy;
  readonly opening: WindowOpening;
  readonly seed: number;
  /** Nights, each with the next seed. Range: ≥ 1. */
  readonly seeds: number;
  /** Told while nights are played. */
  readonly onProgress: (what: string) => void;
}

/** Above this every look at the cluster costs so much that they are made more seldom; what Azure does is as exact as ever. */
const LARGE_NODES = 200;
const seldomLooks = { shortest: 120, longest: 300 } as const;

/**
 * Rehearses one opening of a cluster: the app's own orchestrations, activities and SDK clients in virtual time, over loopback
 * services and a simulated cluster made from the snapshot. Nothing of it knows the way to the real one.
 *
 * The same input gives the same report. Throws for a defect, and for documents that make no cluster.
 */
export function rehearseSnapshot(order: SnapshotRehearsal): Promise<RehearsalReport> {
  return withOwnEnvironment(() => rehearse(order));
}

async function rehearse({ documents, snapshot, policy, opening, seed, seeds, onProgress }: SnapshotRehearsal): Promise<RehearsalReport> {
  const pollSeconds = snapshot.nodes.length > LARGE_NODES ? seldomLooks : null;
  const webhooks = rehearsedWebhooks(snapshot);
  const play = (which: number, way: NightOrder['way'], name: string, played = documents): Promise<PlayedNight> =>
    playNight({ documents: played, policy, opening, seed: which, way, perturbations: webhooks.perturbations, pollSeconds, onMinute: (minute) => onProgress(`${name}, minute ${minute}`) });
  const first = await play(seed, 'as-it-would-be', `night 1 of ${seeds}`);
  const refusedFields: string[] = [];
  const inSpite = leavesUnitsUnseen(first.status) ? await playInSpite((given) => play(seed, 'in-spite-of-all', 'what does not start this night', given), documents, refusedFields) : null;
  const others: PlayedNight[] = [];
  // Without a unit to start every night is the same.
  const isMoot = first.status.units.every(({ startedAt }) => startedAt === null);
  for (let index = 1; index < seeds && !isMoot; index += 1) others.push(await play(seed + index, 'as-it-would-be', `night ${index + 1} of ${seeds}`));
  const judged = { ...snapshot, takenAt: opening.opens };
  const plan = planMaintenance(policy, opening, planningStateOf(judged));
  return reportRehearsal({ snapshot, policy, opening, seed, nights: [first, ...others], inSpite, refusedFields, looksEverySeconds: pollSeconds?.shortest ?? null, webhooks, omitted: plan.omitted, preflight: judgePlan(policy, plan, judged).report });
}

/** Nights at most, each without one more field. */
const FIELDS_MAX = 5;

/** A night in spite of all; played again without a field of the cluster for which we send nothing, so that its drains are seen too. */
async function playInSpite(play: (documents: SnapshotDocuments) => Promise<PlayedNight>, documents: SnapshotDocuments, refusedFields: string[]): Promise<PlayedNight> {
  const night = await play(documents);
  const [field] = refusedFieldsOf(night.status);
  if (field === undefined || refusedFields.includes(field) || refusedFields.length >= FIELDS_MAX) return night;
  refusedFields.push(field);
  return playInSpite(play, withoutField(documents, field), refusedFields);
}
