import { app } from '@azure/functions';
import { createAzureCredential } from '../adapters/credential.ts';
import { createLogger } from '../adapters/logger.ts';
import type { Settings } from '../adapters/settings.ts';

/**
 * Where settings ask for it, has the app send spans, lines and metrics by itself, from before the first invocation.
 *
 * Loaded here and not before, so that whoever leaves it off pays nothing. An app whose telemetry does not start runs without: the host then forwards its lines as always.
 */
export function sendTelemetry({ telemetry, local }: Settings): void {
  if (telemetry === null) return;
  const { connectionString, clientId } = telemetry;
  app.hook.appStart(async () => {
    try {
      const { startTelemetry } = await import('../adapters/telemetry.ts');
      startTelemetry({
        connectionString,
        credential: clientId === null ? null : createAzureCredential(clientId),
        allowInsecureConnection: local === null ? 'never' : 'loopback-only',
        roleName: process.env['WEBSITE_SITE_NAME'] ?? 'slackwater',
      });
    } catch (error) {
      createLogger((level, line) => console[level](line)).log('error', 'telemetry.not-started', { error });
    }
  });
}
