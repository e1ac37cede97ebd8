import type { AnnouncedUpgrade } from './announced-upgrade.ts';
import { isOpen } from './debt.ts';
import type { Debt } from './debt.ts';
import { isClean, readFields } from './field-reading.ts';
import type { ReadBy } from './field-shape.ts';
import { isRecord, parseJson } from './json.ts';
import { formatInstant, parseInstant } from './local-time.ts';
import { refuse, succeed } from './result.ts';
import type { Fault, Result } from './result.ts';
import type { RunRecord } from './run-record.ts';
import { orderOf, writeOrder } from './standing-order-shape.ts';
import type { StandingOrder } from './standing-order.ts';
import { STATE_SCHEMA, stateFileShape } from './state-file-shape.ts';
import type { SupportNotice } from './support-notice.ts';
import { DAY_MS } from './time.ts';
import type { Instant } from './time.ts';

/** What Slackwater remembers of one cluster between runs: its file on the state branch. */
export interface StateFile {
  /** ARM id, as first seen. */
  readonly cluster: string;
  /** The issue in which its debts are told; null before the first. */
  readonly debtIssue: { readonly repository: string; readonly number: number } | null;
  /** What Azure said last of the support of what the cluster runs; absent when it said nothing. */
  readonly support?: SupportNotice;
  /** The upgrade of its own that AKS announced last; absent when there is none, or it is over. */
  readonly announced?: AnnouncedUpgrade;
  /** Oldest first. */
  readonly debts: readonly Debt[];
  /** Oldest first. */
  readonly runs: readonly RunRecord[];
  /** What people and programs ordered, oldest first. */
  readonly orders: readonly StandingOrder[];
  /** Pool → node images AKS offered it, in the order they were first seen. */
  readonly nodeImages: Readonly<Record<string, readonly string[]>>;
}

/** Runs kept: a year of weekly windows. */
const RUNS_KEPT = 60;
const IMAGES_KEPT = 40;
/** How long a settled debt stays readable. Unit: days. */
const SETTLED_DAYS_KEPT = 90;
/** A reason may quote an error of Azure, which can be very long. */
const WHY_CHARACTERS_MAX = 1_000;
/** An owner may come from an annotation, which may be very long too. */
const NAME_CHARACTERS_MAX = 300;

/** The memory of a cluster that has none yet. */
export function emptyState(clusterResourceId: string): StateFile {
  return { cluster: clusterResourceId, debtIssue: null, debts: [], runs: [], orders: [], nodeImages: {} };
}

/** The file without what nobody needs any more; an open debt always stays. */
export function trimState(state: StateFile, now: Instant): StateFile {
  return {
    ...state,
    debts: state.debts.filter((debt) => isOpen(debt) || (debt.until ?? 0) > now - SETTLED_DAYS_KEPT * DAY_MS),
    runs: state.runs.slice(-RUNS_KEPT),
    orders: state.orders.filter(({ until }) => (until ?? now) > now - SETTLED_DAYS_KEPT * DAY_MS),
    nodeImages: Object.fromEntries(Object.entries(state.nodeImages).map(([pool, images]) => [pool, images.slice(-IMAGES_KEPT)])),
  };
}

/** The file's text: JSON that people read in Git, times in UTC, the same for the same memory. */
export function renderStateFile(state: StateFile): string {
  const { cluster, debtIssue, support, announced, debts, runs, orders, nodeImages } = state;
  const written = {
    schema: STATE_SCHEMA,
    cluster,
    ...(debtIssue === null ? {} : { debtIssue }),
    ...(support === undefined ? {} : { support: writeSupport(support) }),
    ...(announced === undefined ? {} : { announced: writeAnnounced(announced) }),
    debts: debts.map(writeDebt),
    runs: runs.map(({ who, when, why, until, ...rest }) => ({ who, when: formatInstant(when), why: why.slice(0, WHY_CHARACTERS_MAX), until: formatInstant(until), ...rest })),
    ...(orders.length === 0 ? {} : { orders: orders.map(writeOrder) }),
    nodeImages,
  };
  return `${JSON.stringify(written, null, 2)}\n`;
}

function writeSupport({ version, said, lastDay, when }: SupportNotice) {
  return { who: 'Azure', ...(when === null ? {} : { when: formatInstant(when) }), version, said, ...(lastDay === null ? {} : { lastDay }) };
}

function writeAnnounced({ id, what, state, at, when }: AnnouncedUpgrade) {
  return { who: 'Azure', ...(when === null ? {} : { when: formatInstant(when) }), id, what, state, ...(at === null ? {} : { at: formatInstant(at) }) };
}

function writeDebt({ who, when, why, until, node, owner, settledBy, ...rest }: Debt) {
  return {
    who,
    when: formatInstant(when),
    why: why.slice(0, WHY_CHARACTERS_MAX),
    ...(until === null ? {} : { until: formatInstant(until) }),
    ...(settledBy === null ? {} : { settledBy }),
    ...(node === null ? {} : { node }),
    ...(owner === null ? {} : { owner: owner.slice(0, NAME_CHARACTERS_MAX) }),
    ...rest,
  };
}

/**
 * Reads a file's text, or says every fault at once; what cannot be read must never be overwritten.
 *
 * Codes: `state-not-json` · `order-unreadable` · `state-too-new` (another schema, or a field this version does not know: a newer version wrote
 * it) · the codes of a field's faults.
 */
export function parseStateFile(text: string): Result<StateFile, Fault> {
  const value = parseJson(text);
  if (!isRecord(value)) return refuse([faultOf('state-not-json', 'document', 'The file is no JSON object.')]);
  const { schema } = value;
  if (typeof schema === 'string' && schema !== STATE_SCHEMA && schema.startsWith('slackwater.state/')) {
    return refuse([faultOf('state-too-new', 'schema', `The file is ${schema.slice(0, 60)}, and this version reads ${STATE_SCHEMA}.`)]);
  }
  const reading = readFields(value, stateFileShape);
  if (!isClean(reading)) {
    return refuse(reading.faults.map(({ code, where, message }) => faultOf(code === 'unknown-field' ? 'state-too-new' : code, where, message)));
  }
  const { debts, runs } = reading.value;
  const moments = [...debts, ...runs].flatMap(({ when, until }) => [when, until ?? when]);
  const [wrong] = moments.filter((text) => parseInstant(text) === null);
  if (wrong !== undefined) return refuse([faultOf('no-such-date', 'document', `${wrong} is a moment no calendar has.`)]);
  const orders = reading.value.orders.map(orderOf);
  if (orders.some((order) => order === null)) return refuse([faultOf('order-unreadable', 'orders', 'An order lacks a field of its kind, or names a moment no calendar has.')]);
  return succeed(stateOf(reading.value, orders.flatMap((order) => order ?? [])));
}

function faultOf(code: string, where: string, message: string): Fault {
  const remedy =
    code === 'state-too-new' ? 'Let the newest version of Slackwater run everywhere; an older one writes nothing meanwhile.' : 'Mend the file on the state branch, or take an earlier commit of it.';
  return { code, where, message, remedy };
}

function stateOf(read: ReadBy<typeof stateFileShape>, orders: readonly StandingOrder[]): StateFile {
  return {
    cluster: read.cluster,
    debtIssue: read.debtIssue ?? null,
    ...(read.support === undefined ? {} : { support: supportOf(read.support) }),
    ...(read.announced === undefined ? {} : { announced: announcedOf(read.announced) }),
    debts: read.debts.map((debt) => ({
      ...debt,
      when: momentOf(debt.when),
      until: debt.until === undefined ? null : momentOf(debt.until),
      node: debt.node ?? null,
      owner: debt.owner ?? null,
      settledBy: debt.settledBy ?? null,
    })),
    runs: read.runs.map(({ issue, ...run }) => ({ ...run, when: momentOf(run.when), until: momentOf(run.until), ...(issue === undefined ? {} : { issue }) })),
    orders,
    nodeImages: read.nodeImages,
  };
}

function supportOf({ version, said, lastDay, when }: NonNullable<ReadBy<typeof stateFileShape>['support']>): SupportNotice {
  return { version, said, lastDay: lastDay ?? null, when: when === undefined ? null : parseInstant(when) };
}

function announcedOf({ id, what, state, at, when }: NonNullable<ReadBy<typeof stateFileShape>['announced']>): AnnouncedUpgrade {
  return { id, what, state, at: at === undefined ? null : parseInstant(at), when: when === undefined ? null : parseInstant(when) };
}

/** `text` must be a moment; {@link parseStateFile} has looked. */
function momentOf(text: string): Instant {
  return parseInstant(text) ?? 0;
}
