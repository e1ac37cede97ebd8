import type { JsonRecord } from '../domain/json.ts';
import type { OperationRecord } from './aks-state.ts';
import type { WireResponse } from './wire.ts';

const API_VERSION = '2016-03-30';

/** An error of AKS itself: the bare shape, without an `error` around it. */
export function serviceError(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}): WireResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', 'x-ms-failure-cause': 'service', ...headers },
    body: { code, details: null, message, subcode: '' },
  };
}

/** An error of ARM's gateway. */
export function gatewayError(status: number, code: string, message: string): WireResponse {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'x-ms-failure-cause': 'gateway' },
    body: { error: { code, message } },
  };
}

/** 404 for a cluster that is not there. */
export function resourceNotFound(resourceGroup: string, name: string): WireResponse {
  const resource = `Microsoft.ContainerService/managedClusters/${name}`;
  return gatewayError(
    404,
    'ResourceNotFound',
    `The Resource '${resource}' under resource group '${resourceGroup}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  );
}

/** 501: AKS would do this, the simulation does not, and says so instead of pretending. */
export function armNotSimulated(what: string): WireResponse {
  return serviceError(501, 'NotImplementedBySimulation', `${what} is not implemented by the simulation.`);
}

/** JSON as the answer. */
export function armAnswer(status: number, body: JsonRecord, headers: Readonly<Record<string, string>> = {}): WireResponse {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body };
}

/** What an operation's headers are made from. */
interface OperationPlace {
  readonly subscriptionId: string;
  readonly location: string;
}

/** `Azure-AsyncOperation`, without a host: whoever serves the world writes its own in front. */
export function asyncHeader(place: OperationPlace, operation: OperationRecord): Readonly<Record<string, string>> {
  return { 'azure-asyncoperation': operationUrl(place, 'operations', operation) };
}

/** `Azure-AsyncOperation` and `Location`, as POST actions answer. */
export function actionHeaders(place: OperationPlace, operation: OperationRecord): Readonly<Record<string, string>> {
  return { ...asyncHeader(place, operation), location: operationUrl(place, 'operationresults', operation) };
}

function operationUrl(place: OperationPlace, kind: 'operations' | 'operationresults', operation: OperationRecord): string {
  const base = `/subscriptions/${place.subscriptionId}/providers/Microsoft.ContainerService/locations/${place.location}`;
  return `${base}/${kind}/${operation.id}?api-version=${API_VERSION}`;
}
