import { receiveInboxMessage } from '../../activities/receive-inbox.ts';
import type { InstanceView, Ports, WindowHost } from '../../activities/ports.ts';
import { recorded } from '../../adapters/trust-boundary.ts';
import type { CleanUpStatus } from '../../domain/clean-up.ts';
import { COMMAND_TYPE } from '../../domain/inbox-message.ts';
import type { IncomingComment } from '../../domain/inbox-message.ts';
import { isRecord, numberAt, textAt } from '../../domain/json.ts';
import type { MaintenancePolicy } from '../../domain/maintenance-policy.ts';
import type { WindowStatus } from '../../domain/window-status.ts';
import type { ScenarioStep } from '../../sim/scenario-timeline.ts';
import { isFinished, type DurableEngine, type InstanceRecord } from '../durable/instance.ts';
import { appLogin, policyRepository } from '../loopback-world.ts';
import type { Rehearsal } from '../rehearsal/window-rehearsal.ts';

/** What became of a person's words. */
export type CommentEnd = 'raised' | 'kept' | 'refused' | 'ignored';

/**
 * Lets a person comment on the run's issue, or on one of their own when the run has none, and gives the comment to the
 * service as the queue would.
 */
export async function sayComment(rehearsal: Rehearsal, ports: Ports, step: Extract<ScenarioStep, { readonly kind: 'comment' }>, deliveryId: string): Promise<CommentEnd> {
  const run = readRun(rehearsal);
  const issueNumber = run?.issue?.number ?? openIssue(rehearsal, step.by);
  // Elsewhere than in our own issue a command carries our name.
  const body = run?.issue === undefined || run.issue === null ? step.body.replace(/^\//, '/slackwater ') : step.body;
  const written = rehearsal.world.github.request(step.by, 'POST', `/repos/${policyRepository}/issues/${issueNumber}/comments`, { body }).body;
  const comment: IncomingComment = {
    repository: policyRepository,
    issueNumber,
    isPullRequest: false,
    issueAuthor: run?.issue === undefined || run.issue === null ? step.by : appLogin,
    issueRunId: run?.runId ?? null,
    commentId: numberAt(written, 'id') ?? 0,
    author: step.by,
    authorType: 'User',
    authorAssociation: 'MEMBER',
    body,
    deliveryId,
    action: step.action,
  };
  const message = { specversion: '1.0', type: COMMAND_TYPE, id: deliveryId, source: `/github/${policyRepository}`, data: comment };
  const result = await receiveInboxMessage(ports, { appLogin, policyRepository }, message);
  if (result.kind !== 'done') return 'ignored';
  return result.what === 'raised' || result.what === 'kept' ? result.what : result.what === 'answered' ? 'refused' : 'ignored';
}

/** Gives the service a program's message about a run, as the queue would. */
export async function sendRunMessage(ports: Ports, clusterResourceId: string, { run, sequence, wants }: Extract<ScenarioStep, { readonly kind: 'run-message' }>): Promise<void> {
  const message = { specversion: '1.0', type: `dev.slackwater.run.${wants}.v1`, id: `${run}-${sequence}`, source: 'pipeline', data: { clusterResourceId, run, sequence } };
  const result = await receiveInboxMessage(ports, { appLogin, policyRepository }, message);
  if (result.kind !== 'done') throw new Error(`The message about ${run} was not taken: ${JSON.stringify(result)}`);
}

/** The app's own ports as its inbox and timers have them; runs are those of the rehearsal's engine, policies those given. */
export function inboxPorts({ composition, host }: Rehearsal, policies: readonly MaintenancePolicy[] = []): Ports {
  const silent = (): void => undefined;
  const ports = { ...composition.portsOf({ error: silent, warn: silent, info: silent }), windows: windowsOf(host.engine) };
  return { ...ports, policies: { ...ports.policies, readPolicies: async () => ({ ok: true, value: { policies, faults: [] } }) } };
}

function openIssue(rehearsal: Rehearsal, login: string): number {
  const { body } = rehearsal.world.github.request(login, 'POST', `/repos/${policyRepository}/issues`, { title: 'A question' });
  return numberAt(body, 'number') ?? 1;
}

/** The run's status; null before it has published one. */
export function readRun({ host, instanceId }: Rehearsal): WindowStatus | null {
  const json = host.engine.read(instanceId)?.customStatusJson ?? null;
  return json === null ? null : recorded<WindowStatus>(JSON.parse(json));
}

function windowsOf(engine: DurableEngine): WindowHost {
  return {
    startCleanUp: async (instanceId, input) => {
      if (engine.read(instanceId) !== null) return { ok: true, value: 'known' };
      engine.start({ name: 'cleanUp', instanceId, inputJson: JSON.stringify(input), version: null });
      return { ok: true, value: 'started' };
    },
    listCleanUps: async () => ({ ok: true, value: engine.list().filter(({ name, runtimeStatus }) => name === 'cleanUp' && !isFinished(runtimeStatus)).map(({ instanceId, createdAt, customStatusJson }) => ({ instanceId, createdAt, status: customStatusJson === null ? null : recorded<CleanUpStatus>(JSON.parse(customStatusJson)) })) }),
    startWindow: async (instanceId, input) => {
      engine.start({ name: 'maintenanceWindow', instanceId, inputJson: JSON.stringify(input), version: null });
      return { ok: true, value: 'started' };
    },
    raise: async (instanceId, event, payload) => ({ ok: true, value: engine.raiseEvent(instanceId, event, JSON.stringify(payload)) === 'accepted' ? 'raised' : 'not-running' }),
    read: async (instanceId) => {
      const record = engine.read(instanceId);
      return { ok: true, value: record === null ? null : viewOf(record) };
    },
    list: async (limit) => ({ ok: true, value: engine.list().filter(({ name }) => name === 'maintenanceWindow').slice(-limit).reverse().map(viewOf) }),
  };
}

function viewOf({ instanceId, name, runtimeStatus, customStatusJson, createdAt, lastUpdatedAt }: InstanceRecord): InstanceView {
  const status: unknown = customStatusJson === null ? null : JSON.parse(customStatusJson);
  const known = isRecord(status) && textAt(status, 'schema') === 'slackwater.status/v1' ? recorded<WindowStatus>(status) : null;
  return { instanceId, orchestration: name, runtimeStatus: isFinished(runtimeStatus) ? runtimeStatus : 'Running', status: known, createdAt, lastUpdatedAt, output: null };
}
