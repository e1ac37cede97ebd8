import type { Verb } from './operator-decision.ts';

/** Rights on a repository, weakest first, in GitHub's words. */
export const permissionLevels = ['none', 'read', 'triage', 'write', 'maintain', 'admin'] as const;
export type PermissionLevel = (typeof permissionLevels)[number];

/** Flags of commands; each takes a value. */
export const commandFlags = ['until', 'reason', 'override-freeze', 'outside-window'] as const;
export type CommandFlag = (typeof commandFlags)[number];

/** How one command is written, what it does and who may give it. */
interface VerbGrammar {
  /** Half a sentence for people. */
  readonly summary: string;
  /** What may follow the verb, as help shows it. */
  readonly usage: string;
  /** The weakest repository permission that may give it. */
  readonly least: PermissionLevel;
  /** `name`: a cluster or pool · `place`: `namespace/name` · `time`: a duration or date, and a cluster. */
  readonly words: 'name' | 'place' | 'time';
  readonly flags: readonly CommandFlag[];
}

/** Every command of this version, in the order people should read them: the only list; parser, permissions and help read it. */
const grammars: Readonly<Record<Verb, VerbGrammar>> = {
  help: { summary: 'shows this list', usage: '', least: 'read', words: 'name', flags: [] },
  status: { summary: 'shows where the run is, or what is planned', usage: '[cluster]', least: 'read', words: 'name', flags: [] },
  plan: { summary: 'shows what the next opening would do, made now', usage: '[cluster]', least: 'read', words: 'name', flags: [] },
  preflight: { summary: 'looks at the cluster now and shows what would block', usage: '[cluster]', least: 'read', words: 'name', flags: [] },
  rehearse: { summary: 'forecasts the next opening: when units would start, which evictions are refused now, and how to play the whole night', usage: '[cluster]', least: 'read', words: 'name', flags: [] },
  pause: { summary: 'starts nothing more until somebody says resume; what Azure does now goes on', usage: '[cluster]', least: 'write', words: 'name', flags: [] },
  'ack-loss': {
    summary: 'lets one named loss happen (a bare pod, data on a node) until the window closes, or as `--until 90m` says',
    usage: 'namespace/name [--until TIME] [--reason TEXT]',
    least: 'write',
    words: 'place',
    flags: ['until', 'reason'],
  },
  postpone: {
    summary: 'moves the next opening, and only that, by a duration or to a date',
    usage: 'DURATION|DATE [cluster] [--reason TEXT]',
    least: 'write',
    words: 'time',
    flags: ['reason'],
  },
  upgrade: {
    summary: 'asks for a run in the window that is open, else in the next; opens nothing outside a window',
    usage: '[cluster] [--override-freeze REASON]',
    least: 'maintain',
    words: 'name',
    flags: ['override-freeze'],
  },
  approve: { summary: 'approves the plan of the next run as it is now; void once plan or policy change', usage: '[cluster]', least: 'maintain', words: 'name', flags: [] },
  resume: { summary: 'ends a pause: goes on, or looks again at once', usage: '[cluster]', least: 'maintain', words: 'name', flags: [] },
  retry: { summary: 'tries a stopped pool once more', usage: '[pool]', least: 'maintain', words: 'name', flags: [] },
  skip: { summary: 'leaves a pool as it is and goes on with the others', usage: '[pool]', least: 'maintain', words: 'name', flags: [] },
  abort: { summary: 'stops Azure now and ends the run; nothing is rolled back', usage: '[cluster]', least: 'maintain', words: 'name', flags: [] },
  release: { summary: 'takes the quarantine label off a node whose pods can leave now, so that Azure takes it up again', usage: '[cluster/]node', least: 'maintain', words: 'name', flags: [] },
  resolve: {
    summary: 'has Azure go on with a pool, or a cluster, that it holds as failed: the same request once more, in an open window',
    usage: '[cluster/]pool|cluster [--outside-window REASON]',
    least: 'admin',
    words: 'name',
    flags: ['outside-window'],
  },
  rollback: {
    summary: 'takes a pool back to the version and image before its last upgrade, within 7 days, in an open window; a control plane never goes back',
    usage: '[cluster/]pool [--outside-window REASON]',
    least: 'admin',
    words: 'name',
    flags: ['outside-window'],
  },
  freeze: {
    summary: 'starts nothing on the cluster, in a running window too, until unfreeze or the time given; what is in flight goes on',
    usage: '[cluster] [--until TIME] [--reason TEXT]',
    least: 'admin',
    words: 'name',
    flags: ['until', 'reason'],
  },
  unfreeze: { summary: 'ends a freeze that somebody said', usage: '[cluster] [--reason TEXT]', least: 'admin', words: 'name', flags: ['reason'] },
};

const isVerb = (word: string): word is Verb => word in grammars;

/** Every verb of this version, in the order people should read them. */
export const verbs: readonly Verb[] = Object.keys(grammars).filter(isVerb);

/** How a command is written. */
export function grammarOf(verb: Verb): VerbGrammar {
  return grammars[verb];
}
