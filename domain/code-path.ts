import { readCodeTokens } from './code-token.ts';
import type { CodeToken } from './code-token.ts';
import type { DocumentStep } from './document-path.ts';

/** What a path may lead through: names with what they hold, items of a list, and values that stand for themselves. */
type CodeNode =
  | { readonly kind: 'map'; readonly entries: { readonly name: string; readonly node: CodeNode }[] }
  | { readonly kind: 'list'; readonly items: CodeNode[] }
  | { readonly kind: 'value'; readonly start: number; readonly end: number; readonly text: string }
  | { readonly kind: 'expression' };
type Holder = Extract<CodeNode, { kind: 'map' | 'list' }>;

/** Words of Bicep before the name of what they declare. */
const declarations: readonly string[] = ['param', 'var', 'resource', 'module', 'output'];

/**
 * Finds the one value a path leads to in Terraform or Bicep: where it is written, quotes included, or a clause why there is none.
 *
 * In Terraform blocks go by their type and labels (`resource.azurerm_kubernetes_cluster.main.kubernetes_version`), in Bicep
 * declarations by their name (`aks.properties.kubernetesVersion`). What an expression makes cannot be led through.
 */
export function findCodeValue(text: string, language: 'terraform' | 'bicep', steps: readonly DocumentStep[]): { readonly start: number; readonly end: number } | { readonly missing: string } {
  const found = steps.reduce<readonly CodeNode[]>(follow, [readTree(text, language)]);
  const [one] = found;
  if (one === undefined) return { missing: 'the path leads nowhere' };
  if (found.length > 1) return { missing: 'the path leads to several places' };
  if (one.kind === 'expression') return { missing: 'it is a variable or an expression' };
  return one.kind === 'value' ? { start: one.start, end: one.end } : { missing: 'the path leads to no single value' };
}

function follow(nodes: readonly CodeNode[], step: DocumentStep): readonly CodeNode[] {
  if (typeof step === 'string') return nodes.flatMap((node) => (node.kind === 'map' ? node.entries.filter(({ name }) => name === step).map((entry) => entry.node) : []));
  // Blocks of one name that follow each other are a list, too.
  const items = nodes.flatMap((node) => (node.kind === 'list' ? node.items : [node]));
  if (typeof step === 'number') return items.slice(step, step + 1);
  return items.filter((item) => item.kind === 'map' && item.entries.some(({ name, node }) => name === step.field && node.kind === 'value' && node.text === step.value));
}

function readTree(text: string, language: 'terraform' | 'bicep'): CodeNode {
  const root: Holder = { kind: 'map', entries: [] };
  const stack: Holder[] = [root];
  const tokens = readCodeTokens(text, language);
  let header: string[] = [];
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index];
    const holder = stack.at(-1) ?? root;
    if (token === undefined) break;
    const sign = token.kind === 'sign' ? text[token.start] : '';
    if (sign === '}' || sign === ']') {
      if (stack.length > 1) stack.pop();
      header = [];
    } else if (token.kind === 'end' || sign === ',') header = [];
    else if (sign === '=' || sign === ':' || sign === '{' || holder.kind === 'list') {
      const names = holder.kind === 'list' ? [] : namesOf(header, language);
      const at = (sign === '=' || sign === ':') && holder.kind === 'map' ? index + 1 : index;
      const value = readValue(text, tokens, at);
      attach(holder, names, value.node);
      if (value.node.kind === 'map' || value.node.kind === 'list') stack.push(value.node);
      index = value.next - 1;
      header = [];
    } else header.push(token.kind === 'text' ? text.slice(token.start + 1, token.end - 1) : text.slice(token.start, token.end));
  }
  return root;
}

function namesOf(header: readonly string[], language: 'terraform' | 'bicep'): readonly string[] {
  const [first = '', second] = header;
  if (language === 'terraform') return header;
  return declarations.includes(first) && second !== undefined ? [second] : [first];
}

/** Puts a node below its names, each a map of its own. */
function attach(holder: Holder, names: readonly string[], node: CodeNode): void {
  if (holder.kind === 'list') return void holder.items.push(node);
  const [name = '', ...rest] = names;
  if (rest.length === 0) return void holder.entries.push({ name, node });
  const below: Holder = { kind: 'map', entries: [] };
  holder.entries.push({ name, node: below });
  attach(below, rest, node);
}

/** The value that begins at a token. `next` is the token to go on with: within a map or list, else what ends the value. */
function readValue(text: string, tokens: readonly CodeToken[], at: number): { readonly node: CodeNode; readonly next: number } {
  const first = tokens[at];
  const sign = first?.kind === 'sign' ? text[first.start] : '';
  if (sign === '{') return { node: { kind: 'map', entries: [] }, next: at + 1 };
  if (sign === '[') return { node: { kind: 'list', items: [] }, next: at + 1 };
  const next = valueEnd(text, tokens, at);
  const isAlone = first !== undefined && next === at + 1 && (first.kind === 'text' || first.kind === 'word');
  if (!isAlone) return { node: { kind: 'expression' }, next: Math.max(next, at + 1) };
  const written = text.slice(first.start, first.end);
  return { node: { kind: 'value', start: first.start, end: first.end, text: first.kind === 'text' ? written.slice(1, -1) : written }, next };
}

/** Where an expression ends: at a line's end, a comma or a closing bracket that is not within brackets of its own. */
function valueEnd(text: string, tokens: readonly CodeToken[], from: number): number {
  let depth = 0;
  for (let index = from; index < tokens.length; index += 1) {
    const token = tokens[index];
    const sign = token?.kind === 'sign' ? (text[token.start] ?? '') : '';
    if (depth === 0 && (token?.kind === 'end' || (sign !== '' && ',}])'.includes(sign)))) return index;
    if (sign !== '' && '([{'.includes(sign)) depth += 1;
    if (sign !== '' && ')]}'.includes(sign)) depth -= 1;
  }
  return tokens.length;
}
