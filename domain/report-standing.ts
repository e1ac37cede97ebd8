import { missingApprovals } from './approval.ts';
import type { Phrase } from './markdown-text.ts';
import type { Instant } from './time.ts';
import type { RunStanding, WindowStatus } from './window-status.ts';

/** One of the five lines everybody reads. */
interface StandingLine {
  readonly label: string;
  readonly text: Phrase;
}

/** What people ordered about the run, for the part about the plan: approvals, a freeze, its override. */
export function standingPhrases({ standing, phase }: WindowStatus): readonly Phrase[] {
  if (standing === undefined) return [];
  const { approval, freeze } = standing;
  const said: Phrase[] = [];
  if (approval.override !== null && approval.kind === 'granted') {
    const { who, when, why } = approval.override;
    const others = approval.approvers.filter((each) => each.who.toLowerCase() !== who.toLowerCase());
    said.push([{ strong: 'Freeze overridden' }, ' for ', { name: why }, ' by ', { name: who }, ', asked ', { at: when, form: 'dated' }, ', approved by ', ...listed(others), '; for this cluster and this opening alone.']);
  }
  if (approval.approvers.length > 0) said.push([`Approved by ${approval.approvers.length} of ${approval.required}: `, ...listed(approval.approvers), '; bound to this plan and to the policy file', ...versionOf(standing), '.']);
  for (const { who, when, changed } of approval.voided) said.push(['The approval of ', { name: who }, ', ', { at: when, form: 'dated' }, `, is void: the ${changed === 'plan' ? 'plan' : 'policy file'} changed since.`]);
  if (freeze !== null) said.push([phase === 'ended' ? 'It was frozen by ' : 'Frozen by ', ...frozenBy(freeze), '.']);
  return said;
}

function versionOf({ policyVersion }: RunStanding): Phrase {
  return policyVersion === '' ? [] : [' ', { name: policyVersion.slice(0, 12) }];
}

function listed(people: readonly { readonly who: string; readonly when: Instant }[]): Phrase {
  return people.flatMap(({ who, when }, index): Phrase => [index === 0 ? '' : ', ', { name: who }, ' (', { at: when, form: 'dated' }, ')']);
}

function frozenBy({ who, when, until, why }: NonNullable<RunStanding['freeze']>): Phrase {
  return [{ name: who }, ' since ', { at: when, form: 'dated' }, ...(until === null ? [', until somebody ends it'] : [', until ', { at: until, form: 'dated' } as const]), ...(why === '' ? [] : [' (', { name: why } as const, ')'])];
}

function announcedBy({ deployment }: RunStanding): Phrase {
  if (deployment == null) return [];
  const { who, when, until, why } = deployment;
  return [', announced by ', { name: who }, ' ', { at: when, form: 'clock' }, ', at the latest ', { at: until, form: 'clock' }, ' (', { name: why }, ')'];
}

/** The lines below the first while a run waits for people's orders; null when it does not. */
export function linesWhileOrdered({ standing }: WindowStatus): readonly StandingLine[] | null {
  if (standing === undefined || standing.waitsFor === null) return null;
  const { approval, freeze, lastUsefulStart } = standing;
  const last: Phrase = lastUsefulStart === null ? [] : ['the last useful start is ', { at: lastUsefulStart, form: 'dated' }, '. '];
  const fate: StandingLine = { label: 'If nobody acts:', text: [...last, 'After that it is left for the next window; nothing in it is touched.'] };
  if (freeze !== null) {
    return [
      { label: 'Waiting for:', text: ['the end of a freeze: frozen by ', ...frozenBy(freeze), '.'] },
      { label: 'Needed:', text: [{ command: '/unfreeze' }, ' by somebody with admin, once its reason is gone; the run goes on by itself while what is left still fits.'] },
      fate,
      { label: 'You can:', text: [{ command: '/unfreeze' }, ' end the freeze · ', { command: '/abort' }, ' end the run here; nothing is rolled back.'] },
    ];
  }
  if (standing.waitsFor === 'deployment') {
    return [
      { label: 'Waiting for:', text: ['the end of a deployment of Slackwater', ...announcedBy(standing), '.'] },
      { label: 'Needed:', text: ['nothing; the run goes on by itself when the deployment is over.'] },
      fate,
      { label: 'You can:', text: [{ command: '/abort' }, ' end the run here; nothing is rolled back.'] },
    ];
  }
  const voided: Phrase = approval.voided.length === 0 ? [] : [' Void, because plan or policy changed since: ', ...listed(approval.voided), '.'];
  return [
    { label: 'Waiting for:', text: [`approval: ${missingApprovals(approval)}.`, ...(approval.approvers.length === 0 ? [] : [' Approved by ', ...listed(approval.approvers), '.']), ...voided] },
    { label: 'Needed:', text: [{ command: '/approve' }, ' by people who may; the run starts by itself once enough have, while the rest still fits.'] },
    fate,
    { label: 'You can:', text: [{ command: '/plan' }, ' see the plan · ', { command: '/approve' }, ' agree to it · ', { command: '/abort' }, ' end the run here; nothing is rolled back.'] },
  ];
}

/** What people have to do, after a run that their orders kept from starting something; null where none did. */
export function neededForOrders({ standing }: WindowStatus): Phrase | null {
  if (standing === undefined || standing.waitsFor === null) return null;
  if (standing.isCancelled) return ['nothing: a program took the run back.'];
  if (standing.freeze !== null) return ['the end of the freeze: frozen by ', ...frozenBy(standing.freeze), '; ', { command: '/unfreeze' }, ' once its reason is gone.'];
  if (standing.waitsFor === 'deployment') return ['nothing: a deployment of Slackwater', ...announcedBy(standing), ' lasted until nothing fitted any more.'];
  return [`approval in time: ${missingApprovals(standing.approval)}. `, { command: '/approve' }, ' here approves the plan of the next opening.'];
}
