import type { FieldShape, ReadBy } from './field-shape.ts';
import { formatInstant, parseInstant } from './local-time.ts';
import type { StandingOrder } from './standing-order.ts';
import { count, entry, moment, name, names } from './state-entry-shape.ts';

/** One order as the state branch holds it: fields of its kind beside those of every entry. */
export const orderShape = {
  kind: 'object',
  description: 'A word that outlives a run.',
  fields: {
    ...entry,
    until: { presence: 'optional', shape: moment },
    id: { presence: 'required', shape: name },
    kind: { presence: 'required', shape: { kind: 'word', description: 'What was ordered.', oneOf: ['freeze', 'postponement', 'request', 'approval', 'loss', 'run-message'] } },
    endedBy: { presence: 'optional', shape: name },
    opens: { presence: 'optional', shape: moment },
    movedTo: { presence: 'optional', shape: moment },
    freeze: { presence: 'optional', shape: { kind: 'word', description: 'Whether the opening opens although it is frozen.', oneOf: ['overridden', 'heeded'] } },
    planDigest: { presence: 'optional', shape: name },
    policyVersion: { presence: 'optional', shape: name },
    where: { presence: 'optional', shape: name },
    codes: { presence: 'optional', shape: names },
    pools: { presence: 'optional', shape: names },
    run: { presence: 'optional', shape: name },
    sequence: { presence: 'optional', shape: count },
    wants: { presence: 'optional', shape: { kind: 'word', description: 'What a program asks.', oneOf: ['requested', 'cancelled'] } },
  },
} as const satisfies FieldShape;

type WrittenOrder = ReadBy<typeof orderShape>;

/** A reason is a line of a comment; a longer one is cut. Unit: UTF-16 code units. */
const WHY_CHARACTERS_MAX = 500;

/** An order as it was read; null when a field of its kind is missing or a moment is on no calendar. */
export function orderOf(written: WrittenOrder): StandingOrder | null {
  const { id, who, why, codes, pools, where, wants, run, sequence, planDigest } = written;
  const [when, until, opens, movedTo] = [written.when, written.until, written.opens, written.movedTo].map((text) => (text === undefined ? null : parseInstant(text)));
  if (when == null || (written.until !== undefined && until == null)) return null;
  const entryOf = { id, who, when, why, until: until ?? null };
  if (written.kind === 'freeze') return { ...entryOf, kind: 'freeze', endedBy: written.endedBy ?? null };
  if (written.kind === 'loss') return where === undefined || codes === undefined || pools === undefined ? null : { ...entryOf, kind: 'loss', where, codes, pools };
  if (opens == null) return null;
  switch (written.kind) {
    case 'postponement':
      return movedTo == null || until == null ? null : { ...entryOf, kind: 'postponement', opens, movedTo };
    case 'request':
      return { ...entryOf, kind: 'request', opens, freeze: written.freeze ?? 'heeded' };
    case 'approval':
      return planDigest === undefined ? null : { ...entryOf, kind: 'approval', opens, planDigest, policyVersion: written.policyVersion ?? '' };
    case 'run-message':
      return run === undefined || sequence === undefined || wants === undefined ? null : { ...entryOf, kind: 'run-message', opens, run, sequence, wants };
  }
}

/** An order as the file holds it: who, when, why, until first, moments in UTC, nothing that says nothing. */
export function writeOrder(order: StandingOrder): Readonly<Record<string, unknown>> {
  const { who, when, why, until, id, kind, ...rest } = order;
  const facts = Object.entries(rest).flatMap(([key, value]): readonly (readonly [string, unknown])[] => {
    if (value === null || value === '') return [];
    return [[key, key === 'opens' || key === 'movedTo' ? formatInstant(Number(value)) : value]];
  });
  return { who, when: formatInstant(when), why: why.slice(0, WHY_CHARACTERS_MAX), ...(until === null ? {} : { until: formatInstant(until) }), id, kind, ...Object.fromEntries(facts) };
}
