import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { BuildOptions, Metafile, Plugin } from 'esbuild';
import { leanAxios } from './lean-axios.ts';
import { leanMoment } from './lean-moment.ts';

const root = fileURLToPath(new URL('./', import.meta.url));

/** Largest bundle of the function app: a cold start on a quarter core reads all of it. Unit: bytes. */
const appBytesMax = 2_200_000;

/** What must never reach the function app: it belongs to this machine, to tests, or costs too much at a cold start. */
const forbiddenInApp = [/^local\//, /^sim\//, /^cli\//, /^test\//, /node_modules\/(oxc-parser|@oxc-parser|rhea-websocket|ajv|croner|esbuild|@kubernetes\/client-node|@azure\/monitor-opentelemetry)\//];

const shared = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node22',
  metafile: true,
  legalComments: 'none',
  logLevel: 'warning',
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

mkdirSync(`${root}dist`, { recursive: true });

// The worker provides @azure/functions-core; a copy in the bundle would register functions with nobody.
const app = await build({
  ...shared,
  entryPoints: ['functions/main.ts'],
  outfile: 'dist/main.cjs',
  format: 'cjs',
  external: ['@azure/functions-core'],
  plugins: [lessOfDependencies, fewerOperations, fewerEndpoints, oneCopy],
});
writeFileSync(`${root}dist/meta.json`, JSON.stringify(app.metafile));

// The local host stays outside the command line: what needs it is for a checkout, and it must not slow the other commands.
// Packages in CommonJS inside an ES module look for require, which such a module does not have.
const banner = "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);";
await build({ ...shared, entryPoints: ['cli/main.ts'], outfile: 'dist/command-line.mjs', format: 'esm', banner: { js: banner }, external: ['@azure/functions-core', '../local/*'], plugins: [fewerOperations, fewerEndpoints] });

// A file of its own that any Node can read: an older one would fail over the program's syntax and modules, in no words of ours.
writeFileSync(
  `${root}dist/slackwater.mjs`,
  `#!/usr/bin/env node
const [major, minor] = process.versions.node.split('.').map(Number);
if (major > 22 || (major === 22 && minor >= 13)) {
  await import('./command-line.mjs');
} else {
  console.error('slackwater needs Node 22.13 or newer; this is ' + process.version + '. In a checkout, npm run -s slackwater brings its own.');
  process.exitCode = 1;
}
`,
);

const faults = [...findForbidden(app.metafile), ...findTooLarge('dist/main.cjs')];
for (const file of ['dist/main.cjs', 'dist/command-line.mjs']) console.log(`${file}  ${(bytesOf(file) / 1_000).toFixed(0)} KB`);
for (const { name, bytes } of largestPackages(app.metafile)) console.log(`  ${name.padEnd(36)} ${(bytes / 1_000).toFixed(0)} KB`);
for (const fault of faults) console.error(`build: ${fault}`);
process.exitCode = faults.length === 0 ? 0 : 1;

function bytesOf(file: string): number {
  return statSync(`${root}${file}`).size;
}

function findForbidden(metafile: Metafile): readonly string[] {
  const inputs = Object.keys(metafile.inputs);
  return inputs.filter((input) => forbiddenInApp.some((pattern) => pattern.test(input))).map((input) => `${input} must not be in the function app; see who imports it in dist/meta.json.`);
}

function findTooLarge(file: string): readonly string[] {
  const bytes = bytesOf(file);
  return bytes <= appBytesMax ? [] : [`${file} has ${bytes} bytes, more than ${appBytesMax}; see dist/meta.json for what grew.`];
}

/** What each package adds to the function app, the ten largest first. */
function largestPackages(metafile: Metafile): readonly { readonly name: string; readonly bytes: number }[] {
  const sizes = new Map<string, number>();
  for (const output of Object.values(metafile.outputs)) {
    for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
      const name = /(?:.*node_modules\/)((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? 'slackwater';
      sizes.set(name, (sizes.get(name) ?? 0) + bytesInOutput);
    }
  }
  return [...sizes].map(([name, bytes]) => ({ name, bytes })).sort((one, other) => other.bytes - one.bytes).slice(0, 10);
}
