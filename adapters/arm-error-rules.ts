import type { FailureClass } from '../domain/failure.ts';

/** How one code of ARM or AKS is met. */
export interface ArmErrorRule {
  readonly class: FailureClass;
  readonly remedy: string;
}

/** Codes that share one rule, as the AKS support pages group them. */
const groups: readonly { readonly codes: readonly string[]; readonly rule: ArmErrorRule }[] = [
  rule('transient', 'Wait as long as the service asks; fewer clusters in one window keep below the limit.', [
    'Throttled', 'TooManyRequests', 'SubscriptionRequestsThrottled',
  ]),
  rule('conflict', 'Another operation runs or the resource moved: it is read again before anything is sent.', [
    'OperationNotAllowed', 'PreConditionFailed', 'PreconditionFailed', 'AnotherOperationInProgress', 'Conflict',
    'EtagMismatch', 'RequestConflict',
  ]),
  rule('conflict', 'A newer operation replaced ours: look at what runs now and decide.', ['AKSOperationPreempted']),
  rule('terminal', 'The resource is being deleted; take it out of the policy.', ['AKSOperationPreemptedByDelete']),
  rule('transient', 'Sent once more; if it comes again, open a support request with the operation id.', [
    'InternalOperationError', 'InternalServerError', 'ServiceUnavailable', 'TimedoutOrCancelled', 'ReconcileMachineFailed',
    'AgentCountNotMatch', 'GatewayTimeout', 'ServerTimeout',
  ]),
  rule('terminal', 'Raise the quota, lower maxSurge, or upgrade in place with maxUnavailable.', [
    'QuotaExceeded', 'ResourceGroupQuotaExceeded', 'PublicIPCountLimitReached',
    'PublicIpPrefixOutOfIpAddressesForVMScaleSet', 'ManagedClusterCountExceedsQuotaLimit',
  ]),
  rule('terminal', 'Give the subnet more addresses, lower maxSurge, or upgrade in place with maxUnavailable.', [
    'SubnetIsFull', 'InsufficientSubnetSize',
  ]),
  rule('transient', 'Azure has no such machines now: later, with a lower maxSurge, or with maxUnavailable instead.', [
    'AllocationFailed', 'ZonalAllocationFailed', 'SkuNotAvailable', 'OverconstrainedAllocationRequest',
    'OverconstrainedZonalAllocationRequest',
  ]),
  rule('terminal', 'The region has no room for AKS now: another region, or later.', ['AksCapacityHeavyUsage', 'AKSCapacityError']),
  rule('terminal', 'Give the load balancer profile enough outbound ports for nodes and surge nodes together.', [
    'InvalidLoadBalancerProfileAllocatedOutboundPorts',
  ]),
  rule('terminal', 'A disruption budget or a stuck pod held the drain: mend it, then the same upgrade resumes.', [
    'UpgradeFailed', 'PodDrainFailure',
  ]),
  rule('terminal', 'A disruption budget with maxUnavailable 0 can never allow a drain: change it.', ['UnsatisfiablePDB']),
  rule('terminal', 'Move the callers off the removed API and wait twelve hours; forcing would bypass disruption budgets.', [
    'UpgradeBlockedOnDeprecatedAPIUsage',
  ]),
  rule('terminal', 'The cluster\'s node disruption policy forbids it now; it may pass in the next window.', [
    'OperationBlockedByNodeDisruptionPolicy', 'OperationOutsideNodeDisruptionWindow',
  ]),
  rule('transient', 'Sent once more after the nodes were looked at; check their outbound access.', [
    'NodesNotReady', 'UpgradeNodesNotRegistered',
  ]),
  rule('transient', 'The API server is not healthy: look at its load and at admission webhooks.', ['ControlPlaneAPIServerNotReady']),
  rule('terminal', 'Nodes have no outbound access: check firewall, network security groups and routes.', [
    'VMExtensionProvisioningError', 'OutboundConnFailVMExtensionError',
  ]),
  rule('terminal', 'Nodes cannot reach the API server: check routes, authorized address ranges and private DNS.', [
    'K8SAPIServerConnFailVMExtensionError',
  ]),
  rule('terminal', 'Nodes cannot resolve the API server: check the private DNS link and the DNS servers.', [
    'K8SAPIServerDNSLookupFailVMExtensionError',
  ]),
  rule('transient', 'Downloads on the node were too slow; check its outbound access.', ['VMExtensionProvisioningTimeout']),
  rule('transient', 'The node image was missing: sent once more; then a newer image or a support request.', ['VHDFileNotFound']),
  rule('terminal', 'Remove the lock, or exempt the node resource group from the policy.', [
    'RequestDisallowedByPolicy', 'ResourceLocked', 'ScopeLocked',
  ]),
  rule('terminal', 'A network resource is missing or broken: repair it.', [
    'InvalidResourceReference', 'CreateOrUpdateVirtualNetworkLinkFailed',
  ]),
  rule('terminal', 'Grant the role of the installation guide to the identity; it takes up to five minutes to spread.', [
    'AuthorizationFailed', 'LinkedAuthorizationFailed',
  ]),
  rule('terminal', 'Rotate the secret of the cluster\'s service principal.', ['AADSTS7000222']),
  rule('terminal', 'Register the resource provider in the subscription.', [
    'MissingSubscriptionRegistration', 'SubscriptionNotRegistered',
  ]),
  rule('terminal', 'The subscription is disabled: ask its owner.', ['ReadOnlyDisabledSubscription']),
  rule('terminal', 'The request was refused as wrong: plan again from the versions AKS offers now.', [
    'InvalidParameter', 'ValidationError', 'AgentPoolUpgradeVersionNotAllowed', 'K8sVersionNotSupported',
    'NodePoolMcVersionIncompatible', 'BadRequest',
  ]),
  rule('terminal', 'The request was malformed, which is a fault of the program: report it.', [
    'NotAllAgentPoolOrchestratorVersionSpecifiedAndUnchanged',
  ]),
  rule('terminal', 'Check the resource id in the policy.', ['ResourceNotFound', 'ResourceGroupNotFound', 'NotFound', 'SubscriptionNotFound']),
];

/** Code → how it is met. Source: AKS support, "failed state" article (2026-09-15) and its error-code pages. */
export const armErrorRules: ReadonlyMap<string, ArmErrorRule> = new Map(
  groups.flatMap(({ codes, rule: shared }) => codes.map((code) => [code, shared])),
);

function rule(
  failureClass: FailureClass,
  remedy: string,
  codes: readonly string[],
): { readonly codes: readonly string[]; readonly rule: ArmErrorRule } {
  return { codes, rule: { class: failureClass, remedy } };
}
