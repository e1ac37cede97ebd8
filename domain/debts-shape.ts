import type { FieldShape } from './field-shape.ts';

/** What a policy may say of debts. */
export const debtsShape = {
  kind: 'object',
  description: 'What is left over after a run: what it costs, and who is told while it lasts.',
  fields: {
    nodeCostPerDay: {
      presence: 'optional',
      shape: {
        kind: 'text',
        description: 'What one node costs a day; left out: no cost is shown.',
        pattern: '^(?:0|[1-9][0-9]{0,5})(?:\\.[0-9]{1,2})? [A-Z]{3}$',
        form: 'an amount and a currency, for example 7.20 EUR',
      },
    },
    owners: {
      presence: 'optional',
      whenAbsent: {},
      shape: {
        kind: 'named',
        description: 'Who is mentioned for an owner that workloads name in their annotations or labels. Only who stands here is ever mentioned.',
        namePattern: '^[A-Za-z0-9@][A-Za-z0-9 ._@/-]{0,99}$',
        nameForm: 'an owner as workloads name it, for example team-pay',
        values: {
          kind: 'text',
          description: 'A GitHub user or team.',
          pattern: '^@[A-Za-z0-9][A-Za-z0-9-]{0,38}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,99})?$',
          form: 'a user or team in quotes, for example "@acme/pay"',
        },
      },
    },
  },
} as const satisfies FieldShape;
