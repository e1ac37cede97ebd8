/**
 * How a failed call to a service should be met.
 *
 * `transient`: the same call may be repeated later · `conflict`: somebody else is at work or the resource moved,
 * read again first · `terminal`: repeating cannot help, a person or a new plan must · `unreadable`: an answer came
 * that we do not understand; treated as blocked, never as success.
 */
export type FailureClass = 'transient' | 'conflict' | 'terminal' | 'unreadable';

/** A failed call to Azure, Kubernetes or GitHub as a value: expected failures are never thrown. */
export interface Failure {
  /** The service's own code where it gave one (`QuotaExceeded`), else a kebab-case code of ours. */
  readonly code: string;
  readonly class: FailureClass;
  /** A sentence for a person; may hold untrusted text, so it is escaped where Markdown is made. */
  readonly message: string;
  readonly remedy: string;
  /** Seconds the service asked us to wait (`Retry-After`), else null. Whole, ≥ 0. */
  readonly retryAfterSeconds: number | null;
  /** What the service said, as it came, where `message` explains it instead; for people who look below the fold. */
  readonly detail?: string;
  /** Set where it was a cluster's API server that could not be read, while Azure may still tell. */
  readonly service?: 'kubernetes';
}

/** What a port answers: a value or one {@link Failure}. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: Failure };
