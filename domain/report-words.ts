import type { Phrase } from './markdown-text.ts';
import type { UnitName } from './upgrade-plan.ts';

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

/** `1 node`, `3 nodes`. */
export function nodeCount(count: number): string {
  return count === 1 ? '1 node' : `${count} nodes`;
}
