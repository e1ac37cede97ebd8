import { makePlan, withDigest } from '../activities/make-plan.ts';
import { formatBothDated, formatInstant } from '../domain/local-time.ts';
import type { MaintenancePolicy, WindowOpening } from '../domain/maintenance-policy.ts';
import { planningStateOf } from '../domain/planning-state.ts';
import { judgePlan } from '../domain/preflight.ts';
import { minutesBetween } from '../domain/time.ts';
import { startCutOff } from '../domain/upgrade-plan.ts';
import type { PlannedUnit, UnitVersion, UpgradePlan } from '../domain/upgrade-plan.ts';
import type { Command } from './command.ts';
import { printable, renderJson, renderTable } from './print.ts';
import { readSnapshotInput, snapshotOptions } from './snapshot-input.ts';

/** `slackwater plan`: what one window would do to the cluster of a snapshot, and what it leaves out. */
export const planCommand: Command = {
  name: 'plan',
  summary: 'Show what one window would do to a cluster: units, surge nodes, waves, estimates, latest starts.',
  usage: '(--snapshot DIR | --cluster ID [--kubeconfig FILE]) --policy FILE',
  options: snapshotOptions,
  notes: ['A unit starts only if its estimate fits in what is left of the window; estimates count no blocked drain.'],
  async run(args, io) {
    if (!args.values.has('policy')) {
      io.printError('slackwater plan: name the policy: --policy FILE');
      return 1;
    }
    const input = await readSnapshotInput('plan', args, io);
    if (input === null || input.policy === null) return 1;
    if (input.opening === null) {
      io.printError(`slackwater plan: ${input.policy.name} never opens again; see: slackwater calendar ${input.policy.source}`);
      return 1;
    }
    const { policy, opening } = input;
    const first = makePlan({ policy, opening, state: planningStateOf(input.snapshot) }).plan;
    const plan = withDigest(judgePlan(policy, first, input.snapshot).plan);
    io.print(args.output === 'json' ? renderJson(describePlan(policy, opening, plan)) : renderPlan(policy, opening, plan));
    return 0;
  },
};

function totalMinutes(plan: UpgradePlan): number {
  return plan.units.reduce((sum, unit) => sum + unit.estimateMinutes, 0);
}

function describePlan(policy: MaintenancePolicy, opening: WindowOpening, plan: UpgradePlan): unknown {
  const windowMinutes = minutesBetween(opening.opens, opening.closes);
  return {
    schema: 'slackwater.plan/v1',
    cluster: plan.clusterResourceId,
    policy: policy.name,
    digest: plan.digest,
    window: { opens: formatInstant(opening.opens), closes: formatInstant(opening.closes), minutes: windowMinutes, restriction: opening.restriction },
    estimateMinutes: totalMinutes(plan),
    fits: totalMinutes(plan) <= windowMinutes,
    units: plan.units.map((unit) => ({ ...unit, latestStart: formatInstant(startCutOff(unit, opening.closes)) })),
    omitted: plan.omitted,
  };
}

function renderPlan(policy: MaintenancePolicy, opening: WindowOpening, plan: UpgradePlan): string {
  const { timeZone } = policy.window;
  const windowMinutes = minutesBetween(opening.opens, opening.closes);
  const minutes = totalMinutes(plan);
  const fit = minutes <= windowMinutes ? 'fits' : 'does not fit: what is left waits for the next window';
  const rows = plan.units.map((unit) => rowOf(unit, formatBothDated(startCutOff(unit, opening.closes), timeZone)));
  const units = renderTable([['unit', 'from', 'to', 'nodes', 'surge', 'waves', 'minutes', 'latest start'], ...rows]);
  const omitted = plan.omitted.map((unit) => `  ${unit.unit}: ${printable(unit.message)} [${unit.code}]`);
  const settings = plan.units.flatMap((unit) => (unit.upgradeSettings === null ? [] : [`  ${unit.unit}: ${settingsText(unit)}${unit.restoreSettings === null ? '' : ` (for this run only: maxSurge ${unit.restoreSettings.maxSurge ?? 'unset'} again afterwards)`}`]));
  return [
    `${plan.clusterName}, policy ${policy.name}`,
    `Window ${formatBothDated(opening.opens, timeZone)} to ${formatBothDated(opening.closes, timeZone)}, ${windowMinutes} min.`,
    '',
    ...(rows.length === 0 ? ['Nothing to upgrade.'] : [units, '', `Estimate ${minutes} of ${windowMinutes} min: ${fit}.`]),
    ...(settings.length === 0 ? [] : ['', 'Upgrade settings that change first:', ...settings]),
    ...(omitted.length === 0 ? [] : ['', 'Left out, or left for later:', ...omitted]),
    '',
    `Plan digest ${plan.digest}`,
  ].join('\n');
}

function rowOf(unit: PlannedUnit, latestStart: string): readonly string[] {
  const isPool = unit.unit !== 'control-plane';
  const count = (value: number): string => (isPool ? String(value) : '');
  return [
    unit.unit,
    versionText(unit.from),
    versionText(unit.to),
    count(unit.nodeCount),
    count(unit.surgeNodeCount),
    count(unit.waves),
    String(unit.estimateMinutes),
    latestStart,
  ];
}

function versionText({ kubernetesVersion, nodeImageVersion }: UnitVersion): string {
  return printable(nodeImageVersion === null ? kubernetesVersion : `${kubernetesVersion} ${nodeImageVersion}`);
}

function settingsText({ upgradeSettings }: PlannedUnit): string {
  return Object.entries(upgradeSettings ?? {})
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');
}
