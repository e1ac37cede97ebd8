import type { Debt } from '../domain/debt.ts';
import { ageDays, stepAt } from '../domain/debt-ledger.ts';
import { recordsAt, textAt, textsAt, timeAt } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import { parseInstant } from '../domain/local-time.ts';
import { runOutcomes } from '../domain/run-record.ts';
import type { RunRecord } from '../domain/run-record.ts';
import { emptyState } from '../domain/state-file.ts';
import type { StateFile } from '../domain/state-file.ts';
import { DAY_MS } from '../domain/time.ts';
import type { Instant } from '../domain/time.ts';
import { imageVersionOf, scenarioResourceId } from './scenario-azure.ts';
import { poolOfNode } from './scenario.ts';
import type { Scenario } from './scenario.ts';

/** Results in a scenario's history after which not everything was rolled. */
const MISSED = /^(missed|held|deferred|paused|aborted|failed|partial|refused|not-started)/;
/** Windows of a scenario come weekly. Unit: days. */
const WINDOW_DAYS = 7;

/** The moment of a daily look at debts, when a scenario begins with one; else null. `otherwise` where it names no time. */
export function debtCheckTime({ begins }: Pick<Scenario, 'begins'>, otherwise: Instant): Instant | null {
  const [whole, moment] = /^daily debt check(?:,\s*(\S+))?$/.exec(begins) ?? [];
  return whole === undefined ? null : (parseInstant(moment ?? '') ?? otherwise);
}

/** What earlier runs and checks would have remembered: a scenario's ledger, history and releases. Null where it tells of none. */
export function scenarioMemory(scenario: Scenario, zero: Instant): StateFile | null {
  const { extra, pools } = scenario;
  const releases = textsAt(extra, 'imageReleases');
  const debts = recordsAt(extra, 'ledger').map((entry) => debtOf(scenario, entry, zero));
  const runs = runsOf(recordsAt(extra, 'history'), zero);
  if (releases.length + debts.length + runs.length === 0) return null;
  const nodeImages = Object.fromEntries(releases.length === 0 ? [] : pools.map((pool) => [pool.name, releases.map((date) => imageVersionOf(pool, date))]));
  return { ...emptyState(scenarioResourceId(scenario)), debts, runs, nodeImages };
}

/** A debt that was kept daily: the steps up to yesterday have been told. */
function debtOf(scenario: Scenario, entry: JsonRecord, zero: Instant): Debt {
  const node = textAt(entry, 'node') ?? '';
  const poolName = poolOfNode(scenario, node) ?? '';
  const pool = scenario.pools.find(({ name }) => name === poolName);
  const exception = scenario.nodeExceptions.find((one) => textAt(one, 'name') === node) ?? {};
  const since = timeAt(entry, 'since') ?? timeAt(exception, 'since');
  const isQuarantined = textAt(entry, 'state') !== 'cordoned';
  const debt: Debt = {
    id: `node/${node}`,
    kind: isQuarantined ? 'quarantined-node' : 'cordoned-node',
    pool: poolName,
    node,
    who: textAt(entry, 'openedBy') ?? 'an earlier run',
    when: since ?? zero - DAY_MS,
    whenFrom: since === null ? 'first-seen' : 'node',
    why: textAt(entry, 'cause') ?? '',
    until: null,
    settledBy: null,
    owner: textAt(entry, 'owner'),
    image: pool === undefined ? '' : imageVersionOf(pool, textAt(exception, 'image') ?? pool.image),
    count: 1,
    label: isQuarantined ? 'present' : 'never',
    state: '',
    stepDays: 0,
  };
  return { ...debt, stepDays: stepAt(ageDays(debt, zero - DAY_MS)) };
}

/** The windows a scenario remembers, and the one before them, which rolled everything where the first was missed. */
function runsOf(history: readonly JsonRecord[], zero: Instant): readonly RunRecord[] {
  const timeOfDay = zero % DAY_MS;
  const runs = history.flatMap((entry) => {
    const day = parseInstant(`${textAt(entry, 'window') ?? ''}T00:00Z`);
    return day === null ? [] : [recordOf(textAt(entry, 'result') ?? '', day + timeOfDay)];
  });
  const [first] = runs.toSorted((one, other) => one.when - other.when);
  return first === undefined || first.reasons.length === 0 ? runs : [recordOf('succeeded', first.when - WINDOW_DAYS * DAY_MS), ...runs];
}

function recordOf(result: string, when: Instant): RunRecord {
  const [word = '', reason = ''] = result.split(/:\s*/);
  const isMissed = MISSED.test(word);
  const outcome = runOutcomes.find((each) => each === word) ?? (isMissed ? 'not-started' : 'succeeded');
  return { who: `run-${when / DAY_MS}`, when, until: when, why: result, outcome, reasons: isMissed ? [reason === '' ? word : reason] : [], nodeImages: {}, tookMinutes: {} };
}
