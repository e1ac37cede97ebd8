import { closestWord } from './closest-word.ts';
import type { Verb } from './operator-decision.ts';

/** Commands this version carries out, with what each does: the only list; help, report and parser read it. */
export const commandSummaries: Readonly<Record<Verb, string>> = {
  help: 'shows this list',
  status: 'shows where the run is',
  pause: 'starts nothing more until somebody says resume; what Azure does now goes on',
  'ack-loss': 'lets one named loss happen (a bare pod, data on a node) until the window closes, or as `--until 90m` says',
  resume: 'ends a pause: goes on, or looks again at once',
  retry: 'tries a stopped pool once more',
  skip: 'leaves a pool as it is and goes on with the others',
  abort: 'stops Azure now and ends the run; nothing is rolled back',
};

/** Every verb of this version, in the order people should read them. */
export const verbs: readonly Verb[] = ['help', 'status', 'pause', 'ack-loss', 'resume', 'retry', 'skip', 'abort'];

/** Verbs of the published grammar that this version answers but does not carry out. */
export const laterVerbs: readonly string[] = [
  'plan',
  'preflight',
  'rehearse',
  'postpone',
  'upgrade',
  'approve',
  'release',
  'resolve',
  'rollback',
  'freeze',
  'unfreeze',
];

export interface OperatorCommand {
  readonly verb: Verb;
  /** As written: a pool, `pool/<name>`, a cluster, or `<cluster>/<pool>`; of `ack-loss` `<namespace>/<name>`; null for whatever the run is at. */
  readonly target: string | null;
  /** As written after `--until`; null when it was not. */
  readonly until: string | null;
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
  /** Known to the grammar; a later version carries it out. */
  | 'not-carried-out'
  | 'unknown-flag'
  | 'flag-without-value'
  /** Neither a moment nor a duration. */
  | 'bad-until'
  | 'bad-target'
  | 'too-many-words';

type CommentParse =
  | { readonly kind: 'command'; readonly command: OperatorCommand }
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
 * Verbs do not heed case. Quotes, code, edits, bots and our own comments are ignored, as is a bare word elsewhere,
 * which may be meant for another tool. The one flag is `--until` of `ack-loss`; any other is refused by name.
 */
export function parseComment(comment: WrittenComment): CommentParse {
  if (comment.action !== 'created') return { kind: 'ignore', reason: 'not-new' };
  if (comment.appLogin !== null && comment.author.toLowerCase() === comment.appLogin.toLowerCase()) {
    return { kind: 'ignore', reason: 'own-comment' };
  }
  if (comment.authorType !== 'User') return { kind: 'ignore', reason: 'not-a-person' };
  const line = firstLineOf(comment.body);
  if (line === null || !line.startsWith('/')) return { kind: 'ignore', reason: 'no-command' };

  const [first = '', ...rest] = line.split(/\s+/);
  if (first.toLowerCase() === '/slackwater') {
    const [verb, ...words] = rest;
    return verb === undefined ? notUnderstood('no-verb', '') : parseVerb(verb, words);
  }
  if (comment.issueOpenedBy !== 'slackwater') return { kind: 'ignore', reason: 'not-ours' };
  // A path such as /etc/hosts begins with a slash too; only a bare word can be a verb.
  if (!/^\/[a-z][a-z-]*$/i.test(first)) return { kind: 'ignore', reason: 'no-command' };
  return parseVerb(first.slice(1), rest);
}

function parseVerb(written: string, words: readonly string[]): CommentParse {
  const word = written.toLowerCase();
  if (laterVerbs.includes(word)) return notUnderstood('not-carried-out', word);
  const verb = verbs.find((known) => known === word);
  if (verb === undefined) return notUnderstood('unknown-verb', written);
  const { until, rest, problem } = verb === 'ack-loss' ? takeUntil(words) : { until: null, rest: words, problem: null };
  if (problem !== null) return problem;
  const flag = rest.find((text) => text.startsWith('--'));
  if (flag !== undefined) return notUnderstood('unknown-flag', flag);
  const [target, surplus] = rest;
  if (surplus !== undefined) return notUnderstood('too-many-words', surplus);
  if (target === undefined) return { kind: 'command', command: { verb, target: null, until } };
  const charactersMax = verb === 'ack-loss' ? PLACE_CHARACTERS_MAX : NAME_CHARACTERS_MAX;
  if (target.length > charactersMax || !/^[A-Za-z0-9][A-Za-z0-9_./-]*$/.test(target)) return notUnderstood('bad-target', target);
  return { kind: 'command', command: { verb, target, until } };
}

/** Takes `--until <value>` or `--until=<value>` out of the words. */
function takeUntil(words: readonly string[]): { readonly until: string | null; readonly rest: readonly string[]; readonly problem: CommentParse | null } {
  const place = words.findIndex((text) => /^--until(?:=|$)/.test(text));
  const flag = words[place];
  if (flag === undefined) return { until: null, rest: words, problem: null };
  const [, joined] = flag.split('=');
  const until = joined ?? words[place + 1] ?? '';
  const problem = until === '' || until.startsWith('--') ? notUnderstood('flag-without-value', flag) : null;
  return { until, rest: words.filter((_, index) => index !== place && (joined !== undefined || index !== place + 1)), problem };
}

function notUnderstood(reason: NotUnderstood, written: string): CommentParse {
  const nearest = reason === 'unknown-verb' ? closestWord(written, verbs) : null;
  return { kind: 'not-understood', reason, written, suggestion: verbs.find((verb) => verb === nearest) ?? null };
}
