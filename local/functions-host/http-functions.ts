import { textAt, textMapAt, valueAt } from '../../domain/json.ts';
import { AppRefused } from './core-api.ts';
import type { CoreApi, RegisteredFunction, TypedData } from './core-api.ts';
import { parseRoute } from './http-routes.ts';
import type { Route } from './http-routes.ts';
import type { HostHandler, HostRequest, HostResponse } from './http-server.ts';

interface HttpFunctionOptions {
  readonly core: CoreApi;
  readonly functions: readonly RegisteredFunction[];
  readonly routePrefix: string;
  readonly extraInputs: (registered: RegisteredFunction) => Readonly<Record<string, TypedData>>;
  readonly onFailure: (name: string, error: unknown) => void;
}

/**
 * Serves HTTP-triggered functions: raw bytes in and out, route parameters, 404 for an unknown route or method (as the
 * Functions host answers both), 204 for a function that returns nothing, 500 with no body for one that throws. Function
 * keys are not checked, as Core Tools does not check them either.
 */
export function httpFunctions(options: HttpFunctionOptions): HostHandler {
  const routes = options.functions
    .map((registered) => ({ registered, route: routeOf(registered, options.routePrefix) }))
    .sort((one, other) => other.route.literalCount - one.route.literalCount);
  return async (request) => {
    for (const { registered, route } of routes) {
      const parameters = route.methods.includes(request.method) ? route.match(request.url.pathname) : null;
      if (parameters !== null) return await invoke(options, registered, request, parameters);
    }
    return null;
  };
}

function routeOf(registered: RegisteredFunction, prefix: string): Route {
  const binding = registered.bindings[registered.triggerName] ?? {};
  const methods = binding['methods'];
  const route = textAt(binding, 'route') ?? registered.name;
  return parseRoute(`${prefix}/${route}`, Array.isArray(methods) ? methods.filter((method) => typeof method === 'string') : ['GET', 'POST']);
}

async function invoke(
  options: HttpFunctionOptions,
  registered: RegisteredFunction,
  request: HostRequest,
  parameters: Readonly<Record<string, string>>,
): Promise<HostResponse> {
  const result = await options.core.invoke(registered, {
    triggerData: {
      http: {
        method: request.method,
        url: request.url.href,
        headers: request.headers,
        params: parameters,
        query: Object.fromEntries(request.url.searchParams),
        body: { bytes: request.body },
      },
    },
    extraInputs: options.extraInputs(registered),
    triggerMetadata: {},
    traceParent: request.headers['traceparent'] ?? null,
  });
  if (result.kind === 'threw') {
    options.onFailure(registered.name, result.error);
    return { status: 500, headers: {}, body: '' };
  }
  return toResponse(registered.name, result.returnValue);
}

function toResponse(name: string, value: TypedData | null): HostResponse {
  const http = value?.http;
  if (http === undefined) return { status: 204, headers: {}, body: '' };
  const cookies = http['cookies'];
  if (Array.isArray(cookies) && cookies.length > 0) throw new AppRefused('not-implemented-locally', `Function ${name} sets cookies. Set the header instead.`);
  return { status: Number(http['statusCode'] ?? 200), headers: textMapAt(http, 'headers'), body: bytesOf(http['body']) };
}

function bytesOf(body: unknown): Uint8Array | string {
  const bytes = valueAt(body, 'bytes');
  if (bytes instanceof Uint8Array) return bytes;
  return textAt(body, 'string') ?? textAt(body, 'json') ?? '';
}
