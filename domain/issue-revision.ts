import type { Instant } from './time.ts';

/** Where an issue is. */
export interface IssueReference {
  /** `owner/name`. */
  readonly repository: string;
  readonly number: number;
  readonly url: string;
}

/** What an issue says. */
export interface IssueText {
  readonly title: string;
  readonly body: string;
  readonly state: 'open' | 'closed';
}

/** An issue of ours as it is now. */
export interface HeldIssue extends IssueText {
  readonly number: number;
  /** When anybody last changed it; null when GitHub did not say. */
  readonly updatedAt: Instant | null;
}

/** A change of one issue of ours, made from what it says at that moment. */
export interface IssueRevision {
  /** `owner/name`. */
  readonly repository: string;
  readonly marker: string;
  /** Narrows the search, and is set on an issue that is opened; null where `knownNumber` finds it. */
  readonly label: string | null;
  readonly knownNumber: number | null;
  readonly whenMissing: 'open' | 'leave';
  /** What it shall say; null leaves it as it is. Null is given where there is none and one may be opened. */
  readonly revise: (present: HeldIssue | null) => IssueText | null;
}
