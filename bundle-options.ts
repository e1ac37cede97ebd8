import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { BuildOptions, Plugin } from 'esbuild';
import { leanAxios } from './lean-axios.ts';
import { leanMoment } from './lean-moment.ts';
import { leanTelemetry } from './lean-telemetry.ts';

const shared = {
  absWorkingDir: fileURLToPath(new URL('./', import.meta.url)),
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node22',
  format: 'esm',
  write: false,
  metafile: true,
  legalComments: 'none',
  logLevel: 'warning',
  // The worker provides @azure/functions-core; a copy in the bundle would register functions with nobody.
  external: ['@azure/functions-core'],
  // Packages in CommonJS inside an ES module look for require, which such a module does not have. The worker's hook sees what goes through it.
  banner: { js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);" },
} satisfies BuildOptions;

/** One copy of each Azure package: what asks for its CommonJS form gets the ES module the others use. */
const oneCopy: Plugin = {
  name: 'one-copy',
  setup(hooks) {
    hooks.onResolve({ filter: /^@(azure|typespec)\// }, ({ kind, path, resolveDir, importer, pluginData }) => {
      if (kind !== 'require-call' || pluginData === 'resolved' || path.startsWith('@azure/functions')) return undefined;
      return hooks.resolve(path, { kind: 'import-statement', resolveDir, importer, pluginData: 'resolved' });
    });
  },
};

/**
 * Parts of dependencies that no call of ours reaches, replaced by as little as still works. Together they were a quarter of
 * the bundle and of its import time: durable-functions wants one function of `validator`, a hundredth of `moment` and three of `axios`, the Service Bus client an XML parser for administration,
 * the identity client a signer for certificates that a managed identity has no use for, and six packages a copy each of what
 * prints traces nobody reads. Each refuses loudly what it does not hold, but traces, which are silent; a test compares who asks for
 * them, and for what.
 */
const lessCode: Readonly<Record<string, string>> = {
  validator: "exports.isURL = require('validator/lib/isURL').default;",
  debug: "const silent = () => Object.assign(() => undefined, { enabled: false, extend: silent });\nmodule.exports = Object.assign(silent, { formatters: {} });",
  jsonwebtoken: "exports.sign = () => { throw new Error('Signing in by a client certificate is not part of this bundle; give the app a managed identity.'); };",
  moment: leanMoment,
  axios: leanAxios,
  '@azure/core-xml': "const refuse = () => { throw new Error('Service Bus administration is not part of this bundle.'); };\nmodule.exports = { parseXML: refuse, stringifyXML: refuse, XML_ATTRKEY: '$', XML_CHARKEY: '_' };",
};
const lessOfDependencies: Plugin = {
  name: 'less-of-dependencies',
  setup(hooks) {
    hooks.onResolve({ filter: new RegExp(`^(${Object.keys(lessCode).join('|')})$`) }, ({ path, resolveDir }) => ({ path, namespace: 'less', pluginData: resolveDir }));
    hooks.onLoad({ filter: /.*/, namespace: 'less' }, ({ path, pluginData }) => ({ contents: lessCode[path] ?? '', resolveDir: String(pluginData), loader: 'js' }));
  },
};

/**
 * Of the clients of ARM, which hold hundreds of operations, those we call. Whole, the three would be 1.8 MB of the bundle. What is left out refuses loudly,
 * and a test compares this list with the calls in `adapters/`.
 */
const operationsOfClients: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  '@azure/arm-compute': { usage: ['list'] },
  '@azure/arm-containerservice': {
    agentPools: ['abortLatestOperation', 'createOrUpdate', 'get', 'getUpgradeProfile', 'list', 'upgradeNodeImageVersion'],
    maintenanceConfigurations: ['listByManagedCluster'],
    managedClusters: ['abortLatestOperation', 'createOrUpdate', 'get', 'getUpgradeProfile', 'listClusterUserCredentials'],
  },
  '@azure/arm-network': { virtualNetworks: ['listUsage'] },
};
/** Nothing but refusals, under every name: a copy that is made of it by its own members keeps its prototype. */
const refusals = `const refuse = (name) => () => { throw new Error(String(name) + ' is not part of this bundle; build.ts names the operations that are.'); };
module.exports = Object.create(new Proxy({}, { get: (_, name) => () => new Proxy({}, { get: (_, operation) => refuse(operation) }) }));`;
const fewerOperations: Plugin = {
  name: 'fewer-operations',
  setup(hooks) {
    hooks.onResolve({ filter: /^\.\/(classic\/[^/]+\/index|api\/operations)\.js$/ }, ({ path, importer, resolveDir }) => {
      const client = /node_modules[\\/](@azure[\\/]arm-[a-z]+)[\\/]dist[\\/]esm[\\/]\w+Client\.js$/.exec(importer)?.[1]?.replace('\\', '/') ?? '';
      const groups = operationsOfClients[client];
      if (groups === undefined) return undefined;
      const group = path.split('/')[2] ?? '';
      const operations = groups[group];
      return operations === undefined ? { path: 'every other operation', namespace: 'refused' } : { path: `${client} ${group} ${operations.join(' ')}`, namespace: 'fewer', pluginData: resolveDir };
    });
    // Tables of known words that nobody reads would stay, because they are filled by calls.
    hooks.onLoad({ filter: /[\\/]@azure[\\/]arm-[a-z]+[\\/]dist[\\/]esm[\\/]models[\\/].*\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll(/^\(function \((Known\w+)\)/gm, '/* @__PURE__ */ (function ($1)'),
      loader: 'js',
    }));
    hooks.onLoad({ filter: /.*/, namespace: 'refused' }, () => ({ contents: refusals, loader: 'js' }));
    hooks.onLoad({ filter: /.*/, namespace: 'fewer' }, ({ path, pluginData }) => {
      const [, group = '', ...operations] = path.split(' ');
      const name = `_get${group[0]?.toUpperCase() ?? ''}${group.slice(1)}Operations`;
      const members = operations.map((operation) => `${operation}: (...given) => ${operation}(context, ...given)`);
      return { contents: `import { ${operations.join(', ')} } from './api/${group}/operations.js';\nexport const ${name} = (context) => ({ ${members.join(', ')} });`, resolveDir: String(pluginData), loader: 'js' };
    });
  },
};

/** Of GitHub's thousand endpoints those we call; a test compares this list with the calls in `adapters/`. */
const endpointsOfGitHub: Readonly<Record<string, readonly string[]>> = {
  apps: ['createFromManifest', 'getRepoInstallation', 'listWebhookDeliveries', 'redeliverWebhookDelivery'],
  checks: ['create', 'get', 'listForRef', 'update'],
  git: ['createBlob', 'createCommit', 'createRef', 'createTree', 'getCommit', 'getRef', 'getTree', 'updateRef'],
  issues: ['create', 'createComment', 'get', 'getComment', 'listComments', 'listForRepo', 'update', 'updateComment'],
  pulls: ['create', 'get', 'list', 'listFiles', 'update'],
  reactions: ['createForIssueComment'],
  repos: ['compareCommitsWithBasehead', 'createOrUpdateFileContents', 'get', 'getCollaboratorPermissionLevel', 'getContent'],
  teams: ['getMembershipForUserInOrg'],
};
const fewerEndpoints: Plugin = {
  name: 'fewer-endpoints',
  setup(hooks) {
    hooks.onLoad({ filter: /plugin-rest-endpoint-methods[\\/]dist-src[\\/]generated[\\/]endpoints\.js$/ }, async ({ path }) => {
      const { default: all }: { default: Readonly<Record<string, Readonly<Record<string, unknown>>>> } = await import(pathToFileURL(path).href);
      const kept = Object.entries(endpointsOfGitHub).map(([scope, names]) => [scope, Object.fromEntries(names.map((name) => [name, all[scope]?.[name]]))]);
      return { contents: `export default ${JSON.stringify(Object.fromEntries(kept))};`, loader: 'js' };
    });
  },
};

/**
 * How the function app is bundled: ES modules, because only those are split. What `await import()` asks for becomes a part of
 * its own, read when it is first needed, and what several parts need exists once; in CommonJS everything would be one file, read
 * whole at every cold start.
 */
export const appOptions = {
  ...shared,
  entryPoints: { main: 'functions/main.ts' },
  outdir: 'dist',
  outExtension: { '.js': '.mjs' },
  splitting: true,
  // Of packages that hold both, the form that can be cut down to what is used.
  mainFields: ['module', 'main'],
  chunkNames: 'parts/[name]-[hash]',
  plugins: [lessOfDependencies, fewerOperations, fewerEndpoints, oneCopy, leanTelemetry],
} satisfies BuildOptions;

/**
 * How the command line is bundled. The local host stays outside: what needs it is for a checkout, and it must not slow the
 * other commands.
 */
export const commandLineOptions = {
  ...shared,
  entryPoints: ['cli/main.ts'],
  outfile: 'dist/command-line.mjs',
  external: [...shared.external, '../local/*'],
  plugins: [fewerOperations, fewerEndpoints],
} satisfies BuildOptions;
