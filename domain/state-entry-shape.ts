import type { FieldShape } from './field-shape.ts';

/** Words for people. */
export const sentence = { kind: 'text', description: 'Words for people.', pattern: '^[^]{0,2000}$', form: 'a text of at most 2000 characters' } as const satisfies FieldShape;
/** A name. */
export const name = { kind: 'text', description: 'A name.', pattern: '^[^]{1,300}$', form: 'a text of 1 to 300 characters' } as const satisfies FieldShape;
/** A moment in UTC. */
export const moment = {
  kind: 'text',
  description: 'A moment.',
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(?::\\d{2}(?:\\.\\d{1,9})?)?Z$',
  form: 'a moment in UTC, for example 2026-11-21T21:00:00Z',
} as const satisfies FieldShape;
/** How many. */
export const count = { kind: 'whole', description: 'A count.', unit: 'pieces', minimum: 0, maximum: 1_000_000 } as const satisfies FieldShape;
/** A list of names. */
export const names = { kind: 'list', description: 'Names.', repeats: 'allowed', items: name } as const satisfies FieldShape;

/** Who, when, why, until: what every entry says first. */
export const entry = {
  who: { presence: 'required', shape: name },
  when: { presence: 'required', shape: moment },
  why: { presence: 'required', shape: sentence },
} as const;
