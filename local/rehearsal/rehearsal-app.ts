import type { Composition } from '../../functions/compose.ts';
import { registerDurable } from '../../functions/durable.ts';

/** The app's orchestrations and activities, over whatever composition the present rehearsal uses. */
let present: Composition | null = null;

function composed(): Composition {
  if (present === null) throw new Error('No rehearsal has set its composition.');
  return present;
}

/** Sets the composition of the rehearsal that begins. */
export function useComposition(composition: Composition): void {
  present = composition;
}

registerDurable({ portsWithWindowsOf: (invocation) => composed().portsWithWindowsOf(invocation) });
