import { parseArgs } from 'node:util';
import { measureImports } from './bundle-import.ts';
import { measureCosts } from './costs.ts';
import { measureFleet } from './fleet-speed.ts';
import { measurePreflight } from './preflight-speed.ts';
import { measureRehearsal } from './rehearsal-speed.ts';
import { measureWebhook } from './webhook-speed.ts';
import { measureWindows } from './window-cost.ts';

/** A measurement: prints a table, with the baseline it is compared with in the same run where there is one. */
interface Section {
  readonly tells: string;
  readonly measure: () => Promise<readonly string[]>;
}

const { values, positionals: asked } = readArguments();

const sections: Readonly<Record<string, Section>> = {
  imports: { tells: 'import time of the bundle, beside an empty process and the sources (build first)', measure: measureImports },
  windows: { tells: 'calls, history and CPU of a window, and simulated windows a second', measure: measureWindows },
  preflight: { tells: 'preflight of 20 000 and 150 000 pods, beside the naive way', measure: measurePreflight },
  rehearsal: { tells: 'a rehearsed night of 100 and 1 000 nodes, beside the simulated cluster alone', measure: () => measureRehearsal() },
  fleet: { tells: 'planning 1 000 clusters in one tick, beside starting all at once', measure: measureFleet },
  webhook: { tells: 'webhook to its 202 at 200 requests a second, beside a nearly empty handler', measure: measureWebhook },
  costs: {
    tells: 'what a window and a month cost for 1, 20 and 200 clusters',
    measure: () => measureCosts({ prices: values.price, assumptions: values.assume, counts: values.committed ? 'committed' : 'played', page: values.write ? 'written' : 'printed' }),
  },
};

const help = `npm run bench -- [SECTION …]      all of them without a name

${Object.entries(sections).map(([name, { tells }]) => `  ${name.padEnd(10)} ${tells}`).join('\n')}

of costs alone:
  --price NAME=DOLLARS, --assume NAME=VALUE   another input; the tables that are printed say the names
  --committed                                 the counts in bench/counted-actions.json instead of playing the windows
  --write                                     make docs/costs.md anew, and what was counted, if it was
`;

if (values.help) {
  process.stdout.write(help);
  process.exit(0);
}
const unknown = asked.filter((name) => sections[name] === undefined);
if (unknown.length > 0) fail(`unknown section ${unknown.join(', ')}. Choose from ${Object.keys(sections).join(', ')}.`);
const failed: string[] = [];
for (const [name, { measure }] of Object.entries(sections)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  process.stderr.write(`measuring ${name} …\n`);
  try {
    for (const line of await measure()) process.stdout.write(`${line}\n`);
  } catch (error) {
    failed.push(name);
    process.stderr.write(`bench: ${name}: ${error instanceof Error ? error.message : String(error)}\n`);
  }
  process.stdout.write('\n');
}
process.exit(failed.length === 0 ? 0 : 1);

function readArguments() {
  try {
    return parseArgs({
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        price: { type: 'string', multiple: true, default: [] },
        assume: { type: 'string', multiple: true, default: [] },
        committed: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
      },
      allowPositionals: true,
    });
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)} See npm run bench -- --help.`);
  }
}

function fail(message: string): never {
  process.stderr.write(`bench: ${message}\n`);
  process.exit(1);
}
