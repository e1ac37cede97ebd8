import type { Phrase } from './markdown-text.ts';
import { minorOf } from './kubernetes-version.ts';
import { startCutOff } from './upgrade-plan.ts';
import type { PlannedUnit, UnitName } from './upgrade-plan.ts';
import type { WindowStatus } from './window-status.ts';

/** `usr-1, usr-2 and 3 more`: at most `shownMax` names. */
export function namesOf(names: readonly string[], shownMax: number): Phrase {
  const shown = names.slice(0, shownMax).flatMap((name, index): Phrase => (index === 0 ? [{ name }] : [', ', { name }]));
  return names.length > shownMax ? [...shown, ` and ${names.length - shownMax} more`] : shown;
}

/** `control plane`, or the pool's name. */
export function poolPhrase(unit: UnitName | 'run'): Phrase {
  if (unit === 'run') return ['the run'];
  return unit === 'control-plane' ? ['control plane'] : [{ name: unit.slice('pool/'.length) }];
}

/** `the control plane`, `pool usr`, or `the run`. */
export function unitPhrase(unit: UnitName | 'run'): Phrase {
  return unit.startsWith('pool/') ? ['pool ', ...poolPhrase(unit)] : unit === 'run' ? ['the run'] : ['the control plane'];
}

/** `11 min`, `2 h 5 min`. Whole minutes, ≥ 0. */
export function spellMinutes(minutes: number): string {
  const whole = Math.max(0, Math.floor(minutes));
  if (whole < 60) return `${whole} min`;
  return whole % 60 === 0 ? `${whole / 60} h` : `${Math.floor(whole / 60)} h ${whole % 60} min`;
}

/** Whether a unit could be done in the run's window if it began with it. */
export function fitsWindow(unit: Pick<PlannedUnit, 'estimateMinutes'>, { window }: Pick<WindowStatus, 'window'>): boolean {
  return startCutOff(unit, window.closes) >= window.opens;
}

/** `1 node`, `3 nodes`. */
export function nodeCount(count: number): string {
  return count === 1 ? '1 node' : `${count} nodes`;
}

/**
 * A clause about a control plane that is ahead of its pools, which AKS supports for three minors; null when it is not, or
 * the run does not move it.
 */
export function mixedVersions({ units }: WindowStatus): string | null {
  const controlPlane = units.find(({ unit, state }) => unit === 'control-plane' && state === 'upgraded');
  const to = controlPlane === undefined ? null : minorOf(controlPlane.to);
  const behind = units.filter(({ unit, state, from }) => unit !== 'control-plane' && state !== 'upgraded' && minorOf(from) !== null && minorOf(from) !== to);
  if (to === null || behind.length === 0) return null;
  const minors = [...new Set(behind.flatMap(({ from }) => minorOf(from) ?? []))].sort().join(', ');
  return `Control plane ${to}, pools ${minors}: supported while pools are at most three minors behind; a control plane cannot go back`;
}

/** The last moment any unit of the run was at work; null when none was. */
export function lastEnd({ units }: WindowStatus): number | null {
  const ends = units.flatMap(({ endedAt }) => endedAt ?? []);
  return ends.length === 0 ? null : Math.max(...ends);
}
