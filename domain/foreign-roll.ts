import { foreignRollMarker, withMarker } from './hidden-marker.ts';
import { renderPhrase } from './markdown-text.ts';
import type { Phrase } from './markdown-text.ts';
import { MINUTE_MS } from './time.ts';
import type { Instant } from './time.ts';
import type { UnitStatus, WindowStatus } from './window-status.ts';

/** A roll of a node pool that began in a run's window after the run had ended. */
export interface ForeignRoll {
  readonly pool: string;
  readonly at: Instant;
  /** Whom Azure's activity log names; null where it names nobody. */
  readonly by: string | null;
  /** AKS's own channel for node images, where one is on; null where none is, or that is not known. */
  readonly channel: string | null;
  /** The image AKS offers the pool now, as AKS spells it; null where that is not known. */
  readonly image: string | null;
}

/** An event is as late as its writer's clock; our own last roll may be told within it. Unit: minutes. */
const OWN_EVENT_MINUTES = 2;

/** The ended run in whose window a roll began that is none of its own; null when there is none, or nowhere to tell it. */
export function runOvertaken(status: WindowStatus | null, at: Instant): WindowStatus | null {
  if (status === null || status.phase !== 'ended' || status.issue === null || at >= status.window.closes) return null;
  const endedAt = status.timeline.at(-1)?.at ?? status.window.opens;
  return at > endedAt + OWN_EVENT_MINUTES * MINUTE_MS ? status : null;
}

/**
 * The one comment that says so: who rolls, to what, and what the run's own proof still stands for.
 *
 * One for each pool and beginning of a roll, so that a repeated event finds it.
 */
export function renderForeignRoll(status: WindowStatus, roll: ForeignRoll): { readonly marker: string; readonly body: string } {
  const marker = foreignRollMarker(status.runId, `${roll.pool}-${roll.at}`);
  const unit = status.units.find((each) => each.unit === `pool/${roll.pool}`);
  const what: Phrase = [{ strong: 'Not this run:' }, ' ', ...rollerOf(roll), ' began to roll pool ', { name: roll.pool }, ' at ', { at: roll.at, form: 'dated' }, ...imageOf(roll), '; nobody asked for it here.'];
  const then: Phrase = ['Slackwater neither stops nor drives it. Disruption budgets hold for its drains as for any. Preflight of the next window looks at what it leaves.'];
  const body = [what, provenOf(roll, unit), then].map((phrase) => renderPhrase(phrase, status.timeZone)).join('\n\n');
  return { marker, body: withMarker(body, marker) };
}

function rollerOf({ by, channel }: ForeignRoll): Phrase {
  if (by !== null) return [{ name: by }];
  return channel === null ? ['Somebody whom Azure does not name'] : ['AKS itself (node OS channel ', { name: channel }, ')'];
}

function imageOf({ image }: ForeignRoll): Phrase {
  return image === null ? [] : [', while the newest image it is offered is ', { name: image }];
}

function provenOf({ pool }: ForeignRoll, unit: UnitStatus | undefined): Phrase {
  if (unit?.state !== 'upgraded' || unit.endedAt === null) return ['This run had not rolled ', { name: pool }, '.'];
  return ['What this run proved stands for ', { name: unit.to }, ' until ', { at: unit.endedAt, form: 'clock' }, ' and no longer: nodes that come now were proven by no run.'];
}
