import { readFileSync } from 'node:fs';
import type { Node } from 'web-tree-sitter';
import type { BicepFile, DeclaredResource } from './bicep.ts';
import { literalOf, namedChildren, propertiesOf, root } from './bicep.ts';

/** What a property may be: one of these words, an object of properties (`!`: required), a list of one of them, or `map`: any names. */
type Shape = 'text' | 'number' | 'boolean' | 'map' | { readonly words: readonly string[] } | { readonly list: Shape } | { readonly of: Readonly<Record<string, Shape>> };

const texts: Shape = { list: 'text' };
const tracked = { 'name!': 'text', 'location!': 'text', tags: 'map' } as const;
const comparisons = ['Equals', 'GreaterThan', 'GreaterThanOrEqual', 'LessThan', 'LessThanOrEqual'] as const;
const aggregations = ['Average', 'Count', 'Maximum', 'Minimum', 'Total'] as const;
const dimension: Shape = { of: { 'name!': 'text', 'operator!': { words: ['Exclude', 'Include'] }, 'values!': texts } };

/**
 * Writable properties of the types that are published nowhere beside the checkout, read by hand in Azure/bicep-types-az, generated/…/types.md:
 * durabletask 2026-02-01 · monitor 2018-03-01 (metricAlerts), 2023-01-01 (actionGroups), 2023-12-01 (scheduledQueryRules) ·
 * applicationinsights 2023-06-01 (workbooks) · privatedns 2020-06-01 · resources 2024-11-01.
 */
const handRead: Readonly<Record<string, Readonly<Record<string, Shape>>>> = {
  'Microsoft.DurableTask/schedulers@2026-02-01': {
    ...tracked,
    properties: { of: { 'ipAllowlist!': texts, 'sku!': { of: { 'name!': { words: ['Consumption', 'Dedicated'] }, capacity: 'number' } }, publicNetworkAccess: { words: ['Disabled', 'Enabled'] } } },
  },
  'Microsoft.DurableTask/schedulers/taskHubs@2026-02-01': { 'name!': 'text', properties: { of: {} } },
  'Microsoft.DurableTask/schedulers/retentionPolicies@2026-02-01': {
    'name!': { words: ['default'] },
    properties: { of: { retentionPolicies: { list: { of: { orchestrationState: { words: ['Canceled', 'Completed', 'Failed', 'Terminated'] }, 'retentionPeriodInDays!': 'number' } } } } },
  },
  'Microsoft.Insights/actionGroups@2023-01-01': {
    ...tracked,
    properties: { of: { 'groupShortName!': 'text', 'enabled!': 'boolean', emailReceivers: { list: { of: { 'name!': 'text', 'emailAddress!': 'text', useCommonAlertSchema: 'boolean' } } } } },
  },
  'Microsoft.Insights/metricAlerts@2018-03-01': {
    ...tracked,
    'properties!': {
      of: {
        description: 'text', 'severity!': 'number', 'enabled!': 'boolean', 'scopes!': texts, 'evaluationFrequency!': 'text', 'windowSize!': 'text', targetResourceType: 'text', targetResourceRegion: 'text',
        autoMitigate: 'boolean', actions: { list: { of: { actionGroupId: 'text', webHookProperties: 'map' } } },
        'criteria!': {
          of: {
            'odata.type!': { words: ['Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'] },
            allOf: {
              list: {
                of: {
                  'name!': 'text', 'criterionType!': { words: ['StaticThresholdCriterion'] }, metricNamespace: 'text', 'metricName!': 'text', dimensions: { list: dimension }, 'timeAggregation!': { words: aggregations },
                  'operator!': { words: [...comparisons, 'NotEquals'] }, 'threshold!': 'number', skipMetricValidation: 'boolean',
                },
              },
            },
          },
        },
      },
    },
  },
  'Microsoft.Insights/scheduledQueryRules@2023-12-01': {
    ...tracked,
    kind: { words: ['LogAlert', 'LogToMetric'] },
    'properties!': {
      of: {
        displayName: 'text', description: 'text', severity: 'number', enabled: 'boolean', scopes: texts, evaluationFrequency: 'text', windowSize: 'text', overrideQueryTimeRange: 'text', muteActionsDuration: 'text',
        autoMitigate: 'boolean', skipQueryValidation: 'boolean', targetResourceTypes: texts, actions: { of: { actionGroups: texts, customProperties: 'map', actionProperties: 'map' } },
        criteria: {
          of: {
            allOf: {
              list: {
                of: {
                  query: 'text', metricMeasureColumn: 'text', resourceIdColumn: 'text', timeAggregation: { words: aggregations }, operator: { words: comparisons }, threshold: 'number', dimensions: { list: dimension },
                  failingPeriods: { of: { numberOfEvaluationPeriods: 'number', minFailingPeriodsToAlert: 'number' } },
                },
              },
            },
          },
        },
      },
    },
  },
  'Microsoft.Insights/workbooks@2023-06-01': {
    ...tracked,
    kind: { words: ['shared'] },
    properties: { of: { 'category!': 'text', 'displayName!': 'text', 'serializedData!': 'text', sourceId: 'text', version: 'text', description: 'text', storageUri: 'text' } },
  },
  'Microsoft.Network/privateDnsZones@2020-06-01': { 'name!': 'text', location: 'text', tags: 'map', etag: 'text', properties: { of: {} } },
  'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2020-06-01': {
    'name!': 'text', location: 'text', tags: 'map', etag: 'text', properties: { of: { registrationEnabled: 'boolean', virtualNetwork: { of: { id: 'text' } } } },
  },
  'Microsoft.Resources/resourceGroups@2024-11-01': { ...tracked, managedBy: 'text', properties: { of: {} } },
};

/** What is wrong with a resource by the shape that was read by hand; null when none was. */
export function findShapeFaults(file: BicepFile, { type, apiVersion, name, body }: DeclaredResource): readonly string[] | null {
  const shape = handRead[`${type}@${apiVersion}`];
  return shape === undefined ? null : faultsOf(body, { of: shape }, `${file.path} ${name}`);
}

function faultsOf(node: Node, shape: Shape, where: string): readonly string[] {
  if (typeof shape === 'string') return isOf(node, shape) ? [] : [`${where} is no ${shape}`];
  if ('words' in shape) {
    const text = literalOf(node);
    return text === null || shape.words.includes(text) ? [] : [`${where} is ${text}, published: ${shape.words.join(', ')}`];
  }
  if ('list' in shape) {
    const items = node.type === 'for_statement' ? namedChildren(node).slice(-1) : node.type === 'array' ? namedChildren(node) : [];
    return items.flatMap((item) => faultsOf(item, shape.list, `${where}[]`));
  }
  if (node.type !== 'object') return [];
  const given = propertiesOf(node).filter(({ key }) => !['parent', 'scope', 'dependsOn'].includes(key));
  const missing = Object.keys(shape.of).filter((key) => key.endsWith('!') && !given.some((each) => `${each.key}!` === key));
  return [
    ...missing.map((key) => `${where}.${key.slice(0, -1)} is missing`),
    ...given.flatMap(({ key, value }) => {
      const own = shape.of[key] ?? shape.of[`${key}!`];
      return own === undefined ? [`${where}.${key} is not published`] : faultsOf(value, own, `${where}.${key}`);
    }),
  ];
}

const kinds: ReadonlyMap<string, string> = new Map([['string', 'text'], ['number', 'number'], ['boolean', 'boolean'], ['object', 'map'], ['array', 'list']]);

/** Whether a literal is of a kind; what is reckoned at deployment may be anything. */
function isOf(node: Node, kind: 'text' | 'number' | 'boolean' | 'map'): boolean {
  const found = kinds.get(node.type);
  return found === undefined || found === kind;
}

/** Interfaces of the installed client of Azure's networks, which name every property a network resource may have. */
const networkModels = readInterfaces(['common', 'network'].map((part) => readFileSync(new URL(`node_modules/@azure/arm-network/dist/esm/models/${part}/models.d.ts`, root), 'utf8')).join('\n'));

const networkTypes: Readonly<Record<string, string>> = {
  'Microsoft.Network/natGateways': 'NatGateway',
  'Microsoft.Network/privateEndpoints': 'PrivateEndpoint',
  'Microsoft.Network/privateEndpoints/privateDnsZoneGroups': 'PrivateDnsZoneGroup',
  'Microsoft.Network/publicIPAddresses': 'PublicIPAddress',
  'Microsoft.Network/virtualNetworks': 'VirtualNetwork',
};

/** What is wrong with the names of a network resource by the models of `@azure/arm-network`; null for any other resource. */
export function findNetworkFaults(file: BicepFile, { type, name, body }: DeclaredResource): readonly string[] | null {
  const model = networkTypes[type];
  return model === undefined ? null : namesIn(body, model, `${file.path} ${name}`);
}

function namesIn(node: Node, model: string, where: string): readonly string[] {
  const known = networkModels.get(model);
  if (known === undefined) return [];
  return propertiesOf(node).flatMap(({ key, value }) => {
    if (['name', 'parent', 'location', 'tags', 'id'].includes(key)) return [];
    // The client lays the inner object flat: what the wire has below `properties` stands beside the rest.
    if (key === 'properties') return namesIn(value, model, `${where}.properties`);
    const next = known.get(key);
    if (next === undefined) return [`${where}.${key} is not published`];
    const inner = value.type === 'array' ? namedChildren(value) : [value];
    return inner.filter(({ type }) => type === 'object').flatMap((each) => namesIn(each, next, `${where}.${key}`));
  });
}

/** Interface → property → the interface of its value, lists laid open; what is only read is left out. */
function readInterfaces(text: string): ReadonlyMap<string, ReadonlyMap<string, string>> {
  return new Map(
    [...text.matchAll(/^export interface (\w+)[^{]*\{\n([^]*?)^\}/gm)].map(([, name, body]) => [
      name ?? '',
      new Map([...(body ?? '').matchAll(/^ {4}(\w+)\??: (\w+)(?:\[\])?;/gm)].map(([, key, type]) => [key ?? '', type ?? ''])),
    ]),
  );
}
