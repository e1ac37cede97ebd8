import { textAt } from './json.ts';
import type { JsonRecord } from './json.ts';
import { commitForm, createFieldReader, deliveryForm, repositoryForm } from './message-reading.ts';
import type { DeliveryProjection } from './message-reading.ts';
import { refuse, succeed } from './result.ts';
import type { Fault, Result } from './result.ts';

/** Type of a message about a check run that a person acted on. */
export const CHECK_ACTION_TYPE = 'dev.slackwater.check-action.v1';

/** `identifier` of the button that approves; GitHub takes at most 20 characters. */
export const APPROVE_IDENTIFIER = 'approve';

/** Stands for GitHub's own "Re-run" button; no button of ours may be called so. */
const RERUN_IDENTIFIER = '@rerun';

/** A button that somebody pressed on a check run, as the webhook told it. All text is untrusted. */
export interface IncomingCheckAction {
  /** `owner/name`. */
  readonly repository: string;
  readonly checkRunId: number;
  readonly headSha: string;
  /** {@link APPROVE_IDENTIFIER}, or `@rerun`. */
  readonly identifier: typeof APPROVE_IDENTIFIER | typeof RERUN_IDENTIFIER;
  readonly sender: string;
  /** GitHub's delivery id; a redelivery has the same. */
  readonly deliveryId: string;
}

/** Turns a `check_run` delivery into a message of a few hundred bytes, or says why it is none. `payload` is untrusted. */
export function projectCheckAction(deliveryId: string, payload: unknown): DeliveryProjection {
  const reader = createFieldReader();
  const root = reader.record(payload, 'payload');
  if (reader.faults.length > 0) return { kind: 'malformed', faults: reader.faults };
  const { action } = root;
  if (action !== 'requested_action' && action !== 'rerequested') return { kind: 'ignore', reason: 'nobody acted on the check run' };
  const wanted = action === 'rerequested' ? RERUN_IDENTIFIER : textAt(root, 'requested_action', 'identifier');
  if (wanted !== APPROVE_IDENTIFIER && wanted !== RERUN_IDENTIFIER) return { kind: 'ignore', reason: 'no button of this version' };
  const sender = reader.record(root['sender'], 'sender');
  if (typeof sender['type'] === 'string' && sender['type'] !== 'User') return { kind: 'ignore', reason: 'not pressed by a person' };
  const check = reader.record(root['check_run'], 'check_run');
  const data: IncomingCheckAction = {
    repository: reader.text(reader.record(root['repository'], 'repository'), 'full_name', 'repository.', repositoryForm),
    checkRunId: reader.number(check, 'id', 'check_run.'),
    headSha: reader.text(check, 'head_sha', 'check_run.', commitForm),
    identifier: wanted,
    sender: reader.text(sender, 'login', 'sender.', /^[\w.[\]-]+$/),
    deliveryId: reader.text({ deliveryId }, 'deliveryId', '', deliveryForm),
  };
  if (reader.faults.length > 0) return { kind: 'malformed', faults: reader.faults };
  return {
    kind: 'message',
    event: {
      specversion: '1.0',
      type: CHECK_ACTION_TYPE,
      id: deliveryId,
      source: `/github/${data.repository}`,
      subject: `check-runs/${data.checkRunId}`,
      datacontenttype: 'application/json',
      data,
    },
  };
}

/** Reads a message of type {@link CHECK_ACTION_TYPE}; every fault at once, code `malformed-message`. */
export function parseCheckAction(message: JsonRecord): Result<IncomingCheckAction, Fault> {
  const reader = createFieldReader();
  const data = reader.record(message['data'], 'data');
  const identifier = reader.text(data, 'identifier', 'data.', new RegExp(`^(?:${APPROVE_IDENTIFIER}|${RERUN_IDENTIFIER})$`));
  const action: IncomingCheckAction = {
    repository: reader.text(data, 'repository', 'data.', repositoryForm),
    checkRunId: reader.number(data, 'checkRunId', 'data.'),
    headSha: reader.text(data, 'headSha', 'data.', commitForm),
    identifier: identifier === APPROVE_IDENTIFIER ? APPROVE_IDENTIFIER : RERUN_IDENTIFIER,
    sender: reader.text(data, 'sender', 'data.', /^[\w.[\]-]+$/),
    deliveryId: reader.text(data, 'deliveryId', 'data.', deliveryForm),
  };
  return reader.faults.length > 0 ? refuse(reader.faults) : succeed(action);
}
