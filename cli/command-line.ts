import { parseArgs } from 'node:util';
import { closestWord } from '../domain/closest-word.ts';
import { commonFormats } from './command.ts';
import type { Command, CommandArguments, CommandIo, CommandOption, ExitCode } from './command.ts';
import { renderTable } from './print.ts';

/** The program: its commands and its version. */
interface Program {
  readonly commands: readonly Command[];
  readonly version: string;
}

/** The command's own options and those of all commands. */
function optionsOf({ options, formats = commonFormats }: Command): Readonly<Record<string, CommandOption>> {
  return {
    ...options,
    output: { type: 'string', short: 'o', value: formats.join('|'), help: `How to print; ${formats[0] ?? 'text'} when left out.` },
    help: { type: 'boolean', short: 'h', help: 'Show this help.' },
  };
}

/** Runs what the words after `slackwater` ask for and says the exit code. What a command throws is a defect and passes through. */
export async function runCommandLine(program: Program, words: readonly string[], io: CommandIo): Promise<ExitCode> {
  const [first, ...rest] = words;
  if (first === '--version' || first === '-v') {
    io.print(program.version);
    return 0;
  }
  if (first === undefined) {
    io.printError(helpOfProgram(program));
    return 1;
  }
  const isHelp = first === '--help' || first === '-h' || first === 'help';
  if (isHelp && rest[0] === undefined) {
    io.print(helpOfProgram(program));
    return 0;
  }
  const name = isHelp ? (rest[0] ?? '') : first;
  const command = program.commands.find((each) => each.name === name);
  if (command === undefined) {
    const nearest = closestWord(name, program.commands.map((each) => each.name));
    const hint = nearest === null ? 'See: slackwater --help' : `Did you mean ${nearest}?`;
    io.printError(`slackwater: ${JSON.stringify(name)} is no command. ${hint}`);
    return 1;
  }
  if (isHelp) {
    io.print(helpOfCommand(command));
    return 0;
  }
  return runCommand(command, rest, io);
}

async function runCommand(command: Command, words: readonly string[], io: CommandIo): Promise<ExitCode> {
  const parsed = parseWords(command, words);
  if (parsed.kind === 'refused') {
    for (const message of parsed.messages) io.printError(`slackwater ${command.name}: ${message}`);
    io.printError(`See: slackwater ${command.name} --help`);
    return 1;
  }
  if (parsed.arguments.switches.has('help')) {
    io.print(helpOfCommand(command));
    return 0;
  }
  return command.run(parsed.arguments, io);
}

type ParsedWords =
  | { readonly kind: 'parsed'; readonly arguments: CommandArguments }
  | { readonly kind: 'refused'; readonly messages: readonly string[] };

function parseWords(command: Command, words: readonly string[]): ParsedWords {
  const options = optionsOf(command);
  const config = Object.fromEntries(
    Object.entries(options).map(([name, { type, short }]) => [name, short === undefined ? { type } : { type, short }]),
  );
  // Not strict, because strict mode throws at the first fault and a person wants all of them.
  const { tokens } = parseArgs({ args: [...words], options: config, strict: false, allowPositionals: true, tokens: true });
  const positionals: string[] = [];
  const values = new Map<string, string>();
  const switches = new Set<string>();
  const messages: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    const isValueTaken = token.value !== undefined && (token.inlineValue || !token.value.startsWith('-'));
    if (option === undefined) {
      const nearest = closestWord(token.name, Object.keys(options));
      messages.push(`${token.rawName} is no option.${nearest === null ? '' : ` Did you mean --${nearest}?`}`);
    } else if (option.type === 'boolean') {
      if (token.value === undefined) switches.add(token.name);
      else messages.push(`${token.rawName} takes no value.`);
    } else if (values.has(token.name)) {
      messages.push(`${token.rawName} is given twice.`);
    } else if (token.value !== undefined && isValueTaken && token.value !== '') {
      values.set(token.name, token.value);
    } else {
      messages.push(`${token.rawName} needs a value: ${option.value ?? 'VALUE'}.`);
    }
  }
  const formats = command.formats ?? commonFormats;
  const wanted = values.get('output');
  const output = formats.find((format) => wanted === undefined || format === wanted) ?? null;
  if (output === null) messages.push(`--output is ${JSON.stringify(wanted)}; write ${listWords(formats)}.`);
  values.delete('output');
  return messages.length > 0 || output === null
    ? { kind: 'refused', messages }
    : { kind: 'parsed', arguments: { output, positionals, values, switches } };
}

/** `a or b`; `a, b or c`. */
function listWords(words: readonly string[]): string {
  return [words.slice(0, -1).join(', '), ...words.slice(-1)].filter((part) => part !== '').join(' or ');
}

function helpOfProgram(program: Program): string {
  const rows = program.commands.map(({ name, summary }) => [`  ${name}`, summary]);
  return [
    'slackwater upgrades AKS clusters inside their maintenance windows.',
    '',
    'Usage: slackwater COMMAND [ARGUMENTS] [-o text|json]',
    '',
    renderTable(rows),
    '',
    'slackwater COMMAND --help tells more; slackwater --version tells the version.',
    'Exit codes: 0 fine, 1 wrong use or failure, 2 findings that block.',
  ].join('\n');
}

function helpOfCommand(command: Command): string {
  const rows = Object.entries(optionsOf(command)).map(([name, option]) => {
    const short = option.short === undefined ? '    ' : `-${option.short}, `;
    const value = option.value === undefined ? '' : ` ${option.value}`;
    return [`  ${short}--${name}${value}`, option.help];
  });
  const notes = command.notes.length === 0 ? [] : ['', ...command.notes];
  return [command.summary, '', `Usage: slackwater ${command.name} ${command.usage}`.trimEnd(), '', renderTable(rows), ...notes].join('\n');
}
