import type { ProvisioningError } from './cluster-snapshot.ts';

/**
 * Whether ARM's error says that a drain did not finish.
 *
 * Told by code, or by the two halves of the sentence, because wrappers such as `UpgradeVMSSAgentPoolFailed` hide the
 * code. Source: AKS support article on PodDrainFailure; variants seen in public issues.
 */
export function isDrainFailure(error: ProvisioningError | null): boolean {
  if (error === null) return false;
  if (error.code === 'PodDrainFailure' || error.code === 'UnsatisfiablePDB') return true;
  const text = error.message.toLowerCase();
  const isDrain = text.includes('drain');
  return isDrain && ['too many requests', 'too many req', 'disruption budget', 'debugdrainfailures'].some((part) => text.includes(part));
}

/** Codes after which Azure's own advice is to send the same request once more. Source: AKS support, failed-state article (2026-09-15). */
const passingCodes: ReadonlySet<string> = new Set([
  'InternalOperationError',
  'ServiceUnavailable',
  'TimedoutOrCancelled',
  'ReconcileMachineFailed',
  'AgentCountNotMatch',
  'NodesNotReady',
  'UpgradeNodesNotRegistered',
  'VHDFileNotFound',
  'VMExtensionProvisioningTimeout',
]);

/** Whether the same request may be sent once more without a person. Unknown codes: no. */
export function mayRetryOnce(error: ProvisioningError | null): boolean {
  return error !== null && passingCodes.has(error.code);
}
