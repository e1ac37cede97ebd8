import { announcedKinds } from './announced-upgrade.ts';
import { debtKinds } from './debt.ts';
import type { FieldShape } from './field-shape.ts';
import { runOutcomes } from './run-record.ts';
import { orderShape } from './standing-order-shape.ts';
import { count, entry, moment, name, names, sentence } from './state-entry-shape.ts';

/** The format this version writes and the only one it reads. */
export const STATE_SCHEMA = 'slackwater.state/v1';

const byPool = { namePattern: '^[^]{1,100}$', nameForm: 'a name of 1 to 100 characters' } as const;

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
    issue: {
      presence: 'optional',
      shape: { kind: 'object', description: 'Where it was told.', fields: { repository: { presence: 'required', shape: name }, number: { presence: 'required', shape: count }, state: { presence: 'optional', whenAbsent: 'open', shape: { kind: 'word', description: 'Whether it is open.', oneOf: ['open', 'closed'] } } } },
    },
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
    support: {
      presence: 'optional',
      shape: {
        kind: 'object',
        description: 'What Azure said last of the support of what the cluster runs.',
        fields: {
          who: { presence: 'required', shape: name },
          when: { presence: 'optional', shape: moment },
          version: { presence: 'required', shape: name },
          said: { presence: 'required', shape: { kind: 'word', description: 'Whether support ends or has ended.', oneOf: ['ending', 'ended'] } },
          lastDay: { presence: 'optional', shape: { kind: 'text', description: 'Last day of support.', pattern: '^\\d{4}-\\d{2}-\\d{2}$', form: 'a day, for example 2026-11-30' } },
        },
      },
    },
    announced: {
      presence: 'optional',
      shape: {
        kind: 'object',
        description: 'The upgrade of its own that AKS announced last.',
        fields: {
          who: { presence: 'required', shape: name },
          when: { presence: 'optional', shape: moment },
          id: { presence: 'required', shape: name },
          what: { presence: 'required', shape: { kind: 'word', description: 'What AKS upgrades.', oneOf: announcedKinds } },
          state: { presence: 'required', shape: { kind: 'word', description: 'Whether it has begun.', oneOf: ['scheduled', 'started'] } },
          at: { presence: 'optional', shape: moment },
        },
      },
    },
    debts: { presence: 'required', shape: { kind: 'list', description: 'Debts, oldest first.', repeats: 'allowed', items: debt } },
    runs: { presence: 'required', shape: { kind: 'list', description: 'Runs, oldest first.', repeats: 'allowed', items: run } },
    orders: { presence: 'optional', whenAbsent: [], shape: { kind: 'list', description: 'What people and programs ordered, oldest first.', repeats: 'allowed', items: orderShape } },
    nodeImages: { presence: 'required', shape: { kind: 'named', description: 'Node images AKS offered, by pool, oldest first.', ...byPool, values: names } },
  },
} as const satisfies FieldShape;
