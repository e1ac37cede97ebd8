import type { Metafile } from 'esbuild';

/**
 * Most that the worker reads before the app answers: the entry and every part it imports, not those it loads later.
 * All of it is parsed and evaluated at every cold start. Unit: bytes.
 */
export const startBytesMax = 1_200_000;

/** Most of the function app with all parts that activities load when they first need them. Unit: bytes. */
export const totalBytesMax = 2_400_000;

/** What must never reach the function app: it belongs to this machine, to tests, or costs too much even when it is asked for. */
const forbidden = /^(local|sim|cli|test|bench)\/|node_modules\/(@?oxc-parser|rhea-websocket|ajv|croner|esbuild|typescript|@kubernetes\/client-node|@azure\/monitor-opentelemetry)\//;

/** The packages that are read at every start. All others are for `await import()`, inside the function that needs them. */
const startPackages: ReadonlySet<string> = new Set([
  '@azure/functions',
  '@azure/functions-extensions-base',
  '@opentelemetry/api',
  'cookie',
  'durable-functions',
  'lodash',
  'temporal-polyfill',
  'temporal-utils',
  'uuid',
  'validator',
]);

/** What a package, or a room of ours, adds to what is read at start. */
interface Share {
  readonly name: string;
  /** After minifying. */
  readonly bytes: number;
}

/** What a file of ours loads when it first needs it. */
interface LatePart {
  /** The package, or our file that gives its names. */
  readonly name: string;
  readonly file: string;
  /** With all that it imports and that is not read at start. */
  readonly bytes: number;
}

/** The built function app as esbuild describes it. */
interface BundleMeasure {
  /** Files that are read before the app answers, the entry first. */
  readonly startFiles: readonly string[];
  readonly startBytes: number;
  readonly totalBytes: number;
  /** Largest first. */
  readonly startShares: readonly Share[];
  /** Largest first. */
  readonly lateParts: readonly LatePart[];
}

const entryPoint = 'functions/main.ts';

/** Sums up what is read when `functions/main.ts` is imported, and what the app has in all. Throws when it was not built. */
export function measureBundle({ inputs, outputs }: Metafile): BundleMeasure {
  const entry = Object.keys(outputs).find((file) => outputs[file]?.entryPoint === entryPoint);
  if (entry === undefined) throw new Error(`The metafile knows no bundle of ${entryPoint}.`);
  const closureOf = (from: string): readonly string[] => [...reach(from, (file) => outputs[file]?.imports ?? [], isStatic).keys()].filter((file) => outputs[file] !== undefined);
  const startFiles = closureOf(entry);
  const shares = new Map<string, number>();
  for (const [input, { bytesInOutput }] of startFiles.flatMap((file) => Object.entries(outputs[file]?.inputs ?? {}))) {
    shares.set(ownerOf(input), (shares.get(ownerOf(input)) ?? 0) + bytesInOutput);
  }
  const bytesOf = (files: readonly string[]): number => files.reduce((sum, file) => sum + (outputs[file]?.bytes ?? 0), 0);
  const asked = loadedLate(inputs);
  const late = Object.entries(outputs).flatMap(([file, { entryPoint: from = '' }]): LatePart[] => {
    if (!asked.has(from)) return [];
    const name = ownerOf(from);
    return [{ name: isPackage(name) ? name : from, file, bytes: bytesOf(closureOf(file).filter((each) => !startFiles.includes(each))) }];
  });
  return {
    startFiles,
    startBytes: bytesOf(startFiles),
    totalBytes: bytesOf(Object.keys(outputs)),
    lateParts: late.sort((one, other) => other.bytes - one.bytes),
    startShares: [...shares].map(([name, bytes]) => ({ name, bytes })).sort((one, other) => other.bytes - one.bytes),
  };
}

/** Every way in which the built app breaks its budget, each with who imports what, in sentences; none when it keeps it. */
export function findBudgetFaults(metafile: Metafile): readonly string[] {
  const { startBytes, totalBytes, startShares, lateParts } = measureBundle(metafile);
  const strangers = Object.keys(metafile.inputs).filter((input) => forbidden.test(input));
  const early = startShares.filter(({ name }) => isPackage(name) && !startPackages.has(name));
  const largest = (): string => startShares.slice(0, 8).map(({ name, bytes }) => `\n  ${bytes} ${name}: ${chainTo(name, metafile, isStatic)}`).join('');
  return [
    ...findNameless(metafile).map((name) => `${name} is CommonJS and loaded late, so that its names are lost: ${chainTo(name, metafile, isAny)}. Load late a file of adapters/ that exports what is needed.`),
    ...[...new Set(strangers.map(ownerOf))].map((name) => `${name} must not be in the function app: ${chainTo(name, metafile, isAny)}.`),
    ...early.map(({ name, bytes }) => `${name} (${bytes} bytes) is read at every start: ${chainTo(name, metafile, isStatic)}. Load it by await import() inside the function that needs it.`),
    ...(startBytes <= startBytesMax ? [] : [`The start reads ${startBytes} bytes, more than ${startBytesMax}. The largest parts, and who imports them:${largest()}`]),
    ...(totalBytes <= totalBytesMax ? [] : [`The function app has ${totalBytes} bytes, more than ${totalBytesMax}. Beside ${startBytes} of the start:${lateParts.map(({ name, bytes }) => `\n  ${bytes} ${name}: ${chainTo(name, metafile, isAny)}`).join('')}`]),
  ];
}

/** Packages that a file of ours loads late and whose part would export nothing but `default`: `{ Client } = await import(…)` would be undefined. */
function findNameless({ inputs, outputs }: Metafile): readonly string[] {
  const late = loadedLate(inputs);
  return Object.values(outputs).flatMap(({ entryPoint: file = '', exports }) => (late.has(file) && exports.join() === 'default' ? [ownerOf(file)] : []));
}

/** Files that one of ours, not a package, names in `await import()`. */
function loadedLate(inputs: Metafile['inputs']): ReadonlySet<string> {
  return new Set(Object.entries(inputs).flatMap(([file, { imports }]) => (isPackage(ownerOf(file)) ? [] : imports.flatMap((edge) => (isStatic(edge) ? [] : [edge.path])))));
}

interface Edge {
  readonly path: string;
  readonly kind?: string;
}

function isStatic({ kind }: Edge): boolean {
  return kind !== 'dynamic-import';
}

function isAny(): boolean {
  return true;
}

/** Everything that can be reached, nearest first, each with where one comes from. */
function reach(from: string, importsOf: (file: string) => readonly Edge[], isFollowed: (edge: Edge) => boolean): ReadonlyMap<string, string | null> {
  const cameFrom = new Map<string, string | null>([[from, null]]);
  for (const file of cameFrom.keys()) {
    for (const edge of importsOf(file)) {
      if (isFollowed(edge) && !cameFrom.has(edge.path)) cameFrom.set(edge.path, file);
    }
  }
  return cameFrom;
}

/** The shortest way from the entry to a package, a room or a file, as `a → b → c`; of packages the names. */
function chainTo(name: string, { inputs }: Metafile, isFollowed: (edge: Edge) => boolean): string {
  const cameFrom = reach(entryPoint, (file) => inputs[file]?.imports ?? [], isFollowed);
  const chain: string[] = [];
  for (let file = [...cameFrom.keys()].find((each) => each === name || ownerOf(each) === name) ?? null; file !== null; file = cameFrom.get(file) ?? null) {
    const step = isPackage(ownerOf(file)) ? ownerOf(file) : file;
    if (step !== chain[0]) chain.unshift(step);
  }
  return chain.join(' → ');
}

/** The package of a file; of ours the room (`domain/`), of what stands in for a part of a package the kind (`less:`). */
function ownerOf(input: string): string {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? /^(?:\w+:|[^/]+\/)/.exec(input)?.[0] ?? './';
}

function isPackage(owner: string): boolean {
  return !/[/:]$/.test(owner);
}
