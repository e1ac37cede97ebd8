import { keepCalendars } from '../activities/keep-calendars.ts';
import { openWindows } from '../activities/open-windows.ts';
import type { OpenWindowsSettings } from '../activities/open-windows.ts';
import type { Ports } from '../activities/ports.ts';

/**
 * Starts what is open now. Throws when anything failed, so that the invocation shows as failed; the next tick tries again.
 */
export async function tickWindows(ports: Ports, settings: OpenWindowsSettings): Promise<void> {
  const opened = await openWindows(ports, settings);
  if (!opened.ok) throw new Error(`${opened.failure.code}: ${opened.failure.message}`);
  await keepCalendars(ports);
  const failed = opened.value.filter(({ kind }) => kind === 'failed');
  if (failed.length === 0) return;
  const told = failed.map(({ policy, failure }) => `${policy} (${failure?.code ?? 'unknown'})`).join(', ');
  throw new Error(`windows-not-opened: ${told}.`);
}
