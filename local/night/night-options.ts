import { parseArgs } from 'node:util';

/** What `npm start` was asked for. */
export interface NightOptions {
  /** `once`: end by itself when the run has ended · `stay`: keep serving until stopped. */
  readonly lifetime: 'once' | 'stay';
  /** `fresh`: begin a new night · `resume`: go on with the one in the folder. */
  readonly beginning: 'fresh' | 'resume';
  /** Cluster seconds that pass in one second of this machine. 10–600. */
  readonly speed: number;
  /** Folder of databases, logs and the issue. */
  readonly folder: string;
  /** Port of the GitHub pages; 0 lets the system choose. */
  readonly port: number;
  readonly seed: number;
}

export const defaultNightFolder = '.slackwater';

/** What the arguments mean. */
export type NightArguments =
  | { readonly kind: 'options'; readonly options: NightOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'faults'; readonly faults: readonly string[] };

export const nightHelp = `Usage: npm start -- [--once] [--resume] [--speed N] [--port N] [--seed N] [--folder DIR]

Opens a maintenance window on a simulated cluster now and upgrades it, on this machine only.

  --once        end by itself: exit code 0, or 2 when the run ended with something left
  --resume      go on with the night in the folder, for example after kill -9
  --speed N     cluster seconds per second, 10 to 600 (default 240 with --once: a night in
                under a minute; else 60, so that you can answer)
  --port N      port of the GitHub pages (default: any free one)
  --seed N      chance of the simulated cluster (default 1; --resume keeps that of the night)
  --folder DIR  where databases, logs and the issue are kept (default .slackwater)
  --help        this text

While it runs, type: fix (the owner mends the budget now), resume, retry, skip, pause, abort, status, help.
`;

/** Reads the arguments; every fault at once. */
export function parseNightArguments(args: readonly string[]): NightArguments {
  const faults: string[] = [];
  let values: Partial<Record<'once' | 'resume' | 'help', boolean>> & Partial<Record<'speed' | 'port' | 'seed' | 'folder', string>>;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        once: { type: 'boolean' },
        resume: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        speed: { type: 'string' },
        port: { type: 'string' },
        seed: { type: 'string' },
        folder: { type: 'string' },
      },
    }));
  } catch (thrown) {
    return { kind: 'faults', faults: [thrown instanceof Error ? thrown.message : String(thrown)] };
  }
  if (values.help === true) return { kind: 'help' };
  const whole = (name: 'speed' | 'port' | 'seed', fallback: number, least: number, most: number): number => {
    const text = values[name];
    if (text === undefined) return fallback;
    const number = Number(text);
    if (!Number.isInteger(number) || number < least || number > most) faults.push(`--${name} takes a whole number from ${least} to ${most}, not "${text}".`);
    return number;
  };
  const options: NightOptions = {
    lifetime: values.once === true ? 'once' : 'stay',
    beginning: values.resume === true ? 'resume' : 'fresh',
    speed: whole('speed', values.once === true ? 240 : 60, 10, 600),
    port: whole('port', 0, 0, 65_535),
    seed: whole('seed', 1, 0, 2 ** 31),
    folder: values.folder ?? defaultNightFolder,
  };
  return faults.length === 0 ? { kind: 'options', options } : { kind: 'faults', faults };
}
