import { managementUrls, MANAGEMENT_PREFIXES } from '../durable/management.ts';
import type { RegisteredFunction, TypedData } from './core-api.ts';

const PLACEHOLDER = 'INSTANCEID';

/** Inputs beside the trigger: the durable client's, the only kind this host serves. */
export function clientInputs(url: string, hubName: string): (registered: RegisteredFunction) => Readonly<Record<string, TypedData>> {
  const data: TypedData = { string: JSON.stringify(clientData(url, hubName)) };
  return (registered) => {
    const names = Object.entries(registered.bindings)
      .filter(([, binding]) => binding['type'] === 'durableClient' && binding['direction'] === 'in')
      .map(([name]) => name);
    return Object.fromEntries(names.map((name) => [name, data]));
  };
}

function clientData(url: string, hubName: string): object {
  const base = `${url}${MANAGEMENT_PREFIXES[0]}`;
  const creation = `${base}orchestrators/{functionName}[/{instanceId}]`;
  return {
    taskHubName: hubName,
    creationUrls: { createNewInstancePostUri: creation, createAndWaitOnNewInstancePostUri: `${creation}?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}` },
    managementUrls: managementUrls(base, PLACEHOLDER),
    baseUrl: base.replace(/\/$/, ''),
    requiredQueryStringParameters: '',
    rpcBaseUrl: `${url}${MANAGEMENT_PREFIXES[1]}`,
  };
}
