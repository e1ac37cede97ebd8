import { chdir } from 'node:process';
import { fileURLToPath } from 'node:url';
import { runCommandLine } from '../../cli/command-line.ts';
import { commands } from '../../cli/commands.ts';

export const root = fileURLToPath(new URL('../../', import.meta.url));
chdir(root);

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line in this process, at the root of the checkout, in the evening of 21 November 2026 in UTC. */
export async function slackwater(...words: readonly string[]): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  const exitCode = await runCommandLine({ commands, version: '1.2.3' }, words, {
    now: () => Date.parse('2026-11-21T21:30Z'),
    print: (text) => (stdout += `${text}\n`),
    printError: (text) => (stderr += `${text}\n`),
    environment: {},
    terminal: { columns: 120, colour: 'left-out' },
  });
  return { exitCode, stdout, stderr };
}
