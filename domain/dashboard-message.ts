import { boxVerbs, newlyTicked } from './dashboard-box.ts';
import type { DashboardBox } from './dashboard-box.ts';
import { DASHBOARD_MARKER } from './hidden-marker.ts';
import { isRecord, listAt, textAt } from './json.ts';
import type { JsonRecord } from './json.ts';
import { createFieldReader, deliveryForm, repositoryForm } from './message-reading.ts';
import type { DeliveryProjection } from './message-reading.ts';
import { refuse, succeed } from './result.ts';
import type { Fault, Result } from './result.ts';

/** Type of a message about boxes that a person ticked on the dashboard. */
export const TICK_TYPE = 'dev.slackwater.dashboard-tick.v1';

/** Boxes taken from one edit: whoever ticks more at once ticks the others again. */
const BOXES_MAX = 10;

/** Boxes that somebody ticked, as the webhook told it. All text is untrusted; whether they are still ticked is asked of GitHub. */
export interface IncomingTick {
  /** `owner/name`. */
  readonly repository: string;
  readonly issueNumber: number;
  readonly issueAuthor: string;
  readonly sender: string;
  readonly boxes: readonly DashboardBox[];
  /** GitHub's delivery id; a redelivery has the same. */
  readonly deliveryId: string;
}

/** Turns an `issues` delivery into a message of a few hundred bytes, or says why it is none. `payload` is untrusted. */
export function projectTick(deliveryId: string, payload: unknown): DeliveryProjection {
  const reader = createFieldReader();
  const root = reader.record(payload, 'payload');
  if (reader.faults.length > 0) return { kind: 'malformed', faults: reader.faults };
  if (root['action'] !== 'edited') return { kind: 'ignore', reason: 'only an edited issue can hold a tick' };
  const issue = reader.record(root['issue'], 'issue');
  const body = textAt(issue, 'body') ?? '';
  const before = textAt(root, 'changes', 'body', 'from');
  if (before === null || !body.includes(DASHBOARD_MARKER)) return { kind: 'ignore', reason: 'not the text of a dashboard' };
  const sender = reader.record(root['sender'], 'sender');
  if (typeof sender['type'] === 'string' && sender['type'] !== 'User') return { kind: 'ignore', reason: 'not ticked by a person' };
  const boxes = newlyTicked(before, body).slice(0, BOXES_MAX);
  if (boxes.length === 0) return { kind: 'ignore', reason: 'no box was ticked' };
  const author = isRecord(issue['user']) ? issue['user'] : { login: 'ghost' };
  const data: IncomingTick = {
    repository: reader.text(reader.record(root['repository'], 'repository'), 'full_name', 'repository.', repositoryForm),
    issueNumber: reader.number(issue, 'number', 'issue.'),
    issueAuthor: reader.text(author, 'login', 'issue.user.'),
    sender: reader.text(sender, 'login', 'sender.', /^[\w.[\]-]+$/),
    boxes,
    deliveryId: reader.text({ deliveryId }, 'deliveryId', '', deliveryForm),
  };
  if (reader.faults.length > 0) return { kind: 'malformed', faults: reader.faults };
  return {
    kind: 'message',
    event: { specversion: '1.0', type: TICK_TYPE, id: deliveryId, source: `/github/${data.repository}`, subject: `issues/${data.issueNumber}`, datacontenttype: 'application/json', data },
  };
}

/** Reads a message of type {@link TICK_TYPE}; every fault at once, code `malformed-message`. */
export function parseTick(message: JsonRecord): Result<IncomingTick, Fault> {
  const reader = createFieldReader();
  const data = reader.record(message['data'], 'data');
  const boxes = listAt(data, 'boxes').slice(0, BOXES_MAX).map((value): DashboardBox => {
    const box = reader.record(value, 'data.boxes[]');
    const name = reader.text(box, 'verb', 'data.boxes[].', new RegExp(`^(?:${boxVerbs.join('|')})$`));
    const target = textAt(box, 'target') ?? '';
    return { verb: boxVerbs.find((known) => known === name) ?? 'look', target };
  });
  const tick: IncomingTick = {
    repository: reader.text(data, 'repository', 'data.', repositoryForm),
    issueNumber: reader.number(data, 'issueNumber', 'data.'),
    issueAuthor: reader.text(data, 'issueAuthor', 'data.'),
    sender: reader.text(data, 'sender', 'data.', /^[\w.[\]-]+$/),
    boxes,
    deliveryId: reader.text(data, 'deliveryId', 'data.', deliveryForm),
  };
  return reader.faults.length > 0 ? refuse(reader.faults) : succeed(tick);
}
