import { closestWord } from './closest-word.ts';
import { fieldAt, isClean, readFields } from './field-reading.ts';
import type { FieldFault } from './field-reading.ts';
import type { ReadBy } from './field-shape.ts';
import { judgeProbes } from './health-probe.ts';
import { findTimeZone } from './local-time.ts';
import type { DeclaredUpgradeSettings, MaintenancePolicy, Schedule, WindowSchedule } from './maintenance-policy.ts';
import { policyShape } from './policy-shape.ts';
import { refuse, succeed } from './result.ts';
import type { Result } from './result.ts';
import { judgeWriteBack } from './write-back-shape.ts';

/** One thing wrong with a policy; `source` is the file or repository path. */
export interface PolicyFault extends FieldFault {
  readonly source: string;
}

type WrittenSpec = ReadBy<typeof policyShape>['spec'];

/**
 * Reads a policy document, defaults filled in, or says every fault at once.
 *
 * Unknown fields are refused. Codes are those of {@link FieldFault}, and `not-a-policy` (the document says it is
 * something else; nothing more is said of it) and `nothing-wanted` (no version, and the node image kept).
 */
export function parseMaintenancePolicy(value: unknown, source: string): Result<MaintenancePolicy, PolicyFault> {
  const otherKind = findOtherKind(value);
  if (otherKind !== null) {
    return refuse([
      {
        code: 'not-a-policy',
        where: 'kind',
        path: ['kind'],
        source,
        message: `kind is ${JSON.stringify(otherKind.slice(0, 60))}, so this is no maintenance policy.`,
        remedy: 'Write kind: MaintenancePolicy, or move the document elsewhere.',
      },
    ]);
  }
  const reading = readFields(value, policyShape);
  const faults = [...reading.faults, ...judgeTarget(reading.value), ...judgeProbes(reading.value), ...judgeWriteBack(reading.value)];
  if (!isClean(reading) || faults.length > 0) return refuse(faults.map((fault) => ({ ...fault, source })));
  const { metadata, spec } = reading.value;
  return succeed({
    name: metadata.name,
    source,
    clusterResourceId: spec.cluster.resourceId,
    target: { kubernetesVersion: spec.target.kubernetesVersion ?? null, nodeImage: spec.target.nodeImage },
    window: windowOf(spec.window),
    nodePools: nodePoolsOf(spec.nodePools),
    onFinding: spec.onFinding,
    onBlocked: spec.onBlocked,
    onQuarantined: spec.onQuarantined,
    verify: spec.verify ?? null,
    onWindowEnd: spec.onWindowEnd,
    kubernetesApi: spec.kubernetesApi,
    approvals: spec.approvals,
    commands: spec.commands,
    report: { ...repositoryPartsOf(spec.report), repository: spec.report.repository ?? null, labels: spec.report.labels, onCall: spec.report.onCall ?? null, upgradePullRequests: spec.report.upgradePullRequests, escalation: spec.report.escalation },
    debts: debtsOf(spec.debts),
  });
}

function repositoryPartsOf({ writeBack, calendar }: WrittenSpec['report']): Pick<MaintenancePolicy['report'], 'writeBack' | 'calendar'> {
  return { calendar: calendar ?? null, writeBack: writeBack.map(({ repository, file, path, pins }) => ({ repository: repository ?? null, file, path: path ?? null, pins: pins ?? 'kubernetesVersion' })) };
}

function debtsOf({ nodeCostPerDay, owners }: WrittenSpec['debts']): MaintenancePolicy['debts'] {
  const [amount = '', currency = ''] = (nodeCostPerDay ?? '').split(' ');
  return { nodeCostPerDay: nodeCostPerDay === undefined ? null : { amount: Number(amount), currency }, owners };
}

/** The `kind` of a document that means to be something else; null for a policy, a slip of the pen included. */
function findOtherKind(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return null;
  const { kind } = value;
  if (typeof kind !== 'string' || closestWord(kind, ['MaintenancePolicy']) !== null) return null;
  return kind;
}

function judgeTarget(value: unknown): readonly FieldFault[] {
  const path = ['spec', 'target'];
  const isKept = fieldAt(value, [...path, 'nodeImage']) === 'keep';
  if (!isKept || fieldAt(value, [...path, 'kubernetesVersion']) !== undefined) return [];
  return [
    {
      code: 'nothing-wanted',
      where: 'spec.target',
      path,
      message: 'spec.target names no kubernetesVersion and keeps the node image, so there is nothing to do.',
      remedy: 'Add kubernetesVersion, or write nodeImage: latest.',
    },
  ];
}

function windowOf(window: WrittenSpec['window']): WindowSchedule {
  const zone = window.utcOffset ?? window.timeZone ?? '';
  return {
    timeZone: findTimeZone(zone) ?? zone,
    startTime: window.startTime,
    durationHours: window.durationHours,
    schedule: scheduleOf(window.schedule),
    startDate: window.startDate ?? null,
    notAllowedDates: window.notAllowedDates,
  };
}

function scheduleOf(schedule: WrittenSpec['window']['schedule']): Schedule {
  const { daily, weekly, absoluteMonthly, relativeMonthly } = schedule;
  if (weekly !== undefined) return { kind: 'weekly', ...weekly };
  if (absoluteMonthly !== undefined) return { kind: 'absoluteMonthly', ...absoluteMonthly };
  if (relativeMonthly !== undefined) return { kind: 'relativeMonthly', ...relativeMonthly };
  return { kind: 'daily', intervalDays: daily?.intervalDays ?? 1 };
}

function nodePoolsOf(nodePools: WrittenSpec['nodePools']): MaintenancePolicy['nodePools'] {
  const overrides = Object.entries(nodePools.overrides).map(([name, settings]) => [name, settingsOf(settings)] as const);
  return {
    order: nodePools.order,
    upgradeSettings: settingsOf(nodePools.upgradeSettings),
    overrides: Object.fromEntries(overrides),
    surgeFallback: nodePools.surgeFallback,
  };
}

function settingsOf(settings: WrittenSpec['nodePools']['upgradeSettings']): DeclaredUpgradeSettings {
  return {
    maxSurge: settings.maxSurge ?? null,
    drainTimeoutInMinutes: settings.drainTimeoutInMinutes ?? null,
    nodeSoakDurationInMinutes: settings.nodeSoakDurationInMinutes ?? null,
    undrainableNodeBehavior: settings.undrainableNodeBehavior ?? null,
  };
}
