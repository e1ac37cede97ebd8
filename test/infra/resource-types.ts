import { existsSync, readFileSync } from 'node:fs';
import type { Node } from 'web-tree-sitter';
import { isRecord } from '../../domain/json.ts';
import { sharedMaterial } from '../shared-material.ts';
import type { BicepFile, DeclaredResource } from './bicep.ts';
import { literalOf, namedChildren, propertiesOf } from './bicep.ts';

/** Published Bicep types that may lie beside the checkout. */
export const published = sharedMaterial('contracts/infrastructure/');

/** Flags of a property (facts: Azure/bicep-types, ObjectTypePropertyFlags). */
const required = 1;
const readOnly = 2;

const files: Readonly<Record<string, string>> = {
  'microsoft.authorization': 'authorization.json',
  'microsoft.containerservice': 'containerservice_1.json',
  'microsoft.eventgrid': 'eventgrid.json',
  'microsoft.insights': 'applicationinsights.json',
  'microsoft.keyvault': 'keyvault.json',
  'microsoft.managedidentity': 'msi.json',
  'microsoft.operationalinsights': 'operationalinsights.json',
  'microsoft.servicebus': 'servicebus.json',
  'microsoft.storage': 'storage.json',
  'microsoft.web': 'web.json',
};

/** What is wrong with a resource by its published type; null when no type of its provider and version is published here. */
export function findTypeFaults(file: BicepFile, resource: DeclaredResource): readonly string[] | null {
  const provider = resource.type.slice(0, resource.type.indexOf('/')).toLowerCase();
  const url = new URL(`bicep-types/${provider}/${resource.apiVersion}/${files[provider] ?? 'none'}`, published.url);
  if (!existsSync(url)) return null;
  const types: unknown = JSON.parse(readFileSync(url, 'utf8'));
  if (!Array.isArray(types)) throw new Error(`${url.pathname} is no list.`);
  const where = `${file.path} ${resource.name}`;
  const wanted = `${resource.type}@${resource.apiVersion}`.toLowerCase();
  const found: unknown = types.find((each: unknown) => textAt(each, '$type') === 'ResourceType' && textAt(each, 'name').toLowerCase() === wanted);
  // A provider's file of one version does not hold every type of it.
  if (found === undefined) return provider === 'microsoft.insights' ? null : [`${where}: ${wanted} is not published`];
  const check = new TypeCheck(types, file);
  check.value(resource.body, check.typeAt(found, 'body'), where, resource.isExisting ? 'looked-up' : 'made');
  return check.faults;
}

function textAt(value: unknown, key: string): string {
  const text = isRecord(value) ? value[key] : undefined;
  return typeof text === 'string' ? text : '';
}

/** Words Bicep itself understands in every resource. */
const ofBicep = new Set(['parent', 'scope', 'dependsOn']);

class TypeCheck {
  readonly faults: string[] = [];
  readonly #types: readonly unknown[];
  readonly #file: BicepFile;

  constructor(types: readonly unknown[], file: BicepFile) {
    this.#types = types;
    this.#file = file;
  }

  typeAt(holder: unknown, key: string): unknown {
    const reference = isRecord(holder) ? holder[key] : undefined;
    const target = textAt(reference, '$ref');
    return target === '' ? undefined : this.#types[Number(target.slice(2))];
  }

  value(node: Node, type: unknown, where: string, use: 'made' | 'looked-up' | 'within'): void {
    for (const each of this.#resolve(node)) this.#resolved(each, type, where, use);
  }

  /** What an expression may be: both sides of a condition, the body of a loop, the value of a variable. */
  #resolve(node: Node): readonly Node[] {
    const children = namedChildren(node);
    if (node.type === 'parenthesized_expression') return children.flatMap((child) => this.#resolve(child));
    if (node.type === 'ternary_expression') return children.slice(1).flatMap((child) => this.#resolve(child));
    if (node.type === 'identifier') {
      const value = this.#file.variables.find(({ name }) => name === node.text)?.node;
      const last = value === undefined ? undefined : namedChildren(value).at(-1);
      return last === undefined ? [] : this.#resolve(last);
    }
    return [node];
  }

  #resolved(node: Node, type: unknown, where: string, use: 'made' | 'looked-up' | 'within'): void {
    const kind = textAt(type, '$type');
    if (node.type === 'object' && (kind === 'ObjectType' || kind === 'DiscriminatedObjectType')) this.#object(node, type, where, use);
    else if (node.type === 'object' && kind !== 'AnyType' && kind !== 'UnionType') this.faults.push(`${where} is an object, published as ${kind}`);
    else if ((node.type === 'array' || node.type === 'for_statement') && kind === 'ArrayType') this.#list(node, this.typeAt(type, 'itemType'), where);
    else if (node.type === 'string') this.#text(node, type, where);
    else if (node.type === 'boolean' && kind !== 'BooleanType' && kind !== 'AnyType') this.faults.push(`${where} is a boolean, published as ${kind}`);
  }

  #list(node: Node, item: unknown, where: string): void {
    const children = node.type === 'for_statement' ? namedChildren(node).slice(-1) : namedChildren(node);
    for (const child of children) {
      if (child.type === 'for_statement') this.#list(child, item, where);
      else this.value(child, item, `${where}[]`, 'within');
    }
  }

  #text(node: Node, type: unknown, where: string): void {
    const text = literalOf(node);
    const members = textAt(type, '$type') === 'UnionType' && isRecord(type) && Array.isArray(type['elements']) ? type['elements'] : [type];
    const kinds = members.map((member: unknown) => (isRecord(member) && '$ref' in member ? this.#types[Number(textAt(member, '$ref').slice(2))] : member));
    if (kinds.some((kind) => ['StringType', 'AnyType'].includes(textAt(kind, '$type')))) return;
    const literals = kinds.filter((kind) => textAt(kind, '$type') === 'StringLiteralType').map((kind) => textAt(kind, 'value'));
    if (literals.length === 0) this.faults.push(`${where} is text, published as ${textAt(type, '$type')}`);
    else if (text !== null && !literals.includes(text)) this.faults.push(`${where} is ${text}, published: ${literals.join(', ')}`);
  }

  #object(node: Node, type: unknown, where: string, use: 'made' | 'looked-up' | 'within'): void {
    const known = this.#propertiesOf(node, type);
    const rest = this.typeAt(type, 'additionalProperties');
    for (const { key, value } of propertiesOf(node)) {
      if (use !== 'within' && ofBicep.has(key)) continue;
      const property = known[key];
      if (property === undefined) {
        if (rest === undefined) this.faults.push(`${where}.${key} is not published`);
        else this.value(value, rest, `${where}.${key}`, 'within');
        continue;
      }
      if ((flagsOf(property) & readOnly) !== 0 && (flagsOf(property) & required) === 0) this.faults.push(`${where}.${key} cannot be set`);
      this.value(value, this.typeAt(property, 'type'), `${where}.${key}`, 'within');
    }
    if (use === 'looked-up') return;
    const present = new Set(propertiesOf(node).map(({ key }) => key));
    for (const [key, property] of Object.entries(known)) {
      if ((flagsOf(property) & required) !== 0 && (flagsOf(property) & readOnly) === 0 && !present.has(key)) this.faults.push(`${where}.${key} is missing`);
    }
  }

  #propertiesOf(node: Node, type: unknown): Readonly<Record<string, unknown>> {
    const own = isRecord(type) && isRecord(type['properties']) ? type['properties'] : {};
    if (textAt(type, '$type') !== 'DiscriminatedObjectType' || !isRecord(type)) return own;
    const base = isRecord(type['baseProperties']) ? type['baseProperties'] : {};
    const chosen = literalOf(propertiesOf(node).find(({ key }) => key === textAt(type, 'discriminator'))?.value);
    const element = isRecord(type['elements']) && chosen !== null ? this.typeAt(type['elements'], chosen) : undefined;
    if (element === undefined) this.faults.push(`${node.text.slice(0, 60)}: ${chosen ?? 'nothing'} is no published ${textAt(type, 'name')}`);
    return { ...base, ...(isRecord(element) && isRecord(element['properties']) ? element['properties'] : {}) };
  }
}

function flagsOf(property: unknown): number {
  const flags = isRecord(property) ? property['flags'] : undefined;
  return typeof flags === 'number' ? flags : 0;
}
