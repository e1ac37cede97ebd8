import { closestWord } from './closest-word.ts';
import { commandFlags, grammarOf, verbs, type CommandFlag } from './command-grammar.ts';
import type { Verb } from './operator-decision.ts';
import { readCommandTime } from './command-time.ts';

/** A command as it was written, its form checked. */
export interface OperatorCommand {
  readonly verb: Verb;
  /** As written: a pool, `pool/<name>`, a cluster, or `<cluster>/<pool>`; of `ack-loss` `<namespace>/<name>`; null for whatever is meant here. */
  readonly target: string | null;
  /** Of `postpone`: the duration or date, as written; null for every other. */
  readonly time: string | null;
  /** As written after each flag. */
  readonly flags: Readonly<Partial<Record<CommandFlag, string>>>;
}

/** A comment as far as parsing needs it. */
export interface WrittenComment {
  readonly body: string;
  /** GitHub's webhook action; only `created` can be a command, because an edit could change what others approved. */
  readonly action: string;
  readonly author: string;
  /** GitHub's user type; only `User` is a person. */
  readonly authorType: string;
  /** Login Slackwater writes as, for example `slackwater[bot]`; null when unknown. */
  readonly appLogin: string | null;
  readonly issueOpenedBy: 'slackwater' | 'somebody-else';
}

export type NotUnderstood =
  | 'no-verb'
  | 'unknown-verb'
  | 'unknown-flag'
  | 'flag-without-value'
  /** Neither a moment nor a duration. */
  | 'bad-until'
  /** `postpone` without a duration or date. */
  | 'no-time'
  | 'unclosed-quote'
  | 'bad-target'
  | 'too-many-words';

type CommentParse =
  | { readonly kind: 'command'; readonly command: OperatorCommand }
  /** `--help` after a verb. */
  | { readonly kind: 'help-about'; readonly verb: Verb }
  | {
      readonly kind: 'not-understood';
      readonly reason: NotUnderstood;
      /** The word that was not understood, untrusted; empty for `no-verb`. */
      readonly written: string;
      /** What was probably meant; null when nothing is near. */
      readonly suggestion: Verb | null;
    }
  | {
      readonly kind: 'ignore';
      readonly reason: 'not-new' | 'not-a-person' | 'own-comment' | 'no-command' | 'not-ours';
    };

/** Longest name of a cluster and pool, and of a namespace and what is in it. Unit: UTF-16 characters. */
const NAME_CHARACTERS_MAX = 128;
const PLACE_CHARACTERS_MAX = 320;
/** Longest first line that is looked at. Unit: UTF-16 characters. */
const FIRST_LINE_CHARACTERS_MAX = 500;

/**
 * The first line a reader sees, without its line end; null when Markdown makes it code.
 *
 * Blank lines before it are not rendered, so they do not count. Four spaces or a tab begin a code block.
 */
function firstLineOf(body: string): string | null {
  const line = body.split(/\r\n|\r|\n/).find((text) => text.trim() !== '');
  if (line === undefined || /^(?: {0,3}\t| {4})/.test(line)) return null;
  return line.trim().slice(0, FIRST_LINE_CHARACTERS_MAX);
}

/** Whether a comment's first line could be a command; lets a webhook drop everything else early. */
export function mayBeCommand(body: string): boolean {
  return firstLineOf(body)?.startsWith('/') ?? false;
}

/**
 * What a comment asks, if it asks anything: `/slackwater <verb> [target] [--flag value]` on its first line; on an issue
 * Slackwater opened also the bare `/<verb>`.
 *
 * Verbs do not heed case. A value of several words stands in quotes. Quotes, code, edits, bots and our own comments are
 * ignored, as is a bare word elsewhere, which may be meant for another tool. Flags a verb does not take are refused by name.
 */
export function parseComment(comment: WrittenComment): CommentParse {
  if (comment.action !== 'created') return { kind: 'ignore', reason: 'not-new' };
  if (comment.appLogin !== null && comment.author.toLowerCase() === comment.appLogin.toLowerCase()) {
    return { kind: 'ignore', reason: 'own-comment' };
  }
  if (comment.authorType !== 'User') return { kind: 'ignore', reason: 'not-a-person' };
  const line = firstLineOf(comment.body);
  if (line === null || !line.startsWith('/')) return { kind: 'ignore', reason: 'no-command' };

  const [first = ''] = line.split(/\s/, 1);
  const rest = line.slice(first.length).trim();
  if (first.toLowerCase() === '/slackwater') {
    const [verb = ''] = rest.split(/\s/, 1);
    if (verb === '--help') return parseVerb('help', '');
    return verb === '' ? notUnderstood('no-verb', '') : parseVerb(verb, rest.slice(verb.length));
  }
  if (comment.issueOpenedBy !== 'slackwater') return { kind: 'ignore', reason: 'not-ours' };
  // A path such as /etc/hosts begins with a slash too; only a bare word can be a verb.
  if (!/^\/[a-z][a-z-]*$/i.test(first)) return { kind: 'ignore', reason: 'no-command' };
  return parseVerb(first.slice(1), rest);
}

function parseVerb(written: string, rest: string): CommentParse {
  const word = written.toLowerCase();
  const verb = verbs.find((known) => known === word);
  if (verb === undefined) return notUnderstood('unknown-verb', written);
  const words = splitWords(rest);
  if (words.some(({ text, isQuoted }) => text === '--help' && !isQuoted)) return { kind: 'help-about', verb };
  const open = words.find(({ isOpen }) => isOpen);
  if (open !== undefined) return notUnderstood('unclosed-quote', open.text);
  return parseWords(verb, words);
}

interface Word {
  readonly text: string;
  readonly isQuoted: boolean;
  /** A quote that nothing closes. */
  readonly isOpen: boolean;
}

/** Words between blanks; what stands in quotes, straight or typographic, is one, also right after `=`. */
function splitWords(rest: string): readonly Word[] {
  const found = rest.matchAll(/(--[A-Za-z-]+=)?["\u201C\u201D]([^"\u201C\u201D]*)(["\u201C\u201D]?)|\S+/g);
  return [...found].map(([whole, flag = '', inside, close]) => {
    const isQuoted = inside !== undefined;
    return { text: isQuoted ? `${flag}${inside.trim()}` : whole, isQuoted: isQuoted && flag === '', isOpen: isQuoted && close === '' };
  });
}

function parseWords(verb: Verb, words: readonly Word[]): CommentParse {
  const { flags: known, words: form } = grammarOf(verb);
  const flags: Partial<Record<CommandFlag, string>> = {};
  const others: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const { text, isQuoted } = words[index] ?? { text: '', isQuoted: false };
    const [, name, joined] = /^--([A-Za-z-]+)(?:=(.*))?$/.exec(isQuoted ? '' : text) ?? [];
    if (name === undefined && (isQuoted || !text.startsWith('--'))) {
      others.push(text);
      continue;
    }
    const flag = commandFlags.find((each) => each === name);
    if (flag === undefined || !known.includes(flag) || flags[flag] !== undefined) return notUnderstood('unknown-flag', text.split('=')[0] ?? text);
    const next = joined === undefined ? words[(index += 1)] : { text: joined, isQuoted: false };
    if (next === undefined || next.text === '' || (next.text.startsWith('--') && !next.isQuoted)) return notUnderstood('flag-without-value', text);
    flags[flag] = next.text;
  }
  return form === 'time' ? withTime(verb, others, flags) : withTarget({ verb, time: null, flags }, others, form === 'place' ? PLACE_CHARACTERS_MAX : NAME_CHARACTERS_MAX);
}

/** The time may stand before or after the name; a word that can be a time is one. */
function withTime(verb: Verb, words: readonly string[], flags: OperatorCommand['flags']): CommentParse {
  const place = words.findIndex((word) => readCommandTime(word) !== null);
  const time = words[place];
  if (time === undefined) return words[0] === undefined ? notUnderstood('no-time', verb) : notUnderstood('bad-until', words[0]);
  return withTarget({ verb, time, flags }, words.filter((_, index) => index !== place), NAME_CHARACTERS_MAX);
}

function withTarget(command: Omit<OperatorCommand, 'target'>, words: readonly string[], charactersMax: number): CommentParse {
  const [target, surplus] = words;
  if (surplus !== undefined) return notUnderstood('too-many-words', surplus);
  if (target === undefined) return { kind: 'command', command: { ...command, target: null } };
  if (target.length > charactersMax || !/^[A-Za-z0-9][A-Za-z0-9_./-]*$/.test(target)) return notUnderstood('bad-target', target);
  return { kind: 'command', command: { ...command, target } };
}

function notUnderstood(reason: NotUnderstood, written: string): CommentParse {
  const nearest = reason === 'unknown-verb' ? closestWord(written, verbs) : null;
  return { kind: 'not-understood', reason, written, suggestion: verbs.find((verb) => verb === nearest) ?? null };
}
