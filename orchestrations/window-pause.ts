import { spellMinutes } from '../domain/report-words.ts';
import { minutesBetween } from '../domain/time.ts';
import type { Instant } from '../domain/time.ts';
import type { Pause } from '../domain/window-status.ts';
import type { Step } from './flow.ts';
import { emit, notify, say, update, type WindowRun } from './window-run.ts';
import { publish } from './window-words.ts';

/**
 * Begins a pause and tells it once. `since`: when its cause began; null takes now. The same stop seen further, of one kind and
 * unit, is told in place without another notification.
 */
export function startPause(run: WindowRun, pause: Omit<Pause, 'since' | 'windowDeadline' | 'number' | 'toldAt' | 'stepsTold'>, since: Instant | null = null): void {
  const { pause: present } = run.status;
  // The same stop, seen further: told in place, without another notification, unless Azure stopped meanwhile.
  const isSameStop = present?.kind === pause.kind && present.unit === pause.unit && (present.drainDeadline === null) === (pause.drainDeadline === null);
  if (present !== null && isSameStop) {
    update(run, { pause: { ...present, ...pause } });
    return;
  }
  run.pauses += 1;
  run.holds += 1;
  run.pauseHold = run.holds;
  run.resumeOwed = null;
  const started = since ?? run.flow.now();
  update(run, { phase: 'paused', pause: { ...pause, since: started, windowDeadline: run.input.opening.closes, number: run.pauses, toldAt: run.flow.now(), stepsTold: 0 } });
  notify(run, 'paused', `paused-${run.pauses}`);
  emit(run, 'run.paused', { unit: 'run', attempt: run.pauses }, { unit: pause.unit, kind: pause.kind });
  emit(run, 'hold.started', { unit: pause.unit, attempt: run.pauseHold }, { causes: pause.causes.map(({ class: causeClass, node, pod, budgets }) => ({ class: causeClass, node, pod, budgets })) });
}

/** Ends a pause: `cleared` tells people that the run goes on; after `settled` they are told when the next attempt begins, or by the end. */
export function* endPause(run: WindowRun, how: 'cleared' | 'settled'): Step<void> {
  const { pause } = run.status;
  if (pause === null) return;
  update(run, { phase: 'upgrading', pause: null });
  const now = run.flow.now();
  emit(run, 'hold.cleared', { unit: pause.unit, attempt: run.pauseHold }, { minutes: minutesBetween(pause.since, now), class: pause.causes[0]?.class ?? pause.kind });
  run.resumeOwed = pause.number;
  const paused = spellMinutes(minutesBetween(pause.since, now));
  const who = pause.unit === 'run' ? 'The run' : pause.unit;
  if (how === 'settled') {
    say(run, `${who} was paused ${paused}${now >= pause.windowDeadline ? ', and nobody answered before the window closed' : ''}.`);
    return;
  }
  say(run, `${who} goes on after ${paused}.`);
  yield* tellOwedResume(run);
}

/** Tells that the run goes on after a pause, once it does. */
export function* tellOwedResume(run: WindowRun): Step<void> {
  const number = run.resumeOwed;
  if (number === null) return;
  run.resumeOwed = null;
  notify(run, 'resumed', `resumed-${number}`);
  emit(run, 'run.resumed', { unit: 'run', attempt: number });
  yield* publish(run);
}
