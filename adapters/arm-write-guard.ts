import type { Failure } from '../domain/failure.ts';
import { isRecord } from '../domain/json.ts';

/** What one PUT may differ in from the body that was read. Paths are dotted; `*` stands for any key or list position. */
export interface WriteAllowance {
  /** Fields that may be changed or added, never left out. */
  readonly changed: readonly string[];
  /** Fields that may be left out, with all below them. */
  readonly dropped: readonly string[];
}

/** Fields ARM shows and does not take, so a body may leave them out. Source: `@azure/arm-containerservice` 25.5.0, read but never sent by its models. */
const readOnlyFields: readonly string[] = [
  'id', 'name', 'type', 'eTag', 'systemData', 'identity.principalId', 'identity.tenantId',
  'identity.userAssignedIdentities.*.principalId', 'identity.userAssignedIdentities.*.clientId',
  'properties.eTag', 'properties.provisioningState', 'properties.currentOrchestratorVersion', 'properties.status',
  'properties.fqdn', 'properties.privateFQDN', 'properties.azurePortalFQDN', 'properties.currentKubernetesVersion',
  'properties.maxAgentPools', 'properties.resourceUID', 'properties.powerState',
  'properties.agentPoolProfiles.*.eTag', 'properties.agentPoolProfiles.*.provisioningState',
  'properties.agentPoolProfiles.*.currentOrchestratorVersion', 'properties.agentPoolProfiles.*.status',
  'properties.addonProfiles.*.identity', 'properties.oidcIssuerProfile.issuerURL',
  'properties.podIdentityProfile.userAssignedIdentities.*.provisioningInfo',
  'properties.podIdentityProfile.userAssignedIdentities.*.provisioningState',
  'properties.networkProfile.loadBalancerProfile.effectiveOutboundIPs',
  'properties.networkProfile.natGatewayProfile.effectiveOutboundIPs',
  'properties.privateLinkResources.*.privateLinkServiceID', 'properties.ingressProfile.webAppRouting.identity',
];

/** A field of a body; its path in parts, because keys (labels, ids of identities) hold dots. */
interface Difference {
  readonly path: readonly string[];
  readonly kind: 'dropped' | 'changed' | 'added';
}

/**
 * Judges a PUT body against the body that was read: null when it differs only as allowed.
 *
 * A field on the wire that our models do not know would silently vanish from the body, and the service may take that as
 * a wish (`unknown-field`); any other difference is a fault of the program (`unwanted-change`). A field that is null and
 * one that is absent are the same to ARM; so are two spellings of one moment.
 */
export function judgeWrite(read: unknown, sent: unknown, allowance: WriteAllowance): Failure | null {
  const differences = differencesOf(read, sent, []).filter(({ path, kind }) => {
    const allowed = kind === 'dropped' ? [...readOnlyFields, ...allowance.dropped] : allowance.changed;
    return !isCovered(path, allowed);
  });
  const dropped = differences.filter(({ kind }) => kind === 'dropped').map(({ path }) => path.join('.'));
  if (dropped.length > 0) return unknownFields(dropped);
  return differences.length > 0 ? unwantedChange(differences.map(({ path }) => path.join('.'))) : null;
}

function unknownFields(paths: readonly string[]): Failure {
  return {
    code: 'unknown-field',
    class: 'terminal',
    message: `Nothing was sent: the resource carries ${paths.join(', ')}, which this API version does not know and a write would drop.`,
    remedy: 'Upgrade this resource by hand, or with a release of Slackwater that knows the field.',
    retryAfterSeconds: null,
  };
}

function unwantedChange(paths: readonly string[]): Failure {
  return {
    code: 'unwanted-change',
    class: 'terminal',
    message: `Nothing was sent: the body would also change ${paths.join(', ')}.`,
    remedy: 'Report this message: it is a fault of the program.',
    retryAfterSeconds: null,
  };
}

function differencesOf(read: unknown, sent: unknown, path: readonly string[]): readonly Difference[] {
  if (Array.isArray(read) && Array.isArray(sent)) {
    if (read.length !== sent.length) return [{ path, kind: 'changed' }];
    return read.flatMap((item: unknown, index) => differencesOf(item, sent[index], [...path, String(index)]));
  }
  if ((isRecord(read) || isAbsent(read)) && (isRecord(sent) || isAbsent(sent))) {
    const keys = new Set([...Object.keys(read ?? {}), ...Object.keys(sent ?? {})]);
    // An object without fields has no leaf to report, so it stands for itself.
    if (keys.size === 0 && isAbsent(read) !== isAbsent(sent)) return [{ path, kind: isAbsent(read) ? 'added' : 'dropped' }];
    return [...keys].flatMap((key) => differencesOf(read?.[key], sent?.[key], [...path, key]));
  }
  if (isAbsent(read)) return [{ path, kind: 'added' }];
  if (isAbsent(sent)) return [{ path, kind: 'dropped' }];
  return isSameScalar(read, sent) ? [] : [{ path, kind: 'changed' }];
}

function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

function isSameScalar(read: unknown, sent: unknown): boolean {
  if (read === sent) return true;
  if (typeof read !== 'string' || typeof sent !== 'string' || !/^\d{4}-\d{2}-\d{2}T/.test(read)) return false;
  return Date.parse(read) === Date.parse(sent);
}

/** Whether `path` is one of the fields or lies below one. */
function isCovered(path: readonly string[], fields: readonly string[]): boolean {
  return fields.some((field) => {
    const wanted = field.split('.');
    return wanted.length <= path.length && wanted.every((part, index) => part === '*' || part === path[index]);
  });
}
