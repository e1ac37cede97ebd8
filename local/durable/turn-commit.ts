import { randomUUID } from 'node:crypto';
import type { Instant } from '../../domain/time.ts';
import { eventTypes } from './history.ts';
import type { PendingEvent } from './history.ts';
import { isFinished } from './instance.ts';
import type { InstanceRecord, ParentReference } from './instance.ts';
import type { Decision } from './replay.ts';
import type { DurableStore } from './store.ts';
import { childInstanceId, toIso } from './turn.ts';
import type { Turn } from './turn.ts';

/** Writes what a turn decided. Call it within a transaction, after the turn's history. */
export function commitTurn(store: DurableStore, instance: InstanceRecord, turn: Turn, now: Instant): void {
  const { outcome } = turn;
  const customStatusJson = turn.customStatusJson ?? instance.customStatusJson;
  const touched: InstanceRecord = { ...instance, customStatusJson, lastUpdatedAt: now };
  for (const decision of turn.decisions) commitDecision(store, instance, decision, now);
  switch (outcome.kind) {
    case 'running':
      store.updateInstance({ ...touched, runtimeStatus: 'Running' });
      return;
    case 'suspended':
      store.updateInstance({ ...touched, runtimeStatus: 'Suspended' });
      return;
    case 'completed':
      finish(store, { ...touched, runtimeStatus: 'Completed', outputJson: outcome.outputJson }, { kind: 'completed', resultJson: outcome.outputJson });
      return;
    case 'failed':
      finish(store, { ...touched, runtimeStatus: 'Failed', outputJson: JSON.stringify(outcome.reason) }, outcome);
      return;
    case 'terminated':
      finish(store, { ...touched, runtimeStatus: 'Terminated', outputJson: JSON.stringify(outcome.reason) }, outcome);
      return;
    case 'continued-as-new': {
      const next: InstanceRecord = { ...touched, executionId: newExecutionId(), inputJson: outcome.inputJson, runtimeStatus: 'Running' };
      store.clearExecution(instance.instanceId);
      store.updateInstance(next);
      // Due before anything that came later, so that the order of events outlives the new beginning.
      store.insertMessage({ instanceId: next.instanceId, executionId: next.executionId, dueAt: 0, event: toExecutionStarted(next) });
      for (const { Timestamp: _received, ...event } of outcome.carriedOver) {
        store.insertMessage({ instanceId: next.instanceId, executionId: null, dueAt: 0, event });
      }
    }
  }
}

function commitDecision(store: DurableStore, instance: InstanceRecord, decision: Decision, now: Instant): void {
  const { instanceId, executionId } = instance;
  switch (decision.kind) {
    case 'activity':
      store.insertActivity({ instanceId, executionId, taskId: decision.id, name: decision.name, inputJson: decision.inputJson });
      return;
    case 'timer': {
      const event: PendingEvent = { EventType: eventTypes.timerFired, EventId: -1, TimerId: decision.id, FireAt: toIso(decision.fireAt) };
      store.insertMessage({ instanceId, executionId, dueAt: decision.fireAt, event });
      return;
    }
    case 'child': {
      const childId = childInstanceId(instance, decision);
      const present = store.readInstance(childId);
      if (present !== null && !isFinished(present.runtimeStatus)) {
        const reason = `child-id-in-use: an orchestration instance with id '${childId}' is ${present.runtimeStatus}. Use another id.`;
        const event: PendingEvent = { EventType: eventTypes.childFailed, EventId: -1, TaskScheduledId: decision.id, Reason: reason, Details: '' };
        store.insertMessage({ instanceId, executionId, dueAt: now, event });
        return;
      }
      const { name, inputJson, version } = decision.call;
      const parent: ParentReference = { instanceId, executionId, taskId: decision.id };
      startInstance(store, { instanceId: childId, name, inputJson, version: version ?? instance.version, parent, now });
    }
  }
}

type Ending = { readonly kind: 'completed'; readonly resultJson: string } | { readonly kind: 'failed' | 'terminated'; readonly reason: string };

function finish(store: DurableStore, instance: InstanceRecord, ending: Ending): void {
  store.updateInstance(instance);
  store.clearInbox(instance.instanceId);
  if (instance.parent === null) return;
  const { instanceId, executionId, taskId } = instance.parent;
  const head = { EventId: -1, TaskScheduledId: taskId };
  const event: PendingEvent =
    ending.kind === 'completed'
      ? { ...head, EventType: eventTypes.childCompleted, Result: ending.resultJson }
      : { ...head, EventType: eventTypes.childFailed, Reason: ending.reason, Details: '' };
  store.insertMessage({ instanceId, executionId, dueAt: instance.lastUpdatedAt, event });
}

/** Adds an instance and its first message. Call it within a transaction. */
export function startInstance(
  store: DurableStore,
  request: {
    readonly instanceId: string;
    readonly name: string;
    readonly inputJson: string | null;
    readonly version: string | null;
    readonly parent: ParentReference | null;
    readonly now: Instant;
  },
): void {
  const { instanceId, name, inputJson, version, parent, now } = request;
  const executionId = newExecutionId();
  store.insertInstance({
    instanceId,
    executionId,
    name,
    version,
    runtimeStatus: 'Pending',
    inputJson,
    outputJson: null,
    customStatusJson: null,
    createdAt: now,
    lastUpdatedAt: now,
    parent,
  });
  store.insertMessage({ instanceId, executionId, dueAt: now, event: toExecutionStarted({ instanceId, executionId, name, version, inputJson, parent }) });
}

function toExecutionStarted(
  instance: Pick<InstanceRecord, 'instanceId' | 'executionId' | 'name' | 'version' | 'inputJson' | 'parent'>,
): PendingEvent {
  return {
    EventType: eventTypes.executionStarted,
    EventId: -1,
    Name: instance.name,
    Version: instance.version,
    Input: instance.inputJson,
    OrchestrationInstance: { InstanceId: instance.instanceId, ExecutionId: instance.executionId },
    ParentInstance: instance.parent === null ? null : { OrchestrationInstance: { InstanceId: instance.parent.instanceId } },
  };
}

function newExecutionId(): string {
  return randomUUID().replaceAll('-', '');
}
