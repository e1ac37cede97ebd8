import packageJson from '../package.json' with { type: 'json' };
import { runCommandLine } from './command-line.ts';
import { commands } from './commands.ts';
import { terminalOf } from './terminal.ts';

// A reader that closes early (`| head`) is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

// The exit code is set, not called: output that is still on its way to a pipe would be lost.
process.exitCode = await runCommandLine({ commands, version: packageJson.version }, process.argv.slice(2), {
  now: () => Date.now(),
  print: (text) => {
    process.stdout.write(`${text}\n`);
  },
  printError: (text) => {
    process.stderr.write(`${text}\n`);
  },
  environment: process.env,
  terminal: terminalOf(process.stdout, process.env),
});
