import type { Instant } from './time.ts';

/** A policy file after all its faults were mended: who, what, when. Defaults are filled in. */
export interface MaintenancePolicy {
  readonly name: string;
  /** Where it was read: a repository path or a file, for messages. */
  readonly source: string;
  /** Git's id of the content of its file: moves with every change. Absent where it lies in no repository. */
  readonly version?: string;
  readonly clusterResourceId: string;
  readonly target: UpgradeTarget;
  readonly window: WindowSchedule;
  readonly nodePools: NodePoolPolicy;
  /** What a finding of single pools comes to; the whole run's findings, and losses until acknowledged, always withhold. */
  readonly onFinding: { readonly action: 'withhold' | 'warn' };
  readonly onBlocked: { readonly graceMinutes: number; readonly action: 'pause' | 'skip' };
  readonly onQuarantined: { readonly continueUpToNodes: number; readonly action: 'pause' | 'skip' };
  /** Looks at what users feel; null: only at what Kubernetes itself tells, without spending time. */
  readonly verify: VerifyPolicy | null;
  readonly onWindowEnd: 'finishInFlight';
  /** Whether a run waits for the Kubernetes API or goes by Azure Resource Manager alone. Absent (as `required`) in runs begun before it could be said. */
  readonly kubernetesApi?: 'required' | 'optional';
  readonly approvals: { readonly required: number; readonly teams: readonly string[] };
  /** Verb → teams whose members alone may say it, beside the permission it needs. Absent in runs begun before it could be said. */
  readonly commands?: Readonly<Record<string, readonly string[]>>;
  readonly report: ReportPolicy;
  readonly debts: DebtPolicy;
}

/** How a cluster is looked at before the first unit and after each. */
export interface VerifyPolicy {
  /** How long looks must be good after a unit before it counts as verified, 0–120. */
  readonly settleMinutes: number;
  /** At most 8. */
  readonly probes: readonly HealthProbe[];
}

/** GET requests to one service through the API server's service proxy. */
export interface HealthProbe {
  readonly name: string;
  /** `namespace/name:port`, with `http:` or `https:` in front when the scheme is written. */
  readonly service: string;
  readonly path: string;
  /** Requests of one look, 1–50. */
  readonly tries: number;
  /** Share of the tries that may fail, 0–99. */
  readonly failuresAllowedPercent: number;
}

/** What should run. A minor (`1.35`) follows its newest offered patch, a full version pins, null leaves Kubernetes alone. */
export interface UpgradeTarget {
  readonly kubernetesVersion: string | null;
  readonly nodeImage: 'latest' | 'keep';
}

/** When the cluster may be touched: AKS's four schedules in a real time zone. */
export interface WindowSchedule {
  /** An IANA zone (`Europe/Paris`) or a fixed offset (`+01:00`). */
  readonly timeZone: string;
  /** `HH:mm`, local. */
  readonly startTime: string;
  /** Elapsed hours, 1–24, whole. */
  readonly durationHours: number;
  readonly schedule: Schedule;
  /** Local date `YYYY-MM-DD`; no opening before it. Null: none. */
  readonly startDate: string | null;
  readonly notAllowedDates: readonly NotAllowedDates[];
}

export type DayOfWeek = 'Monday' | 'Tuesday' | 'Wednesday' | 'Thursday' | 'Friday' | 'Saturday' | 'Sunday';
export type WeekIndex = 'First' | 'Second' | 'Third' | 'Fourth' | 'Last';

export type Schedule =
  | { readonly kind: 'daily'; readonly intervalDays: number }
  | { readonly kind: 'weekly'; readonly intervalWeeks: number; readonly dayOfWeek: DayOfWeek }
  | { readonly kind: 'absoluteMonthly'; readonly intervalMonths: number; readonly dayOfMonth: number }
  | {
      readonly kind: 'relativeMonthly';
      readonly intervalMonths: number;
      readonly weekIndex: WeekIndex;
      readonly dayOfWeek: DayOfWeek;
    };

/** Local dates, both inclusive, on which nothing opens (`all`) or no minor version is raised (`minor`). */
export interface NotAllowedDates {
  readonly start: string;
  readonly end: string;
  readonly reason: string;
  readonly scope: 'all' | 'minor';
}

/** Order and settings of the node pools. */
export interface NodePoolPolicy {
  /** Pool names in the order wanted; pools not named come after, by name. */
  readonly order: readonly string[];
  readonly upgradeSettings: DeclaredUpgradeSettings;
  readonly overrides: Readonly<Record<string, DeclaredUpgradeSettings>>;
  /** What becomes of a pool whose surge nodes do not all fit: it waits, or is upgraded with as many as fit, for this run only. */
  readonly surgeFallback: 'withhold' | 'reduce';
}

/** Upgrade settings as a policy declares them; null leaves what the pool has. */
export interface DeclaredUpgradeSettings {
  readonly maxSurge: string | null;
  readonly drainTimeoutInMinutes: number | null;
  readonly nodeSoakDurationInMinutes: number | null;
  readonly undrainableNodeBehavior: 'Schedule' | 'Cordon' | null;
}

/** Where a run is told. */
interface ReportPolicy {
  /** Where code pins what the cluster runs; empty: nothing is written back. Absent in runs begun before it could be said. */
  readonly writeBack?: readonly WriteBackPlace[];
  /** Where the maintenance calendar is kept on the state branch, without ending; null: nowhere. Absent in runs begun before it could be said. */
  readonly calendar?: { readonly path: string } | null;
  /** `owner/name`; null takes the policy's own repository. */
  readonly repository: string | null;
  readonly labels: readonly string[];
  /** Mentioned when a person is needed, for example `@acme/on-call`; null mentions nobody. */
  readonly onCall: string | null;
  /** Pull requests that raise the version: one for this policy, one with all others that say so, or none. Absent in runs begun before it could be said. */
  readonly upgradePullRequests?: 'perCluster' | 'grouped' | 'off';
  /** Who else is mentioned when a pause stays. Absent in runs begun before it could be said. */
  readonly escalation?: readonly EscalationStep[];
}

/** One step of a pause that stays. */
export interface EscalationStep {
  /** Age of the pause, counted from when it was told, 5–1440. */
  readonly afterMinutes: number;
  /** `@user` or `@organization/team`. */
  readonly mention: string;
}

/** Code that pins versions of the cluster. */
export interface WriteBackPlace {
  /** `owner/name`; null: the repository the run is told in. */
  readonly repository: string | null;
  /** A file, or a folder with a slash behind it. */
  readonly file: string;
  /** Where in the document the value stands; null: where markers in comments say. */
  readonly path: string | null;
  /** What the value at `path` pins, as `parsePin` reads it. */
  readonly pins: string;
}

/** What is left over after a run: what it costs, and who is told while it lasts. */
export interface DebtPolicy {
  /** What one node costs a day; null: not said. */
  readonly nodeCostPerDay: { readonly amount: number; readonly currency: string } | null;
  /** Owner as workloads name it → the GitHub user or team to mention. */
  readonly owners: Readonly<Record<string, string>>;
}

/** One opening of a window. Half-open: `opens` is in, `closes` is out. */
export interface WindowOpening {
  readonly opens: Instant;
  readonly closes: Instant;
  /** `minor` when a `notAllowedDates` entry of scope `minor` covers the opening: no minor version may be raised. */
  readonly restriction: 'none' | 'minor';
  /** Why, from the policy; empty when there is no restriction. */
  readonly reason: string;
}
