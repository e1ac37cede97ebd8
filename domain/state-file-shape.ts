import { debtKinds } from './debt.ts';
import type { FieldShape } from './field-shape.ts';
import { runOutcomes } from './run-record.ts';

/** The format this version writes and the only one it reads. */
export const STATE_SCHEMA = 'slackwater.state/v1';

const sentence = { kind: 'text', description: 'Words for people.', pattern: '^[^]{0,2000}$', form: 'a text of at most 2000 characters' } as const satisfies FieldShape;
const name = { kind: 'text', description: 'A name.', pattern: '^[^]{1,300}$', form: 'a text of 1 to 300 characters' } as const satisfies FieldShape;
const moment = {
  kind: 'text',
  description: 'A moment.',
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(?::\\d{2}(?:\\.\\d{1,9})?)?Z$',
  form: 'a moment in UTC, for example 2026-11-21T21:00:00Z',
} as const satisfies FieldShape;
const count = { kind: 'whole', description: 'A count.', unit: 'pieces', minimum: 0, maximum: 1_000_000 } as const satisfies FieldShape;
const names = { kind: 'list', description: 'Names.', repeats: 'allowed', items: name } as const satisfies FieldShape;
const byPool = { namePattern: '^[^]{1,100}$', nameForm: 'a name of 1 to 100 characters' } as const;

/** Who, when, why, until: what every entry says first. */
const entry = {
  who: { presence: 'required', shape: name },
  when: { presence: 'required', shape: moment },
  why: { presence: 'required', shape: sentence },
} as const;

const debt = {
  kind: 'object',
  description: 'Something left undone.',
  fields: {
    ...entry,
    until: { presence: 'optional', shape: moment },
    id: { presence: 'required', shape: name },
    kind: { presence: 'required', shape: { kind: 'word', description: 'What is owed.', oneOf: debtKinds } },
    pool: { presence: 'required', shape: name },
    node: { presence: 'optional', shape: name },
    whenFrom: { presence: 'required', shape: { kind: 'word', description: 'What tells since when.', oneOf: ['node', 'run', 'first-seen'] } },
    settledBy: { presence: 'optional', shape: { kind: 'word', description: 'How it was settled.', oneOf: ['upgraded', 'gone', 'settled'] } },
    owner: { presence: 'optional', shape: name },
    image: { presence: 'required', shape: sentence },
    count: { presence: 'required', shape: count },
    label: { presence: 'required', shape: { kind: 'word', description: "AKS's quarantine label.", oneOf: ['never', 'present', 'removed'] } },
    state: { presence: 'required', shape: sentence },
    stepDays: { presence: 'required', shape: count },
  },
} as const satisfies FieldShape;

const run = {
  kind: 'object',
  description: 'A run that ended.',
  fields: {
    ...entry,
    until: { presence: 'required', shape: moment },
    outcome: { presence: 'required', shape: { kind: 'word', description: 'How it ended.', oneOf: runOutcomes } },
    reasons: { presence: 'required', shape: names },
    nodeImages: { presence: 'required', shape: { kind: 'named', description: 'Oldest node image by pool.', ...byPool, values: name } },
    tookMinutes: { presence: 'required', shape: { kind: 'named', description: 'Minutes by unit.', ...byPool, values: count } },
  },
} as const satisfies FieldShape;

/** A cluster's file on the state branch, field by field. */
export const stateFileShape = {
  kind: 'object',
  description: 'What Slackwater remembers of one cluster.',
  fields: {
    schema: { presence: 'required', shape: { kind: 'word', description: 'Format.', oneOf: [STATE_SCHEMA] } },
    cluster: { presence: 'required', shape: name },
    debtIssue: {
      presence: 'optional',
      shape: { kind: 'object', description: 'Where debts are told.', fields: { repository: { presence: 'required', shape: name }, number: { presence: 'required', shape: count } } },
    },
    debts: { presence: 'required', shape: { kind: 'list', description: 'Debts, oldest first.', repeats: 'allowed', items: debt } },
    runs: { presence: 'required', shape: { kind: 'list', description: 'Runs, oldest first.', repeats: 'allowed', items: run } },
    nodeImages: { presence: 'required', shape: { kind: 'named', description: 'Node images AKS offered, by pool, oldest first.', ...byPool, values: names } },
  },
} as const satisfies FieldShape;
