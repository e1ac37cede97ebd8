/** A moment. Unit: milliseconds since 1970-01-01T00:00Z, whole. A number, because history and replay need plain JSON. */
export type Instant = number;

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** A span of time, closed at the start and open at the end, so that adjacent spans neither overlap nor leave a gap. */
export interface Span {
  readonly opens: Instant;
  readonly closes: Instant;
}

/** Whether `moment` lies in `span`: `opens` is in, `closes` is out. */
export function isInside(moment: Instant, span: Span): boolean {
  return span.opens <= moment && moment < span.closes;
}

/** Whole minutes from `from` to `to`, rounded down; negative when `to` is earlier. */
export function minutesBetween(from: Instant, to: Instant): number {
  return Math.floor((to - from) / MINUTE_MS);
}
