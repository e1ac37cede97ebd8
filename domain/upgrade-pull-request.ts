import type { CheckedPolicy } from './checked-policy.ts';
import { formatBothDated } from './local-time.ts';
import { codeSpan, prose, visibleText } from './markdown-text.ts';
import { renderPlan } from './plan-markdown.ts';
import { renderPreflightMarkdown } from './preflight-markdown.ts';
import { isAbout } from './support-notice.ts';
import type { SupportNotice } from './support-notice.ts';
import { clusterNameOf } from './window-identity.ts';

/** One policy that an upgrade pull request raises. */
export interface RaisedPolicy {
  /** What the changed policy would do now, as its check run will show it. */
  readonly checked: CheckedPolicy;
  readonly from: string;
  readonly to: string;
  readonly step: 'minor' | 'patch';
  /** What the control plane runs. */
  readonly running: string;
  /** What Azure said of its support; null when it said nothing. */
  readonly support: SupportNotice | null;
}

/** A cluster of a group that the pull request leaves out. */
export interface LeftOutPolicy {
  readonly clusterName: string;
  /** A clause without a full stop. */
  readonly why: string;
}

/** GitHub takes 65 536 characters of a body. */
const BODY_CHARACTERS_MAX = 60_000;
/** GitHub takes 256 characters of a title. */
const TITLE_CHARACTERS_MAX = 240;

/** Title, and the words of the one commit, which stay the same whatever version comes next. */
export function titleOfUpgrade(raised: readonly Pick<RaisedPolicy, 'checked' | 'to'>[]): { readonly title: string; readonly message: string } {
  const [only, ...others] = raised;
  const name = only?.checked.policy.name ?? '';
  if (others.length === 0) return { title: visibleText(`Raise Kubernetes of ${name} to ${only?.to ?? ''}`, TITLE_CHARACTERS_MAX), message: visibleText(`Raise Kubernetes of ${name}`, TITLE_CHARACTERS_MAX) };
  return { title: `Raise Kubernetes of ${raised.length} clusters`, message: 'Raise Kubernetes of the fleet' };
}

/**
 * The pull request's text: what changes, until when Azure supports what runs, what the plan and preflight say now, how to try it.
 *
 * Says of support only what Azure said. At most 60 000 characters; what others wrote is escaped.
 */
export function renderUpgrade(raised: readonly RaisedPolicy[], leftOut: readonly LeftOutPolicy[], branch: string): string {
  const rows = raised.map(({ checked, from, to, running }) => `| ${codeSpan(clusterNameOf(checked.policy.clusterResourceId))} | ${codeSpan(running)} | ${codeSpan(from)} | ${codeSpan(to)} | ${codeSpan(checked.policy.source)} |`);
  const head = [
    raised.length === 1 ? 'AKS offers this cluster a newer Kubernetes than its policy asks for.' : 'AKS offers these clusters a newer Kubernetes than their policies ask for.',
    ['| Cluster | Runs | Policy asks for | Would ask for | File |', '| --- | --- | --- | --- | --- |', ...rows].join('\n'),
    raised.map(changeLine).join('\n'),
    `**Support**\n\n${raised.map(supportLine).join('\n')}`,
    tryIt(raised, branch),
    leftOut.length === 0 ? '' : `<details><summary><b>Left out</b> (${leftOut.length})</summary>\n\n${leftOut.map(({ clusterName, why }) => `- ${codeSpan(clusterName)}: ${prose(why, 'mid-line')}`).join('\n')}\n\n</details>`,
  ];
  let body = head.filter((part) => part !== '').join('\n\n');
  for (const [index, one] of raised.entries()) {
    const longer = `${body}\n\n${foundNow(one)}`;
    if (longer.length > BODY_CHARACTERS_MAX) return `${body}\n\n${raised.length - index} more plans are left out here; the check runs show them.`;
    body = longer;
  }
  return body;
}

function changeLine({ checked, from, to, step }: RaisedPolicy): string {
  const name = codeSpan(checked.policy.name);
  const what = step === 'minor' ? 'a new minor: APIs may be removed, see the findings below' : 'a newer patch of the same minor';
  return `- ${name}: \`target.kubernetesVersion\` from ${codeSpan(from)} to ${codeSpan(to)}, ${what}. Only this value changes.`;
}

function supportLine({ checked, running, support }: RaisedPolicy): string {
  const name = codeSpan(clusterNameOf(checked.policy.clusterResourceId));
  if (support === null || !isAbout(support, running)) return `- ${name}: Azure has told nothing here about the end of support of ${codeSpan(running)}.`;
  const { timeZone } = checked.policy.window;
  const said = support.when === null ? '' : ` (told ${formatBothDated(support.when, timeZone)})`;
  const verb = support.said === 'ended' ? 'has ended' : 'ends';
  const day = support.lastDay === null ? '; Azure named no day' : `${support.said === 'ended' ? ', last day' : ' on'} ${support.lastDay}`;
  return `- ${name}: Azure says that support of ${codeSpan(support.version)} ${verb}${day}${said}.`;
}

function tryIt(raised: readonly RaisedPolicy[], branch: string): string {
  const [first] = raised;
  if (first === undefined) return '';
  const { source, clusterResourceId } = first.checked.policy;
  const command = (verb: string): string => `slackwater ${verb} --cluster ${clusterResourceId} --policy ${source}`;
  return [
    '**Try it**',
    `- The check run on this pull request shows openings, plan and preflight as they are then; "Re-run" looks again.\n- On your machine, signed in with \`az login\`, on branch ${codeSpan(branch)}: ${codeSpan(command('plan'), 600)}, and the same with \`preflight\`.\n- Merging starts nothing at once: the cluster is upgraded in its next opening. Closing keeps things as they are; for this version nothing is opened again.`,
  ].join('\n\n');
}

function foundNow({ checked }: RaisedPolicy): string {
  const { policy, look } = checked;
  const name = codeSpan(clusterNameOf(policy.clusterResourceId));
  if (look.kind === 'not-read') return `**${name} could not be looked at.** ${prose(look.why)}`;
  return `### What it would do to ${name}\n\n${renderPlan(look.plan, look.opening, policy.window.timeZone)}\n\n### Preflight of ${name}\n\n${renderPreflightMarkdown(look.report)}`;
}

/** Why an upgrade pull request is closed; `why` is a clause without a full stop. */
export function answerOvertaken(why: string): string {
  return `Closed: there is nothing to raise any more, because ${prose(why, 'mid-line')}. When AKS offers more, a new pull request is opened.`;
}
