import { countIdle, countWindow } from './count-actions.ts';
import type { IdleTimer } from './count-actions.ts';
import { windowNames } from './cost-windows.ts';
import { withOwnEnvironment } from '../local/rehearsal/own-environment.ts';

/** One count, printed as one line of JSON: `window <kind>` or `idle <timer> <clusters>`. */
const timers: readonly IdleTimer[] = ['windowTimer', 'deliveryTimer', 'debtTimer'];
const [, , what, name, clusters = '1'] = process.argv;
const window = windowNames.find((known) => known === name);
const timer = timers.find((known) => known === name);

/** What the person's shell, or a measurement before, has set must not decide what is counted. */
async function count(): Promise<unknown> {
  if (what === 'window' && window !== undefined) return countWindow(window);
  if (what === 'idle' && timer !== undefined) return countIdle(timer, Number(clusters));
  throw new Error(`Nothing is counted under ${what} ${name}.`);
}

process.stdout.write(JSON.stringify(await withOwnEnvironment(count)));
process.exit(0);
