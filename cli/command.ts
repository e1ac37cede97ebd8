import type { Instant } from '../domain/time.ts';
import type { Terminal } from './terminal.ts';

/** 0 fine · 1 wrong use or failure · 2 findings that block. */
export type ExitCode = 0 | 1 | 2;

/** How a result is written; `markdown` only by commands whose result is a report, `ics` by what is a calendar. */
export type OutputFormat = 'text' | 'json' | 'markdown' | 'ics';

/** What a command writes that names no formats of its own. */
export const commonFormats: readonly OutputFormat[] = ['text', 'json'];

/** What a command may touch of its surroundings; tests hand in their own. */
export interface CommandIo {
  /** The clock. */
  now(): Instant;
  /** One line, or several joined by `\n`, to standard output; the line end is added. */
  print(text: string): void;
  /** The same, to standard error. */
  printError(text: string): void;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What standard output can show. */
  readonly terminal: Terminal;
}

/** An option of a command, as `node:util` `parseArgs` takes it, with its line of help. */
export interface CommandOption {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  /** Word for the value in the help, for example `N`; absent for a switch. */
  readonly value?: string;
  readonly help: string;
}

/** A command's arguments after parsing: unknown options never reach a command. */
export interface CommandArguments {
  readonly output: OutputFormat;
  readonly positionals: readonly string[];
  /** Options with a value that were given. */
  readonly values: ReadonlyMap<string, string>;
  /** Switches that were given. */
  readonly switches: ReadonlySet<string>;
}

/** One command of the command line; `-o text|json` and `--help` are added for all. */
export interface Command {
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** What follows `slackwater <name>`, for example `FILE... | DIR`. */
  readonly usage: string;
  readonly options: Readonly<Record<string, CommandOption>>;
  /** Values of `-o`, the one used when it is left out first; `commonFormats` when absent. */
  readonly formats?: readonly OutputFormat[];
  /** Sentences after the options in the command's help; empty when there is nothing to add. */
  readonly notes: readonly string[];
  /** Runs it. Expected failures are printed and become exit code 1; what is thrown is a defect. */
  run(args: CommandArguments, io: CommandIo): Promise<ExitCode>;
}
