import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { build } from 'esbuild';
import type { OutputFile } from 'esbuild';
import { findBudgetFaults, measureBundle } from './bundle-budget.ts';
import { appOptions, commandLineOptions } from './bundle-options.ts';

const root = fileURLToPath(new URL('./', import.meta.url));
const app = await build(appOptions);
const commandLine = await build(commandLineOptions);

// A file of its own that any Node can read: an older one would fail over the program's syntax and modules, in no words of ours.
const starter = `#!/usr/bin/env node
const [major, minor] = process.versions.node.split('.').map(Number);
if (major > 22 || (major === 22 && minor >= 13)) {
  await import('./command-line.mjs');
} else {
  console.error('slackwater needs Node 22.13 or newer; this is ' + process.version + '. In a checkout, npm run -s slackwater brings its own.');
  process.exitCode = 1;
}
`;

place([
  ...app.outputFiles,
  ...commandLine.outputFiles,
  { path: join(root, 'dist/slackwater.mjs'), contents: Buffer.from(starter) },
  { path: join(root, 'dist/meta.json'), contents: Buffer.from(JSON.stringify(app.metafile)) },
]);

const { startFiles, startBytes, totalBytes, startShares, lateParts } = measureBundle(app.metafile);
const kilobytes = (bytes: number): string => `${(bytes / 1_000).toFixed(0)} KB`;
console.log(`dist/main.mjs at start  ${kilobytes(startBytes)} in ${startFiles.length} files`);
for (const { name, bytes } of startShares.slice(0, 10)) console.log(`  ${name.padEnd(36)} ${kilobytes(bytes)}`);
console.log(`dist/main.mjs in all    ${kilobytes(totalBytes)} in ${app.outputFiles.length} files; ${kilobytes(packed(app.outputFiles))} as azd packs them`);
console.log(`  loaded when first needed: ${lateParts.map(({ name, bytes }) => `${name} ${kilobytes(bytes)}`).join(', ')}`);
console.log(`dist/command-line.mjs   ${kilobytes(commandLine.outputFiles[0]?.contents.length ?? 0)}`);
const faults = findBudgetFaults(app.metafile);
for (const fault of faults) console.error(`build: ${fault}`);
process.exitCode = faults.length === 0 ? 0 : 1;

/** Puts the files into `dist/`, parts before what imports them and each whole at once for whoever runs the app meanwhile; removes what an earlier build left. */
function place(files: readonly Pick<OutputFile, 'path' | 'contents'>[]): void {
  const unfinished = join(root, 'dist', `.${process.pid}`);
  for (const { path, contents } of files.toSorted((one, other) => other.path.split(sep).length - one.path.split(sep).length)) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(unfinished, contents);
    renameSync(unfinished, path);
  }
  const placed = new Set(files.map(({ path }) => path));
  for (const entry of readdirSync(join(root, 'dist'), { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !placed.has(path) && !entry.name.startsWith('.')) rmSync(path, { force: true });
  }
}

/** What the files and the two beside them take in the archive that azd sends; the archive's own directory is a few KB more. */
function packed(files: readonly Pick<OutputFile, 'contents'>[]): number {
  const beside = ['host.json', 'package.json'].map((name) => readFileSync(join(root, name)));
  return [...files.map(({ contents }) => contents), ...beside].reduce((sum, contents) => sum + deflateRawSync(contents).length, 0);
}
