import { parseJson, textAt } from '../../domain/json.ts';
import { parseState, parseThrownState } from '../durable/action-list.ts';
import { readSdkOpenTasks } from '../durable/drift.ts';
import type { ActivityAnswer, DurableFunctions, OrchestratorAnswer } from '../durable/turn.ts';
import type { CoreApi, RegisteredFunction, TypedData } from './core-api.ts';

/** The app's orchestrators and activities, called with the payloads the durable extension sends. */
export function durableFunctions(options: {
  readonly core: CoreApi;
  readonly functions: readonly RegisteredFunction[];
  readonly extraInputs: (registered: RegisteredFunction) => Readonly<Record<string, TypedData>>;
}): DurableFunctions {
  const orchestrations = byTrigger(options.functions, 'orchestrationTrigger');
  const activities = byTrigger(options.functions, 'activityTrigger');
  return {
    activities: new Set(activities.keys()),
    orchestrations: new Set(orchestrations.keys()),
    invokeOrchestrator: async (name, binding): Promise<OrchestratorAnswer> => {
      const registered = orchestrations.get(name);
      if (registered === undefined) return { state: null, error: `The orchestrator function '${name}' is not registered.`, sdkOpenTasks: null };
      const result = await options.core.invoke(registered, {
        triggerData: { string: JSON.stringify(binding) },
        extraInputs: options.extraInputs(registered),
        triggerMetadata: {},
      });
      const sdkOpenTasks = readSdkOpenTasks(result.context);
      if (result.kind === 'threw') {
        const error = messageOf(result.error);
        return { state: parseThrownState(error), error, sdkOpenTasks };
      }
      return { state: parseState(parseJson(jsonOf(result.returnValue))), error: '', sdkOpenTasks };
    },
    invokeActivity: async (name, inputJson, instanceId): Promise<ActivityAnswer> => {
      const registered = activities.get(name);
      if (registered === undefined) return { kind: 'failed', reason: `Activity function '${name}' failed: it is not registered`, details: '' };
      const data = toActivityInput(inputJson);
      const result = await options.core.invoke(registered, {
        triggerData: data,
        extraInputs: options.extraInputs(registered),
        triggerMetadata: { instanceId: { string: instanceId }, data },
      });
      if (result.kind === 'returned') return { kind: 'completed', resultJson: jsonOf(result.returnValue) };
      const stack = result.error instanceof Error ? (result.error.stack ?? '') : '';
      return { kind: 'failed', reason: `Activity function '${name}' failed: ${messageOf(result.error)}`, details: stack };
    },
  };
}

function byTrigger(functions: readonly RegisteredFunction[], type: string): ReadonlyMap<string, RegisteredFunction> {
  const ofType = functions.filter((registered) => registered.trigger.toLowerCase() === type.toLowerCase());
  return new Map(ofType.map((registered) => [registered.name, registered]));
}

/** Objects and arrays go as JSON, scalars as bare text the way .NET prints them, null as nothing. */
function toActivityInput(inputJson: string): TypedData {
  const value = parseJson(inputJson);
  if (value === null || value === undefined) return {};
  if (typeof value === 'boolean') return { string: value ? 'True' : 'False' };
  return { string: typeof value === 'string' ? value : inputJson };
}

function jsonOf(value: TypedData | null): string {
  if (value === null) return 'null';
  if (value.json !== undefined) return value.json;
  return JSON.stringify(value.string ?? value.int ?? value.double ?? null);
}

function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  return textAt(error, 'message') ?? String(error);
}
