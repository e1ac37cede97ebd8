import { isReportOf, type AddressableRun } from '../domain/command-target.ts';
import type { CommandPlace } from '../domain/command-answer.ts';
import type { IncomingComment } from '../domain/inbox-message.ts';
import type { Outcome } from '../domain/failure.ts';
import type { WindowStatus } from '../domain/window-status.ts';
import { isSameText, type ReceiveInboxSettings } from './inbox-result.ts';
import type { InstanceView, Ports } from './ports.ts';

/** A window's run as the task hub shows it, ready to be addressed. */
export interface KnownRun extends AddressableRun {
  readonly status: WindowStatus;
}

/** Windows looked through for the one a command is for: those of many clusters, newest first. */
const WINDOWS_LISTED_MAX = 1_000;

const liveStatuses: readonly InstanceView['runtimeStatus'][] = ['Pending', 'Running', 'Suspended', 'ContinuedAsNew'];

/** Every run the task hub knows, newest first. */
export async function listRuns(ports: Pick<Ports, 'windows'>, settings: ReceiveInboxSettings): Promise<Outcome<readonly KnownRun[]>> {
  const listed = await ports.windows.list(WINDOWS_LISTED_MAX);
  return listed.ok ? { ok: true, value: listed.value.flatMap((view) => knownRun(view, settings)) } : listed;
}

function knownRun(view: InstanceView, settings: ReceiveInboxSettings): readonly KnownRun[] {
  const { status, instanceId } = view;
  if (status === null) return [];
  return [
    {
      instanceId,
      status,
      clusterName: status.clusterName,
      runId: status.runId,
      issueNumber: status.issue?.number ?? null,
      repository: status.issue?.repository ?? settings.policyRepository ?? '',
      isLive: liveStatuses.includes(view.runtimeStatus),
      units: status.units.map(({ unit }) => (unit === 'control-plane' ? unit : unit.slice('pool/'.length))),
    },
  ];
}

/** The bare form of a command is taken only where Slackwater itself opened the issue. */
export function placeOf(comment: IncomingComment, runs: readonly KnownRun[], { appLogin }: ReceiveInboxSettings): CommandPlace {
  const isOurs = appLogin !== null && isSameText(comment.issueAuthor, appLogin);
  return isOurs || runs.some((run) => isReportOf(run, comment)) ? 'report' : 'elsewhere';
}
