import type { Outcome } from '../domain/failure.ts';
import { endHold, shortestStart, type Hold } from '../domain/hold.ts';
import { explainWhole, findUnread, isKubernetesUnread, needOf, UNREAD_CODE, type KubernetesFailure, type KubernetesNeed } from '../domain/kubernetes-unread.ts';
import { letGoKey } from '../domain/notice-markdown.ts';
import { MINUTE_MS, SECOND_MS, type Instant } from '../domain/time.ts';
import { unitsOf } from '../domain/window-story.ts';
import type { Step } from './flow.ts';
import { guarded, patiently, waitSecondsAfter } from './patience.ts';
import { hear } from './window-decision.ts';
import { listen, startHold } from './window-hold.ts';
import { emit, noteLook, noteSight, notify, say, update, type WindowRun } from './window-run.ts';
import { publish } from './window-words.ts';

/** Failed reads in a row before people are told, and before Kubernetes counts as out of reach: some minutes. */
const FAILURES_TOLD = 2;
/** Between two looks for a Kubernetes API that is out of reach, unless the run's turn says more; a word or an event of AKS brings the next forward. Unit: minutes. */
const LOOK_MINUTES = 5;
/** How long Kubernetes is waited for at the last look, where the policy can do without. Unit: minutes. */
const LAST_LOOK_MINUTES = 5;

/**
 * Reads until the window closes, tells people that it cannot, and hears them meanwhile: an abort ends the wait.
 *
 * While Kubernetes alone cannot be read the run is held and looks again, or goes on by Azure Resource Manager alone where the policy
 * says `optional`. What else is terminal is answered at once.
 */
export function* readAttentively<T>(run: WindowRun, read: (kubernetesApi: KubernetesNeed) => Step<Outcome<T>>): Step<Outcome<T>> {
  const { flow, input } = run;
  for (let tries = 0; ; tries += 1) {
    const outcome = yield* guarded(read(run.sight === 'azure-alone' ? 'optional' : 'required'));
    if (outcome.ok) {
      letGo(run);
      return outcome;
    }
    const { failure } = outcome;
    const unread = isKubernetesUnread(failure) && (failure.class === 'terminal' || tries >= FAILURES_TOLD) ? failure : null;
    if (unread !== null && needOf(input.policy) === 'optional') {
      noteSight(run, unread.message);
    } else if (unread !== null) {
      yield* holdUnread(run, unread);
      if ((yield* waitHeld(run)) === 'over') return outcome;
    } else {
      if (failure.class === 'terminal') return outcome;
      const next = flow.now() + waitSecondsAfter(failure, tries) * SECOND_MS;
      if (next >= input.opening.closes) return outcome;
      if (tries === FAILURES_TOLD) say(run, `The cluster cannot be read yet: ${failure.code}. It is tried again until the window closes.`);
      if (tries >= FAILURES_TOLD) yield* publish(run);
      yield* hear(run, next);
      if (run.abortedBy !== null) return outcome;
    }
  }
}

/** Looks until `until`; where the policy can do without Kubernetes, some minutes with it and then without. */
export function* lookSeeing<T>(run: WindowRun, until: Instant, look: (kubernetesApi: KubernetesNeed) => Step<Outcome<T>>): Step<Outcome<T>> {
  const { flow, input } = run;
  if (run.sight === 'azure-alone') return yield* patiently(flow, until, () => look('optional'));
  if (needOf(input.policy) === 'required') return yield* patiently(flow, until, () => look('required'));
  const seen = yield* patiently(flow, Math.min(until, flow.now() + LAST_LOOK_MINUTES * MINUTE_MS), () => look('required'));
  return seen.ok || !isKubernetesUnread(seen.failure) ? seen : yield* patiently(flow, until, () => look('optional'));
}

function unreadHold({ status }: WindowRun): Hold | undefined {
  return status.holds.find(({ unit, state, causes }) => unit === 'run' && state === 'waiting' && causes.some(({ code }) => code === UNREAD_CODE));
}

/** Withholds the run, and shows what Azure alone says it would do; later looks only tell the cause as it then is. */
function* holdUnread(run: WindowRun, failure: KubernetesFailure): Step<void> {
  const { flow, input } = run;
  const { policy, opening } = input;
  const { code, where, message, remedy, owner, severity, pools } = findUnread(failure, 'required');
  const cause = { code, where, message, remedy, owner };
  const others = run.status.findings.filter((finding) => finding.code !== code);
  update(run, { findings: [{ ...cause, severity, pools }, ...others] });
  noteLook(run, flow.now());
  const held = unreadHold(run);
  if (held !== undefined) return update(run, { holds: run.status.holds.map((hold) => (hold === held ? { ...hold, causes: [cause] } : hold)) });
  const state = run.plan === null ? yield* guarded(flow.call('takeSnapshot', { clusterResourceId: policy.clusterResourceId, kubernetesApi: 'optional' })) : null;
  const plan = state === null || !state.ok ? run.plan : (yield* flow.call('makePlan', { policy, opening, state: state.value })).plan;
  const units = plan === null ? [] : unitsOf(plan).map((unit) => ({ ...unit, state: 'withheld' as const, note: code }));
  update(run, { units });
  startHold(run, 'run', { causes: [cause], causesOmitted: 0 }, plan === null || plan.units.length === 0 ? 0 : shortestStart(plan.units));
  say(run, `Kubernetes cannot be read yet, so the run is withheld: ${code}. ${explainWhole(failure)}`);
}

/** Waits for the next look, hearing people; `over` when no start is useful any more, or somebody ended the run. */
function* waitHeld(run: WindowRun): Step<'look' | 'over'> {
  const { flow } = run;
  const until = unreadHold(run)?.lastUsefulStart ?? run.input.opening.closes;
  if (flow.now() >= until) return 'over';
  const next = Math.min(flow.now() + (run.input.heldLookMinutes ?? LOOK_MINUTES) * MINUTE_MS, until);
  update(run, { phase: 'held', nextAt: next });
  while (flow.now() < next && !run.isLookHinted && run.abortedBy === null) {
    yield* publish(run);
    yield* listen(run, next);
  }
  run.isLookHinted = false;
  return run.abortedBy === null ? 'look' : 'over';
}

/** Ends the hold of a run that can read Kubernetes again: it is planned, or judged, from what is there now. */
function letGo(run: WindowRun): void {
  const held = unreadHold(run);
  if (held === undefined) return;
  update(run, {
    holds: run.status.holds.map((hold) => (hold === held ? endHold(hold, 'cleared', run.flow.now()) : hold)),
    findings: run.status.findings.filter(({ code }) => code !== UNREAD_CODE),
    units: run.plan === null ? [] : unitsOf(run.plan),
    phase: run.plan === null ? 'planning' : 'preflight',
    nextAt: null,
  });
  emit(run, 'hold.cleared', { unit: 'run', attempt: held.number });
  say(run, 'Kubernetes can be read again; the run is withheld no more.');
  notify(run, 'resumed', letGoKey(held.number));
}
