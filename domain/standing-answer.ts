import { missingApprovals, type ApprovalStanding } from './approval.ts';
import { formatBothDated } from './local-time.ts';
import type { WindowOpening } from './maintenance-policy.ts';
import { codeSpan, prose } from './markdown-text.ts';
import type { Verb } from './operator-decision.ts';
import type { Freeze } from './standing-order.ts';
import type { Instant } from './time.ts';

/** What every answer about a cluster names. */
export interface AnsweredCluster {
  readonly clusterName: string;
  readonly timeZone: string;
}

const quoted = (why: string): string => (why === '' ? '' : ` Reason: ${codeSpan(why, 200)}.`);

/** `Sat 19 Dec 22:00 (21:00Z) to Sun 20 Dec 04:00 (03:00Z)`. */
function spanOf({ opens, closes }: Pick<WindowOpening, 'opens' | 'closes'>, timeZone: string): string {
  return `${formatBothDated(opens, timeZone)} to ${formatBothDated(closes, timeZone)}`;
}

/** A name that fits several clusters, or none. */
export function answerWhichCluster(verb: Verb, kind: 'which-one' | 'unknown', names: readonly string[]): string {
  if (names.length === 0) return `No cluster has a policy that reports here, so ${codeSpan(verb)} has nothing to be about. Nothing was changed.`;
  const listed = names.slice(0, 20).map((name) => codeSpan(name)).join(' or ');
  const ask = kind === 'which-one' ? `Which one: ${listed}?` : `No cluster of that name has a policy that reports here. There ${names.length === 1 ? 'is' : 'are'}: ${listed}.`;
  return `${ask} Nothing was changed. Say it with the full name, for example ${codeSpan(`/slackwater ${verb} ${names[0] ?? ''}`)}.`;
}

/** A freeze that was kept. */
export function answerFrozen({ clusterName, timeZone }: AnsweredCluster, until: Instant | null, why: string, run: 'run-under-way' | 'no-run'): string {
  const end = until === null ? `until somebody says ${codeSpan('unfreeze')}` : `until ${formatBothDated(until, timeZone)}, or until somebody says ${codeSpan('unfreeze')}`;
  const live = run === 'run-under-way' ? ' In the run under way no further unit starts; what Azure is doing now goes on.' : '';
  return `Frozen: nothing is started on ${codeSpan(clusterName)} ${end}.${live}${quoted(why)} It is kept on the branch ${codeSpan('slackwater-state')}.`;
}

/** What unfreezing came to. */
export function answerUnfrozen({ clusterName, timeZone }: AnsweredCluster, standing: Freeze | null, ended: readonly Freeze[]): string {
  if (standing !== null) {
    return `Two opposite commands within a second: ${codeSpan(clusterName)} stays frozen by ${codeSpan(standing.who)}, because that is the safer of the two. Say ${codeSpan('unfreeze')} again if it is meant.`;
  }
  const [first] = ended;
  if (first === undefined) return `Nobody froze ${codeSpan(clusterName)} by a command, so there is nothing to end. Dates that the policy does not allow stay as the policy has them. Nothing was changed.`;
  return `Unfrozen: ${codeSpan(clusterName)} starts again as its windows say. It was frozen by ${codeSpan(first.who)} since ${formatBothDated(first.when, timeZone)}.`;
}

/** Why an opening is not moved, or where it went. */
export function answerPostponed({ clusterName, timeZone }: AnsweredCluster, from: WindowOpening, to: WindowOpening, why: string): string {
  return `Moved: this one opening of ${codeSpan(clusterName)} opens ${formatBothDated(to.opens, timeZone)} instead of ${formatBothDated(from.opens, timeZone)}, and closes ${formatBothDated(to.closes, timeZone)}.${quoted(why)} Every other opening stays. Approvals given for the earlier time do not count for the new one.`;
}

/** What keeps an opening from being moved as asked; a stable word each. */
export type PostponementRefusal = 'no-opening' | 'run-under-way' | 'not-later' | 'frozen' | 'beyond-next' | 'already-used';

/** A refusal to move an opening, with the reason. */
export function answerNotPostponed(refusal: PostponementRefusal, { clusterName, timeZone }: AnsweredCluster, limit: Instant | null): string {
  const name = codeSpan(clusterName);
  const when = limit === null ? '' : formatBothDated(limit, timeZone);
  const reasons: Readonly<Record<PostponementRefusal, string>> = {
    'no-opening': `${name} has no opening to move: its window never opens again.`,
    'run-under-way': `The run of this opening of ${name} is under way. Say ${codeSpan('pause')} to start nothing more, or ${codeSpan('abort')} to end it.`,
    'already-used': `This opening of ${name} has had its run. Say it again once it has closed, to move the next one.`,
    'not-later': `That is not later than the opening it would move (${when}).`,
    frozen: 'It would open on a date that the policy does not allow.',
    'beyond-next': `It would run into the next opening, ${when}.`,
  };
  return `Refused: ${reasons[refusal]} Nothing was changed.`;
}

/** How many approvals an opening has and lacks. */
export function describeApprovals(standing: ApprovalStanding): string {
  if (standing.kind === 'not-needed') return 'The policy asks for no approval.';
  const names = standing.approvers.map(({ who }) => codeSpan(who)).join(', ');
  const given = standing.approvers.length === 0 ? 'Nobody has approved yet' : `Approved by ${names}`;
  const voided = standing.voided.map(({ who, changed }) => ` The approval of ${codeSpan(who)} is void: the ${changed === 'plan' ? 'plan' : 'policy file'} changed since.`).join('');
  return standing.kind === 'granted' ? `${given}: that is enough.${voided}` : `${given}; ${missingApprovals(standing)}.${voided}`;
}

/** What approving came to. */
export function answerApproved({ clusterName, timeZone }: AnsweredCluster, opening: WindowOpening, digest: string, standing: ApprovalStanding): string {
  const bound = `It is bound to plan ${codeSpan(digest.slice(0, 12))} and to the policy file as it is now; a changed plan or a push to the file makes it void.`;
  return `Approved for ${codeSpan(clusterName)}, ${spanOf(opening, timeZone)}. ${bound} ${describeApprovals(standing)}`;
}

/** An approval of a run whose policy changed since the run began. */
export function answerApprovalTooLate({ clusterName }: AnsweredCluster): string {
  return `Refused: the policy of ${codeSpan(clusterName)} was changed after this run began, and the run goes by what it was. An approval of the new one cannot count for it. Nothing was changed; approve the next opening instead.`;
}

/** Somebody who belongs to none of the teams that a policy names. */
export function answerNotInTeam(verb: Verb, teams: readonly string[], doubt: 'no-member' | 'unknown'): string {
  const named = teams.map((team) => codeSpan(team)).join(' or ');
  const why = doubt === 'no-member' ? 'you are in none' : 'GitHub did not say whether you are';
  return `Refused: the policy lets members of ${named} say ${codeSpan(verb)}, and ${why}. Nothing was changed.`;
}

/** What a request for a run came to; nothing is ever opened outside a window. */
export type RequestedUpgrade =
  | { readonly kind: 'run-under-way'; readonly runId: string }
  | { readonly kind: 'open'; readonly opening: WindowOpening }
  | { readonly kind: 'next'; readonly opening: WindowOpening; readonly frozenBefore: { readonly opens: Instant; readonly reason: string } | null }
  | { readonly kind: 'overridden'; readonly opening: WindowOpening; readonly reason: string }
  | { readonly kind: 'nothing-to-override'; readonly opening: WindowOpening | null }
  | { readonly kind: 'never' };

/** The answer to a request for a run. */
export function answerUpgrade({ clusterName, timeZone }: AnsweredCluster, asked: RequestedUpgrade, standing: ApprovalStanding | null, why: string): string {
  const name = codeSpan(clusterName);
  const approvals = standing === null || standing.kind === 'not-needed' ? '' : ` ${describeApprovals(standing)}`;
  switch (asked.kind) {
    case 'run-under-way':
      return `Run ${codeSpan(asked.runId)} of ${name} is under way; a second is never started beside it. Nothing was changed.`;
    case 'open':
      return `Noted: the window of ${name} is open until ${formatBothDated(asked.opening.closes, timeZone)}, and its run starts within 5 min, if what is planned still fits.${approvals}`;
    case 'next': {
      const frozen = asked.frozenBefore === null ? '' : ` The one on ${formatBothDated(asked.frozenBefore.opens, timeZone)} stays shut: ${prose(asked.frozenBefore.reason, 'mid-line')}. An admin may open that one with ${codeSpan('--override-freeze REASON')}.`;
      return `Noted. Nothing is started outside a window: ${name} is upgraded in its next opening, ${spanOf(asked.opening, timeZone)}.${frozen}${approvals}`;
    }
    case 'overridden':
      return `Noted: the freeze (${prose(asked.reason, 'mid-line')}) is to be overridden for ${codeSpan(why, 200)}, for ${name} alone and for this opening alone: ${spanOf(asked.opening, timeZone)}. Who asks cannot approve alone.${approvals} Say ${codeSpan('approve')}; without it the opening stays shut.`;
    case 'nothing-to-override': {
      const next = asked.opening === null ? 'and its window never opens again' : `and its next opening is ${spanOf(asked.opening, timeZone)}`;
      return `No freeze stands before the next opening of ${name}, ${next}; there is nothing to override. Nothing was changed.`;
    }
    case 'never':
      return `The window of ${name} never opens again, and nothing is started outside a window. Nothing was changed.`;
  }
}

/** A policy file with faults may hold rules of teams, and nobody can read them. */
export function answerRulesUnknown(verb: Verb): string {
  return `Refused: a policy file on the default branch has faults, so it is not known which teams may say ${codeSpan(verb)} here. Nothing was changed. Mend the file; ${codeSpan('pause')}, ${codeSpan('skip')} and ${codeSpan('abort')} work meanwhile.`;
}

/** A time that is over already. */
export function explainPassed(until: Instant, timeZone: string): string {
  return `${formatBothDated(until, timeZone)} has passed already. Nothing was changed.`;
}
