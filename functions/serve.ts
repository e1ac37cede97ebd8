import { app } from '@azure/functions';
import type { HttpRequest, InvocationContext } from '@azure/functions';
import { causeOfDelivery, causeOfMessage, correlationIdOf } from '../adapters/correlation.ts';
import { serveInvocation } from '../adapters/invocation.ts';
import { createLogger } from '../adapters/logger.ts';
import { logFieldsOf, readTrace, withoutTrace } from '../domain/log-fields.ts';
import type { LogFields } from '../domain/log-fields.ts';

/**
 * Has every invocation, of whatever function, begin by saying what it is about: all its lines carry that, and its requests to Azure are known by it.
 *
 * An orchestration is left out, for it is no invocation but many; `adapters/durable-flow.ts` says what its lines are about, and sends it along with every activity.
 */
export function serveInvocations(): void {
  app.hook.preInvocation((call) => {
    const { invocationContext: context, functionHandler } = call;
    const { type } = context.options.trigger;
    if (type === 'orchestrationTrigger') return;
    const [given, ...others] = call.inputs;
    const fields = knownOf(type, given, context);
    if (type === 'activityTrigger') call.inputs = [withoutTrace(given), ...others];
    const logger = createLogger((level, line) => context[level](line));
    call.functionHandler = (input, own) => serveInvocation({ fields, logger, traceParent: context.traceContext?.traceParent ?? null }, () => functionHandler(input, own));
  });
}

function knownOf(trigger: string, given: unknown, { invocationId, triggerMetadata }: InvocationContext): LogFields {
  switch (trigger) {
    case 'activityTrigger': {
      const instanceId = triggerMetadata?.['instanceId'];
      return { ...readTrace(given), ...logFieldsOf(given), ...(typeof instanceId === 'string' ? { instanceId } : {}) };
    }
    case 'httpTrigger':
      return isRequest(given) ? causeOfDelivery(given.headers.get('x-github-delivery'), invocationId) : {};
    case 'serviceBusTrigger':
      return causeOfMessage(given, invocationId);
    default:
      return { correlationId: correlationIdOf(invocationId) };
  }
}

function isRequest(given: unknown): given is HttpRequest {
  return typeof given === 'object' && given !== null && 'headers' in given && typeof given.headers === 'object' && given.headers !== null && 'get' in given.headers;
}
