import { app } from '@azure/functions';
import type { HttpResponseInit, HttpTriggerOptions, InvocationContext } from '@azure/functions';
import { input } from 'durable-functions';
import { purgeHistory } from '../activities/purge-history.ts';
import { createLogger } from '../adapters/logger.ts';
import type { Fault } from '../domain/result.ts';
import { compose } from './compose.ts';
import type { Composition } from './compose.ts';
import { tickDebts } from './debt-timer.ts';
import { tickDeliveries } from './delivery-timer.ts';
import { registerDurable } from './durable.ts';
import { receiveDeployment } from './deployment.ts';
import { receiveWebhook } from './github-webhook.ts';
import { showHealth } from './health.ts';
import { refuseJson } from './http-answer.ts';
import { receiveInbox } from './inbox.ts';
import { routes, serviceBusNames } from './service-names.ts';
import { showStatus } from './status.ts';
import { sendTelemetry } from './telemetry.ts';
import { tickWindows } from './window-timer.ts';

const webhookRoute: HttpTriggerOptions = { methods: ['POST'], authLevel: 'anonymous', route: routes.githubWebhook };
const statusRoute: HttpTriggerOptions = { methods: ['GET'], authLevel: 'function', route: `${routes.status}/{instanceId?}` };
const healthRoute: HttpTriggerOptions = { methods: ['GET'], authLevel: 'anonymous', route: routes.health };

const deploymentRoute: HttpTriggerOptions = { methods: ['GET', 'POST', 'DELETE'], authLevel: 'function', route: routes.deployment };

const composed = compose(process.env);
if (composed.ok) registerApp(composed.value);
else refuseToStart(composed.faults);

function registerApp(composition: Composition): void {
  const { settings } = composition;
  sendTelemetry(settings);
  const { repository: policyRepository } = settings.policies;
  app.http('githubWebhook', {
    ...webhookRoute,
    handler: (request, context) => receiveWebhook({ secrets: settings.webhookSecrets, ...composition.portsOf(context) }, request),
  });
  app.http('status', {
    ...statusRoute,
    extraInputs: [input.durableClient()],
    handler: (request, context) => showStatus(composition.portsWithWindowsOf(context).windows, request),
  });
  app.http('health', { ...healthRoute, handler: () => showHealth() });
  app.http('deployment', {
    ...deploymentRoute,
    extraInputs: [input.durableClient()],
    handler: (request, context) => receiveDeployment(composition.portsWithWindowsOf(context), request),
  });
  app.timer('windowTimer', {
    schedule: settings.windowTimerSchedule,
    extraInputs: [input.durableClient()],
    handler: (_timer, context) => tickWindows(composition.portsWithWindowsOf(context), { policyRepository, pollSeconds: settings.pollSeconds }),
  });
  app.timer('debtTimer', {
    schedule: settings.debtTimerSchedule,
    extraInputs: [input.durableClient()],
    handler: async (_timer, context) => {
      await purgeHistory(composition.portsOf(context), composition.purgeOf(context), settings.runHistoryDays);
      await tickDebts(composition.portsOf(context));
    },
  });
  app.timer('deliveryTimer', {
    schedule: settings.deliveryTimerSchedule,
    handler: (_timer, context) => tickDeliveries(composition.portsOf(context)),
  });
  app.serviceBusQueue('inbox', {
    queueName: serviceBusNames.queue,
    connection: 'ServiceBusConnection',
    extraInputs: [input.durableClient()],
    handler: (message: unknown, context) =>
      receiveInbox(
        { secrets: settings.webhookSecrets, ports: composition.portsWithWindowsOf(context), settings: { appLogin: settings.gitHub.appLogin, policyRepository, policyPath: settings.policies.path, pollSeconds: settings.pollSeconds }, pause },
        { message, ...readDelivery(context) },
      ),
  });
  registerDurable(composition);
}

/** The worker hands metadata over with names in camel case. */
function readDelivery({ triggerMetadata }: InvocationContext): { readonly messageId: string; readonly deliveryCount: number } {
  const deliveryCount = Number(triggerMetadata?.['deliveryCount'] ?? 1);
  return { messageId: String(triggerMetadata?.['messageId'] ?? ''), deliveryCount: Number.isFinite(deliveryCount) ? deliveryCount : 1 };
}

async function pause(seconds: number): Promise<void> {
  const { setTimeout: sleep } = await import('node:timers/promises');
  await sleep(seconds * 1_000);
}

/**
 * With faulty settings only HTTP answers, and says so: no timer, no queue, no orchestration is registered, so messages and
 * running windows wait untouched until the settings are mended.
 */
function refuseToStart(faults: readonly Fault[]): void {
  const logger = createLogger((level, line) => console[level](line));
  for (const fault of faults) logger.log('error', 'settings.invalid', { setting: fault.where, fault: fault.code, message: fault.message, remedy: fault.remedy });
  const refuse = (): HttpResponseInit =>
    refuseJson(503, {
      code: 'settings-invalid',
      message: `Slackwater does not start: ${faults.length === 1 ? 'one setting is' : `${faults.length} settings are`} missing or wrong.`,
      remedy: 'The log names each setting, what is wrong with it and how to mend it.',
    });
  app.http('githubWebhook', { ...webhookRoute, handler: refuse });
  app.http('status', { ...statusRoute, handler: refuse });
  app.http('deployment', { ...deploymentRoute, handler: refuse });
  app.http('health', { ...healthRoute, handler: refuse });
}
