import { clearBoxes, tickedBoxes } from '../domain/dashboard-box.ts';
import type { DashboardBox } from '../domain/dashboard-box.ts';
import type { IncomingTick } from '../domain/dashboard-message.ts';
import { answerNotAllowed, answerPermissionUnknown } from '../domain/command-answer.ts';
import { isAllowed } from '../domain/command-permission.ts';
import type { Outcome } from '../domain/failure.ts';
import { DASHBOARD_MARKER } from '../domain/hidden-marker.ts';
import type { IncomingComment } from '../domain/inbox-message.ts';
import { answer } from './answer-command.ts';
import { isSameText, stopBy, type InboxResult, type ReceiveInboxSettings } from './inbox-result.ts';
import { keepDashboard } from './keep-dashboard.ts';
import { listRuns } from './known-run.ts';
import type { Ports } from './ports.ts';
import { takeCommand } from './receive-comment.ts';

/**
 * Does what a ticked box of the dashboard says, by the rights of whoever ticked it, and clears the box.
 *
 * Only a box that is still ticked as GitHub holds the issue now is taken, so a delivery that comes again after it was handled does
 * nothing. A crash between doing and clearing does it again under the same name, which a run and an answer take once.
 */
export async function takeTick(ports: Ports, settings: ReceiveInboxSettings, tick: IncomingTick): Promise<InboxResult> {
  const { policyRepository, appLogin } = settings;
  const isDashboard = policyRepository !== null && appLogin !== null && isSameText(tick.repository, policyRepository) && isSameText(tick.issueAuthor, appLogin);
  if (!isDashboard) return { kind: 'done', what: 'ignored' };
  const held = await readTicked(ports, tick);
  if (!held.ok) return stopBy(held.failure, 'dashboard');
  const boxes = tick.boxes.filter(({ verb, target }) => held.value.some((box) => box.verb === verb && box.target === target));
  if (boxes.length === 0) return { kind: 'done', what: 'ignored' };
  let result: InboxResult = { kind: 'done', what: 'ignored' };
  for (const [index, box] of boxes.entries()) {
    result = await takeBox(ports, settings, { tick, box, index });
    if (result.kind === 'retry-later') return result;
  }
  const cleared = await revise(ports, tick, (body) => clearBoxes(body, boxes));
  if (!cleared.ok) return stopBy(cleared.failure, 'dashboard');
  const kept = await keepDashboard(ports, { policyRepository, whenMissing: 'leave' });
  if (!kept.ok) ports.logger.log('warn', 'dashboard.not-kept', { code: kept.failure.code });
  return result;
}

async function readTicked(ports: Ports, tick: IncomingTick): Promise<Outcome<readonly DashboardBox[]>> {
  let boxes: readonly DashboardBox[] = [];
  const read = await revise(ports, tick, (body) => {
    boxes = tickedBoxes(body);
    return body;
  });
  return read.ok ? { ok: true, value: boxes } : read;
}

function revise(ports: Ports, { repository, issueNumber }: IncomingTick, change: (body: string) => string): Promise<Outcome<unknown>> {
  return ports.github.reviseIssue({
    repository,
    marker: DASHBOARD_MARKER,
    label: null,
    knownNumber: issueNumber,
    whenMissing: 'leave',
    revise: (present) => (present === null || present.number !== issueNumber ? null : { title: present.title, body: change(present.body), state: present.state }),
  });
}

interface TakenBox {
  readonly tick: IncomingTick;
  readonly box: DashboardBox;
  readonly index: number;
}

function takeBox(ports: Ports, settings: ReceiveInboxSettings, { tick, box, index }: TakenBox): Promise<InboxResult> {
  const { repository, issueNumber, issueAuthor, sender, deliveryId } = tick;
  const { verb, target } = box;
  // A tick stands for the comment that would say the same.
  const comment: IncomingComment = {
    repository,
    issueNumber,
    isPullRequest: false,
    issueAuthor,
    issueRunId: null,
    commentId: 0,
    commandId: `tick-${deliveryId}-${index}`,
    author: sender,
    authorType: 'User',
    authorAssociation: 'NONE',
    body: `/${verb} ${target}`,
    deliveryId,
    action: 'created',
    writtenAt: ports.clock.now(),
  };
  if (verb === 'look') return lookAgain(ports, settings, comment);
  return takeCommand(ports, settings, comment, { verb, target, time: null, flags: {} });
}

/** Has every run under way look again; whoever may ask how a run stands may ask for that. */
async function lookAgain(ports: Ports, settings: ReceiveInboxSettings, comment: IncomingComment): Promise<InboxResult> {
  const permission = await ports.github.permissionOf(comment.repository, comment.author);
  if (!permission.ok) return permission.failure.class === 'transient' ? stopBy(permission.failure, 'permission') : answer(ports, comment, answerPermissionUnknown('status'));
  if (!isAllowed(permission.value, 'status')) return answer(ports, comment, answerNotAllowed('status', permission.value, 'ordinary'));
  const runs = await listRuns(ports, settings);
  if (!runs.ok) return stopBy(runs.failure, 'task hub');
  for (const { instanceId, isLive } of runs.value) {
    if (!isLive) continue;
    const raised = await ports.windows.raise(instanceId, 'wake', { kind: 'look', reason: `${comment.author} ticked the dashboard.`, pool: null });
    if (!raised.ok) return stopBy(raised.failure, 'task hub');
  }
  return { kind: 'done', what: 'woken' };
}
