import { keepDashboard } from '../activities/keep-dashboard.ts';
import { keepCalendars } from '../activities/keep-calendars.ts';
import { openWindows } from '../activities/open-windows.ts';
import type { OpenWindowsSettings } from '../activities/open-windows.ts';
import type { Ports } from '../activities/ports.ts';

/**
 * Starts what is open now, and keeps the fleet's dashboard. Throws when anything failed, so that the invocation shows as failed; the next tick tries again.
 */
export async function tickWindows(ports: Ports, settings: OpenWindowsSettings): Promise<void> {
  const opened = await openWindows(ports, settings);
  if (!opened.ok) throw new Error(`${opened.failure.code}: ${opened.failure.message}`);
  // A run that has just begun shows itself on the dashboard; until then its state is not known here.
  const kept = opened.value.some(({ kind }) => kind === 'started') ? null : await keepDashboard(ports, { policyRepository: settings.policyRepository, whenMissing: 'open' });
  if (kept !== null && !kept.ok) ports.logger.log('warn', 'dashboard.not-kept', { code: kept.failure.code });
  await keepCalendars(ports);
  const failed = opened.value.filter(({ kind }) => kind === 'failed');
  if (failed.length === 0) {
    // The alert on missing ticks counts this line.
    ports.logger.log('info', 'windows.looked', { windows: opened.value.length });
    return;
  }
  const told = failed.map(({ policy, failure }) => `${policy} (${failure?.code ?? 'unknown'})`).join(', ');
  throw new Error(`windows-not-opened: ${told}.`);
}
