import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classifyArmAnswer, classifyBrokenCall, readRetryAfterSeconds } from '../../adapters/arm-failure.ts';
import type { FailureClass } from '../../domain/failure.ts';

function classify(status: number, body: unknown, headers: Record<string, string> = {}) {
  return classifyArmAnswer({ status, headers, body });
}

test('a code named like a built-in of objects is unknown, not a rule', () => {
  for (const code of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
    const failure = classify(400, { code, message: 'text' });
    const nested = classify(400, { code: 'Wrapped', message: `Code="${code}" Message="x"` });

    assert.deepEqual([failure.class, typeof failure.remedy, failure.code], ['terminal', 'string', code]);
    assert.deepEqual([nested.class, typeof nested.remedy, nested.code], ['terminal', 'string', 'Wrapped']);
  }
});

/** Every row of the published tables: codes, how they are met. Status 400 or 409, so that the code decides. */
const rows: readonly (readonly [FailureClass, readonly string[]])[] = [
  ['transient', ['Throttled', 'TooManyRequests', 'SubscriptionRequestsThrottled']],
  ['conflict', ['OperationNotAllowed', 'PreConditionFailed', 'AKSOperationPreempted']],
  ['terminal', ['AKSOperationPreemptedByDelete']],
  ['transient', ['InternalOperationError', 'ServiceUnavailable', 'TimedoutOrCancelled', 'ReconcileMachineFailed', 'AgentCountNotMatch']],
  ['terminal', ['QuotaExceeded', 'ResourceGroupQuotaExceeded', 'PublicIPCountLimitReached', 'PublicIpPrefixOutOfIpAddressesForVMScaleSet', 'ManagedClusterCountExceedsQuotaLimit']],
  ['terminal', ['SubnetIsFull', 'InsufficientSubnetSize']],
  ['transient', ['AllocationFailed', 'ZonalAllocationFailed', 'SkuNotAvailable', 'OverconstrainedAllocationRequest', 'OverconstrainedZonalAllocationRequest']],
  ['terminal', ['AksCapacityHeavyUsage', 'AKSCapacityError']],
  ['terminal', ['InvalidLoadBalancerProfileAllocatedOutboundPorts']],
  ['terminal', ['UpgradeFailed', 'PodDrainFailure', 'UnsatisfiablePDB', 'UpgradeBlockedOnDeprecatedAPIUsage']],
  ['terminal', ['OperationBlockedByNodeDisruptionPolicy', 'OperationOutsideNodeDisruptionWindow']],
  ['transient', ['NodesNotReady', 'UpgradeNodesNotRegistered', 'ControlPlaneAPIServerNotReady']],
  ['terminal', ['VMExtensionProvisioningError', 'OutboundConnFailVMExtensionError', 'K8SAPIServerConnFailVMExtensionError', 'K8SAPIServerDNSLookupFailVMExtensionError']],
  ['transient', ['K8SDownloadTimeoutVMExtensionError', 'CniDownloadTimeoutVMExtensionError', 'VMExtensionProvisioningTimeout', 'VHDFileNotFound']],
  ['terminal', ['RequestDisallowedByPolicy', 'ResourceLocked', 'ScopeLocked', 'InvalidResourceReference', 'CreateOrUpdateVirtualNetworkLinkFailed']],
  ['terminal', ['AuthorizationFailed', 'LinkedAuthorizationFailed', 'AADSTS7000222', 'MissingSubscriptionRegistration', 'SubscriptionNotRegistered', 'ReadOnlyDisabledSubscription']],
  ['terminal', ['InvalidParameter', 'ValidationError', 'AgentPoolUpgradeVersionNotAllowed', 'K8sVersionNotSupported', 'NodePoolMcVersionIncompatible']],
  ['terminal', ['NotAllAgentPoolOrchestratorVersionSpecifiedAndUnchanged', 'ReconcilePDBFailed', 'SomethingNobodyKnows']],
];

test('each documented code is met as Azure documents it, in both error shapes; an unknown one stops the run', () => {
  for (const [expected, codes] of rows) {
    for (const code of codes) {
      const bare = classify(400, { code, message: 'text' });
      const wrapped = classify(400, { error: { code, message: 'text' } });

      assert.deepEqual([bare.class, bare.code, bare.message], [expected, code, 'text'], code);
      assert.deepEqual(wrapped, bare);
      assert.notEqual(bare.remedy, '');
    }
  }
});

test('texts that say more than their code decide: conflict, quota, version, drain, deprecated API, abort too late', () => {
  const cases = [
    [409, 'OperationNotAllowed', 'Operation is not allowed: Another operation (Upgrading) is in progress, please wait', 'OperationNotAllowed', 'conflict'],
    [409, 'OperationNotAllowed', 'Another agentpool operation (Scaling) is in progress', 'OperationNotAllowed', 'conflict'],
    [400, 'BadRequest', 'managed cluster is in Provisioning State(Updating)', 'BadRequest', 'conflict'],
    [400, 'OperationNotAllowed', 'Cancel operation is not allowed when the ProvisioningState is Failed', 'OperationNotAllowed', 'conflict'],
    [409, 'OperationNotAllowed', 'Operation results in exceeding quota limits of Core. Maximum allowed: 450, Current in use: 449', 'QuotaExceeded', 'terminal'],
    [400, 'ErrCode', 'Insufficient vcpu quota requested 6, remaining 4 for family standardDSv3', 'QuotaExceeded', 'terminal'],
    [429, 'OperationNotAllowed', 'The server rejected the request because too many requests have been received', 'OperationNotAllowed', 'transient'],
    [400, 'BadRequest', 'Upgrading Kubernetes version 1.33.1 to 1.35.0 is not allowed. Available upgrades: [1.34.2]', 'AgentPoolUpgradeVersionNotAllowed', 'terminal'],
    [400, 'UpgradeVMSSAgentPoolFailed', 'Drain node aks-apps-1 failed when evicting pod p failed with Too Many Requests error.', 'PodDrainFailure', 'terminal'],
    [400, 'ValidationError', 'Control Plane upgrade is blocked due to recent usage of a Kubernetes API deprecated in the specified version.', 'UpgradeBlockedOnDeprecatedAPIUsage', 'terminal'],
  ] as const;
  for (const [status, code, message, expectedCode, expectedClass] of cases) {
    const failure = classify(status, { code, message });

    assert.deepEqual([failure.code, failure.class], [expectedCode, expectedClass], message);
  }
});

test('the innermost known code decides, found in details, innererror, subcode and reconciler text', () => {
  const details = classify(400, {
    error: { code: 'CreateVMSSAgentPoolFailed', message: 'outer', details: [{ code: 'AllocationFailed', message: 'inner' }] },
  });
  const inner = classify(400, { code: 'InvalidParameter', message: 'a', innererror: { code: 'SubnetIsFull', message: 'b' } });
  const subcode = classify(400, { code: 'ValidationError', subcode: 'UpgradeBlockedOnDeprecatedAPIUsage', message: 'x' });
  const text = 'Category: ClientError; SubCode: LinkedAuthorizationFailed; Dependency: ARM; AKSTeam: NodeProvisioning, Retriable: true';
  const reconciler = classify(400, { code: 'ReconcileVMSSAgentPoolFailed', message: text });
  const quoted = classify(400, { code: 'Wrapper', message: "retry failed: Code='SubnetIsFull' Message='no room'" });

  assert.deepEqual([details.code, details.class, details.message], ['AllocationFailed', 'transient', 'outer · inner']);
  assert.equal(inner.code, 'SubnetIsFull');
  assert.equal(subcode.code, 'UpgradeBlockedOnDeprecatedAPIUsage');
  assert.deepEqual([reconciler.code, reconciler.class], ['LinkedAuthorizationFailed', 'terminal']);
  assert.equal(quoted.code, 'SubnetIsFull');
});

test('without a code the status decides, and a body of any kind is survived', () => {
  const cases = [
    [401, '', 'terminal'], [403, null, 'terminal'], [404, {}, 'terminal'], [408, '', 'transient'], [409, '', 'conflict'],
    [412, '', 'conflict'], [418, [], 'terminal'], [429, 'slow', 'transient'], [500, '<html>', 'transient'],
    [502, '', 'transient'], [504, undefined, 'transient'], [302, '', 'unreadable'],
  ] as const;
  for (const [status, body, expected] of cases) {
    const failure = classify(status, body);

    assert.deepEqual([failure.code, failure.class], [`http-${status}`, expected]);
    assert.match(failure.message, new RegExp(String(status)));
  }
});

test('Retry-After is read as seconds, as a date against the answer\'s own, and in milliseconds', () => {
  const date = 'Sat, 07 Nov 2026 21:00:00 GMT';
  const cases: readonly (readonly [Record<string, string>, number | null])[] = [
    [{ 'retry-after': '37' }, 37],
    [{ 'retry-after': '0.4' }, 1],
    [{ 'retry-after': 'Sat, 07 Nov 2026 21:01:30 GMT', date }, 90],
    [{ 'retry-after': 'Sat, 07 Nov 2026 20:00:00 GMT', date }, 0],
    [{ 'retry-after': 'Sat, 07 Nov 2026 21:01:30 GMT' }, null],
    [{ 'retry-after': 'soon' }, null],
    [{ 'x-ms-retry-after-ms': '1500', 'retry-after': '9' }, 2],
    [{}, null],
  ];
  for (const [headers, expected] of cases) assert.equal(readRetryAfterSeconds(headers), expected, JSON.stringify(headers));
});

test('a broken connection and a time limit may be repeated, a missing identity and a fault of ours may not', () => {
  const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  const wrapped = new Error('fetch failed', { cause: reset });
  const late = Object.assign(new Error('aborted'), { name: 'AbortError' });
  const identity = Object.assign(new Error('no managed identity'), { name: 'CredentialUnavailableError' });

  const seen = [reset, wrapped, late, identity, new TypeError('x is undefined'), 'text'].map((thrown) => {
    const { code, class: failureClass } = classifyBrokenCall(thrown);
    return [code, failureClass];
  });

  assert.deepEqual(seen, [
    ['no-connection', 'transient'],
    ['no-connection', 'transient'],
    ['time-limit', 'transient'],
    ['no-token', 'terminal'],
    ['unexpected-error', 'unreadable'],
    ['unexpected-error', 'unreadable'],
  ]);
});
