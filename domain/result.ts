/** Either a value or every fault found; nothing in the domain throws for bad input. */
export type Result<T, F> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly faults: readonly F[] };

/** One thing wrong with an input, told so that a person can mend it without reading code. */
export interface Fault {
  /** Stable kebab-case code; never changes its meaning. */
  readonly code: string;
  /** Where: a field path such as `spec.window.startTime`, a setting's name, a file. */
  readonly where: string;
  /** A sentence for a person. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** The success half of {@link Result}. */
export function succeed<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

/** The failure half of {@link Result}. `faults` must not be empty. */
export function refuse<F>(faults: readonly F[]): { readonly ok: false; readonly faults: readonly F[] } {
  return { ok: false, faults };
}
