import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSnapshotDocuments, readSnapshotFolder, type SnapshotDocuments } from '../../adapters/snapshot-folder.ts';
import { placeOf, readPolicyFiles } from '../../cli/policy-files.ts';
import { isSameResource } from '../../domain/azure-resource.ts';
import type { MaintenancePolicy } from '../../domain/maintenance-policy.ts';
import { nextOpenings } from '../../domain/maintenance-window.ts';
import { refuse, succeed, type Fault, type Result } from '../../domain/result.ts';
import type { Instant } from '../../domain/time.ts';

const policyFile = fileURLToPath(new URL('../../fixtures/policies/lab-aks.yaml', import.meta.url));
const codeFile = fileURLToPath(new URL('../../fixtures/infra/main.tf', import.meta.url));
const snapshotFolder = fileURLToPath(new URL('../../fixtures/snapshot/', import.meta.url));

/** What a night is made from. */
export interface NightInput {
  readonly policy: MaintenancePolicy;
  readonly policyText: string;
  /** Path → text: code that pins the cluster's versions. */
  readonly code: Readonly<Record<string, string>>;
  readonly documents: SnapshotDocuments;
  /** The policy's next opening as of now. */
  readonly opens: Instant;
}

/** Reads the project's own policy and snapshot; every fault of both at once, each with its file. */
export async function readNightInput(now: Instant): Promise<Result<NightInput, Fault>> {
  const read = await readPolicyFiles([policyFile]);
  // Read whole, not only as documents: the simulated cluster is made from every part of it.
  const snapshot = await readSnapshotFolder(snapshotFolder);
  const documents = await readSnapshotDocuments(snapshotFolder);
  const [policy] = read.policies;
  const faults: Fault[] = [
    ...read.unreadable.map((message) => ({ code: 'policy-unreadable', where: policyFile, message, remedy: 'Check the file out again.' })),
    ...read.faults.map((fault) => ({ ...fault, where: placeOf(fault) })),
    ...(snapshot.ok ? [] : snapshot.faults.map((fault) => ({ ...fault, where: join(snapshotFolder, fault.where) }))),
  ];
  const [opening] = policy === undefined ? [] : nextOpenings(policy.window, now, 1);
  if (policy !== undefined && opening === undefined) {
    faults.push({ code: 'no-opening', where: policyFile, message: 'Its window never opens again.', remedy: 'Look at startDate and notAllowedDates.' });
  }
  if (policy !== undefined && snapshot.ok && !isSameResource(policy.clusterResourceId, snapshot.value.cluster.resourceId)) {
    faults.push({ code: 'other-cluster', where: policyFile, message: `It names a cluster other than the snapshot's, ${snapshot.value.cluster.resourceId}.`, remedy: 'Check spec.cluster.resourceId.' });
  }
  return faults.length > 0 || policy === undefined || opening === undefined || !documents.ok
    ? refuse(faults)
    : succeed({ policy, policyText: readFileSync(policyFile, 'utf8'), code: { 'infra/main.tf': readFileSync(codeFile, 'utf8') }, documents: documents.value, opens: opening.opens });
}
