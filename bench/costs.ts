import { readFileSync, writeFileSync } from 'node:fs';
import { replaceInputs } from './cost-inputs.ts';
import { renderCosts } from './cost-page.ts';
import { countActions, type CountedActions } from './count-actions.ts';

const countsFile = new URL('./counted-actions.json', import.meta.url);
const pageFile = new URL('../docs/costs.md', import.meta.url);

/** How the costs are asked for. */
export interface CostOptions {
  /** `name=dollars`, see `cost-inputs.ts`. */
  readonly prices: readonly string[];
  /** `name=value`. */
  readonly assumptions: readonly string[];
  /** `committed`: the counts of `counted-actions.json` instead of playing the windows. */
  readonly counts: 'played' | 'committed';
  /** `written`: `docs/costs.md` is made anew, and `counted-actions.json` where windows were played. */
  readonly page: 'printed' | 'written';
}

/** The counts that were committed. */
export function readCounts(): CountedActions {
  return JSON.parse(readFileSync(countsFile, 'utf8'));
}

/**
 * What a window and a month cost: counts of played windows, assumed seconds, quoted prices, each told as such. Throws for an input
 * that is not understood, and for inputs of one's own that would be written into the page.
 */
export async function measureCosts(options: CostOptions): Promise<readonly string[]> {
  const inputs = replaceInputs(options);
  const hasOwnInputs = options.prices.length + options.assumptions.length > 0;
  if (options.page === 'written' && hasOwnInputs) throw new Error('--write takes the inputs of bench/cost-inputs.ts: leave out --price and --assume.');
  const counted = options.counts === 'committed' ? readCounts() : countActions((line) => process.stderr.write(`${line}\n`));
  const lines = renderCosts(counted, inputs);
  if (options.page === 'written') {
    if (options.counts === 'played') writeFileSync(countsFile, `${JSON.stringify(counted, null, 1)}\n`);
    writeFileSync(pageFile, `${lines.join('\n')}\n`);
  }
  return lines;
}
