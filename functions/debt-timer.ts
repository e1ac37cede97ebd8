import { askDebtChecks } from '../activities/ask-debt-checks.ts';
import type { AskingPorts } from '../activities/ask-debt-checks.ts';

/**
 * Asks for today's debt check of every cluster. Throws when one could not be asked for, so that the invocation shows as failed;
 * tomorrow's checks look at everything again.
 */
export async function tickDebts(ports: AskingPorts): Promise<void> {
  const asked = await askDebtChecks(ports);
  if (!asked.ok) throw new Error(`${asked.failure.code}: ${asked.failure.message}`);
  const { failed } = asked.value;
  if (failed.length > 0) throw new Error(`debts-not-asked: ${failed.map(({ policy, code }) => `${policy} (${code})`).join(', ')}.`);
}
