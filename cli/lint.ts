import { judgePolicySet } from '../domain/policy-set.ts';
import type { Command } from './command.ts';
import { placeOf, readPolicyFiles } from './policy-files.ts';
import { renderCount, renderFault, renderJson } from './print.ts';

/** `slackwater lint`: every fault of every policy file named. */
export const lintCommand: Command = {
  name: 'lint',
  summary: 'Check policy files and say every fault at once, with file, line and column.',
  usage: 'FILE... | FOLDER',
  options: {},
  notes: ['Exit code 2 when a policy has a fault, 1 when a file cannot be read.'],
  async run(args, io) {
    if (args.positionals.length === 0) {
      io.printError('slackwater lint: name a policy file or a folder, for example: slackwater lint policies/');
      return 1;
    }
    const read = await readPolicyFiles(args.positionals);
    const faults = [...read.faults, ...judgePolicySet(read.policies)];
    for (const message of read.unreadable) io.printError(`slackwater lint: ${message}`);
    if (args.output === 'json') {
      const policies = read.policies.map(({ name, source, clusterResourceId }) => ({ name, file: source, cluster: clusterResourceId }));
      const findings = faults.map(({ source, path: _, ...fault }) => ({ file: source, ...fault }));
      io.print(renderJson({ schema: 'slackwater.lint/v1', files: read.files, policies, findings, unreadable: read.unreadable }));
    } else {
      for (const fault of faults) io.print(renderFault(fault, placeOf(fault)));
      const files = renderCount(read.files.length, { one: 'file', many: 'files' });
      const policies = renderCount(read.policies.length, { one: 'good policy', many: 'good policies' });
      io.print(`${files}, ${policies}, ${renderCount(faults.length, { one: 'fault', many: 'faults' })}`);
    }
    if (read.unreadable.length > 0) return 1;
    return faults.length > 0 ? 2 : 0;
  },
};
