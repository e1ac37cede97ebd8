import type { JsonRecord } from '../domain/json.ts';
import type { WireResponse } from './wire.ts';

/** What a Kubernetes `Status` says beside its code. */
interface StatusDetail {
  readonly message: string;
  readonly reason?: string;
  readonly details?: JsonRecord;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A failure as the API server words it. */
export function failureStatus(status: number, { message, reason, details, headers }: StatusDetail): WireResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason === undefined ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      code: status,
    },
  };
}

/** An object or list as the answer. */
export function objectAnswer(status: number, body: JsonRecord): WireResponse {
  return { status, headers: { 'content-type': 'application/json' }, body };
}

/** 404 for an object. */
export function notFound(plural: string, name: string): WireResponse {
  return failureStatus(404, { message: `${plural} "${name}" not found`, reason: 'NotFound', details: { name, kind: plural } });
}

/** 404 for a path no API group serves. */
export function unknownResource(): WireResponse {
  return failureStatus(404, { message: 'the server could not find the requested resource', reason: 'NotFound', details: {} });
}

/** 501: a real API server would do this, the simulation does not, and says so instead of pretending. */
export function notSimulated(what: string): WireResponse {
  return failureStatus(501, { message: `${what} is not implemented by the simulation.`, reason: 'NotImplemented' });
}

/** 400 for a request that cannot be understood. */
export function badRequest(message: string): WireResponse {
  return failureStatus(400, { message, reason: 'BadRequest' });
}

/** 422 for a value that is not allowed. */
export function invalid(message: string, details: JsonRecord = {}): WireResponse {
  return failureStatus(422, { message, reason: 'Invalid', details });
}
