import { measureImports } from './bundle-import.ts';
import { measurePreflight } from './preflight-speed.ts';
import { measureWindows } from './window-cost.ts';

/**
 * Prints every measurement as a table, each with the baseline it is compared with in the same run.
 * `npm run bench -- imports`, `-- windows` or `-- preflight` runs one of them.
 */
const sections: Readonly<Record<string, () => Promise<readonly string[]>>> = { imports: measureImports, windows: measureWindows, preflight: measurePreflight };

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => sections[name] === undefined);
if (unknown.length > 0) {
  process.stderr.write(`bench: unknown section ${unknown.join(', ')}. Choose from ${Object.keys(sections).join(', ')}.\n`);
  process.exit(1);
}
for (const [name, measure] of Object.entries(sections)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  process.stderr.write(`measuring ${name} …\n`);
  for (const line of await measure()) process.stdout.write(`${line}\n`);
  process.stdout.write('\n');
}
process.exit(0);
