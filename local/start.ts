import { renderFault } from '../cli/print.ts';
import { nightHelp, parseNightArguments } from './night/night-options.ts';
import { runNight } from './night/night.ts';

const parsed = parseNightArguments(process.argv.slice(2));
if (parsed.kind === 'help') {
  process.stdout.write(nightHelp);
} else if (parsed.kind === 'faults') {
  process.stderr.write(`${parsed.faults.map((fault) => `slackwater: ${fault}`).join('\n')}\nSee npm start -- --help.\n`);
  process.exitCode = 1;
} else {
  const stop = new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
  const end = await runNight(parsed.options, { write: (line) => process.stdout.write(`${line}\n`), input: process.stdin, stop });
  if (end.kind === 'refused') process.stderr.write(`${end.faults.map((fault) => `slackwater: ${renderFault(fault, fault.where)}`).join('\n')}\n`);
  process.exit(end.kind === 'refused' ? 1 : end.exitCode);
}
