import { countIdle, countWindow } from './count-actions.ts';
import type { IdleTimer } from './count-actions.ts';
import { windowNames } from './cost-windows.ts';

/** One count, printed as one line of JSON: `window <kind>` or `idle <timer> <clusters>`. */
const timers: readonly IdleTimer[] = ['windowTimer', 'deliveryTimer', 'debtTimer'];
const [, , what, name, clusters = '1'] = process.argv;
const window = windowNames.find((known) => known === name);
const timer = timers.find((known) => known === name);
if (what === 'window' && window !== undefined) process.stdout.write(JSON.stringify(await countWindow(window)));
else if (what === 'idle' && timer !== undefined) process.stdout.write(JSON.stringify(await countIdle(timer, Number(clusters))));
else throw new Error(`Nothing is counted under ${what} ${name}.`);
process.exit(0);
