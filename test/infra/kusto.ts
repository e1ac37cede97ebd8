import { createRequire } from 'node:module';
import { isRecord, parseJson, recordAt, recordsAt, textAt } from '../../domain/json.ts';
import { readBicepFiles, readText } from './bicep.ts';

/**
 * Columns that every `App…` table of a workspace has, and those of each (facts: Azure Monitor Logs reference, MicrosoftDocs/azure-monitor-docs
 * articles/azure-monitor/reference/tables/app*.md, 2026-07-27; AppRequests and AppMetrics as of 2025-02).
 */
const common =
  'AppRoleInstance:string, AppRoleName:string, AppVersion:string, _BilledSize:real, ClientBrowser:string, ClientCity:string, ClientCountryOrRegion:string, ClientIP:string, ' +
  'ClientModel:string, ClientOS:string, ClientStateOrProvince:string, ClientType:string, IKey:string, _IsBillable:string, ItemCount:int, Measurements:dynamic, OperationId:string, ' +
  'OperationName:string, ParentId:string, Properties:dynamic, ResourceGUID:string, _ResourceId:string, SDKVersion:string, SessionId:string, SourceSystem:string, ' +
  '_SubscriptionId:string, SyntheticSource:string, TenantId:string, TimeGenerated:datetime, Type:string, UserAccountId:string, UserAuthenticatedId:string, UserId:string';
const tables = {
  AppTraces: 'Message:string, ReferencedItemId:string, ReferencedType:string, SeverityLevel:int',
  AppRequests: 'DurationMs:real, Id:string, Name:string, PerformanceBucket:string, ReferencedItemId:string, ReferencedType:string, ResultCode:string, Source:string, Success:bool, Url:string',
  AppExceptions:
    'Assembly:string, Details:dynamic, ExceptionType:string, HandledAt:string, InnermostAssembly:string, InnermostMessage:string, InnermostMethod:string, InnermostType:string, Message:string, ' +
    'Method:string, OuterAssembly:string, OuterMessage:string, OuterMethod:string, OuterType:string, ProblemId:string, SeverityLevel:int',
  AppDependencies: 'Data:string, DependencyType:string, DurationMs:real, Id:string, Name:string, ReferencedItemId:string, ReferencedType:string, ResultCode:string, Success:bool, Target:string',
  AppMetrics: 'Max:real, Min:real, Name:string, Sum:real',
} as const;

/** A query, and where it stands. */
export interface PlacedQuery {
  readonly where: string;
  readonly text: string;
}

/** What a query reads and gives, and what is wrong with it. */
export interface ReadQuery {
  readonly faults: readonly string[];
  /** Columns of its result. */
  readonly columns: readonly string[];
  /** Texts it looks for. */
  readonly literals: readonly string[];
}

/** Every query of alerts, workbook and pages. What Bicep fills in at deployment is filled in with a time here. */
export function readQueries(): readonly PlacedQuery[] {
  const alerts = readBicepFiles().flatMap(({ path, text }) => {
    const variables = new Map([...text.matchAll(/^var (\w+) = '(.*)'$/gm)].map(([, name, value]) => [name ?? '', value ?? '']));
    return [...text.matchAll(/name: '([\w-]+)'(?:\n(?! *name:).*)*?\n +query: '(.*)'$/gm)].map(([, name, query]) => ({ where: `${path} ${name ?? ''}`, text: fillIn(query ?? '', variables) }));
  });
  const pages = ['docs/operations.md', 'docs/deploy.md', 'README.md'].flatMap((path) =>
    [...readText(path).matchAll(/```kusto\n([^]*?)```/g)].map(([, query], index) => ({ where: `${path} ${index + 1}`, text: query ?? '' })),
  );
  return [...alerts, ...readWorkbookQueries(parseJson(readText('infra/workbook.json'))), ...pages];
}

function readWorkbookQueries(workbook: unknown): readonly PlacedQuery[] {
  return recordsAt(workbook, 'items').flatMap((item) => {
    const content = recordAt(item, 'content');
    const query = textAt(content, 'query');
    return [...(query === null ? [] : [{ where: `infra/workbook.json ${textAt(item, 'name') ?? ''}`, text: query }]), ...readWorkbookQueries(content)];
  });
}

function fillIn(text: string, variables: ReadonlyMap<string, string>): string {
  const filled = text.replace(/\$\{(\w+)\}/g, (_, name: string) => variables.get(name) ?? '2026-11-21T10:00:00Z').replaceAll("\\'", "'");
  return filled === text ? text : fillIn(filled, variables);
}

/** Reads a query by Microsoft's own parser, over the tables above; the first of several statements decides the columns. */
export function readQuery(text: string): ReadQuery {
  const code = call(language('KustoCode'), 'ParseAndAnalyze', text, globals);
  const faults = listOf(call(code, 'GetDiagnostics')).filter((each) => at(each, 'Severity') !== 'Suggestion').map((each) => String(at(each, 'Message')));
  const result = at(code, 'ResultType');
  const columns = listOf(at(result, 'Columns')).map((column) => String(at(column, 'Name')));
  return { faults, columns, literals: [...text.matchAll(/(?<!@)"((?:[^"\\]|\\.)*)"/g)].flatMap(([, literal]) => literal ?? []) };
}

/**
 * Whether a row of a table passes every `where` of a query. Of Kusto it knows what our queries say: `has`, comparisons, `and`, `or`, `toint`,
 * `tostring`; anything else throws.
 */
export function passes(text: string, row: Readonly<Record<string, unknown>>): boolean {
  const conditions: unknown[] = [];
  const walk = (node: unknown): void => {
    const condition = at(node, 'Condition');
    if (condition !== undefined) conditions.push(condition);
    for (let index = 0; index < Number(at(node, 'ChildCount') ?? 0); index += 1) walk(call(node, 'GetChild', index));
  };
  walk(at(call(language('KustoCode'), 'Parse', text), 'Syntax'));
  return conditions.every((condition) => evaluate(condition, row) === true);
}

function evaluate(node: unknown, row: Readonly<Record<string, unknown>>): unknown {
  const operator = at(at(node, 'Operator'), 'Text');
  if (operator !== undefined) return compare(String(operator), evaluate(at(node, 'Left'), row), evaluate(at(node, 'Right'), row));
  const values = at(node, 'ArgumentList');
  if (values !== undefined) return convert(String(at(at(node, 'Name'), 'SimpleName')), evaluate(call(call(at(values, 'Expressions'), 'getItem', 0), 'GetChild', 0), row));
  const name = at(node, 'SimpleName');
  if (typeof name === 'string') return row[name];
  const literal = at(node, 'LiteralValue') ?? null;
  if (literal !== null) return readLiteral(String(node), String(literal));
  return evaluate(at(node, 'Expression') ?? refuse(node), row);
}

function readLiteral(written: string, value: string): string | number {
  const instant = /datetime\((.*)\)/.exec(written)?.[1];
  return instant === undefined ? value : Date.parse(instant);
}

function compare(operator: string, left: unknown, right: unknown): unknown {
  if (operator === 'and') return left === true && right === true;
  if (operator === 'or') return left === true || right === true;
  if (operator === '==') return left === right;
  if (operator === '>=') return Number(left) >= Number(right);
  if (operator === '>') return Number(left) > Number(right);
  // A whole term, whatever its case (facts: Kusto docs, has operator).
  if (operator === 'has') return new RegExp(`(?<![a-z0-9])${String(right).replace(/[^\w ]/g, '\\$&')}(?![a-z0-9])`, 'i').test(String(left ?? ''));
  return refuse(operator);
}

function convert(name: string, value: unknown): unknown {
  return name === 'toint' ? Number.parseInt(String(value), 10) : name === 'tostring' ? String(value) : refuse(name);
}

function refuse(what: unknown): never {
  throw new Error(`The tests do not know ${String(what)} of Kusto.`);
}

const load = createRequire(import.meta.url);
// The library is compiled for browsers: the first file makes `Bridge` global, the second `Kusto`.
load('@kusto/language-service-next/bridge.min.js');
load('@kusto/language-service-next/Kusto.Language.Bridge.min.js');

function language(...path: readonly string[]): unknown {
  return ['Kusto', 'Language', ...path].reduce<unknown>((value, name) => at(value, name), globalThis);
}

const globals = withTables();

function withTables(): unknown {
  const symbols = Object.entries(tables).map(([name, own]) => construct(language('Symbols', 'TableSymbol', '$ctor7'), name, `(${common}, ${own})`, ''));
  const database = construct(language('Symbols', 'DatabaseSymbol', 'ctor'), 'workspace', symbols);
  return call(at(language('GlobalState'), 'Default'), 'WithDatabase', database);
}

function at(value: unknown, name: string): unknown {
  return (typeof value === 'object' && value !== null) || typeof value === 'function' ? Reflect.get(value, name) : undefined;
}

function call(target: unknown, name: string, ...values: readonly unknown[]): unknown {
  const method = at(target, name);
  if (typeof method !== 'function') throw new Error(`The Kusto library has no ${name}.`);
  return Reflect.apply(method, target, values);
}

function construct(type: unknown, ...values: readonly unknown[]): unknown {
  if (typeof type !== 'function') throw new Error('The Kusto library has lost a constructor.');
  return Reflect.construct(type, values);
}

/** Items of a list of the library, which counts from `Count` and reads by `getItem`. */
function listOf(list: unknown): readonly unknown[] {
  const count = at(list, 'Count');
  return isRecord(list) || typeof list === 'object' ? Array.from({ length: typeof count === 'number' ? count : 0 }, (_, index) => call(list, 'getItem', index)) : [];
}
