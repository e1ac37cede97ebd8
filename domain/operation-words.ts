/** What an error of Azure's means in plain words, and what somebody can do. */
export interface OperationWords {
  /** A clause without a full stop. */
  readonly meaning: string;
  /** A sentence. */
  readonly needed: string;
}

/** How a sentence begins that tells of an operation which Azure calls done while nodes are old. */
export const CLAIMED_DONE = 'Azure says Succeeded';

interface Explanation extends OperationWords {
  readonly pattern: RegExp;
}

/**
 * Errors that operators meet in upgrades, by their codes or the words around them (facts: AKS support articles on
 * `AllocationFailed`, `OverconstrainedZonalAllocationRequest`, `QuotaExceeded`, `SubnetIsFull`, `VMExtensionError_*`).
 */
const explanations: readonly Explanation[] = [
  {
    pattern: /Overconstrained\w*AllocationRequest|ZonalAllocationFailed/,
    meaning: 'Azure has no machines of that size left in a zone: capacity, neither quota nor a budget',
    needed: 'Try again later in this window with maxSurge 1, or upgrade in place (maxUnavailable) only where spare room is proven.',
  },
  {
    pattern: /\bAllocationFailed|SkuNotAvailable|Allocation failed/,
    meaning: 'Azure has no machines of that size left in the region: capacity, neither quota nor a budget',
    needed: 'Try again later in this window with maxSurge 1, or upgrade in place (maxUnavailable) only where spare room is proven.',
  },
  {
    pattern: /K8SAPIServer(?:Conn|DNSLookup)Fail|OutboundConnFail|VMExtensionError_(?:Outbound|\w*Conn)\w*/,
    meaning: 'new machines cannot reach the API server; old ones are untouched',
    needed: 'Look at what the network lets new machines reach (egress rules, firewall, DNS), not at budgets; prove it with one new node before the next try.',
  },
  { pattern: /QuotaExceeded|exceeding approved .* quota/i, meaning: 'the vCPU quota has no room for the surge nodes', needed: 'Ask for more quota, or set a smaller maxSurge.' },
  { pattern: /SubnetIsFull|InsufficientSubnetSize|Pre-allocated IPs/i, meaning: 'the subnet has no addresses left for the surge nodes', needed: 'Free addresses, or set a smaller maxSurge.' },
  { pattern: /ScopeLocked|is locked, please remove lock/i, meaning: 'a lock keeps Azure from changing the nodes', needed: 'Ask who set the lock; nobody here takes it off.' },
];

/** The plain words for what Azure said; null where nothing is known about it. */
export function explainOperation(text: string): OperationWords | null {
  return explanations.find(({ pattern }) => pattern.test(text)) ?? null;
}
