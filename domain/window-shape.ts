import type { FieldShape } from './field-shape.ts';

const dayOfWeek = {
  kind: 'word',
  description: 'Local day of the week on which the window opens.',
  oneOf: ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'],
} as const satisfies FieldShape;

const localDate = {
  kind: 'text',
  description: 'Local date.',
  pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$',
  form: 'a day that exists as YYYY-MM-DD, for example 2026-12-18',
  check: 'local-date',
} as const satisfies FieldShape;

const intervalMonths = {
  kind: 'whole',
  description: 'Months from one opening to the next, counted from startDate.',
  unit: 'months',
  minimum: 1,
  maximum: 6,
} as const satisfies FieldShape;

// Ranges of the four schedules are those of the AKS maintenance configuration API, so that one can be copied here.
const schedule = {
  kind: 'object',
  description: 'Exactly one of the four AKS schedules.',
  exactlyOneOf: ['daily', 'weekly', 'absoluteMonthly', 'relativeMonthly'],
  fields: {
    daily: {
      presence: 'optional',
      shape: {
        kind: 'object',
        description: 'Every day, or every few days.',
        fields: {
          intervalDays: {
            presence: 'optional',
            whenAbsent: 1,
            shape: { kind: 'whole', description: 'Days from one opening to the next, counted from startDate.', unit: 'days', minimum: 1, maximum: 7 },
          },
        },
      },
    },
    weekly: {
      presence: 'optional',
      shape: {
        kind: 'object',
        description: 'On one day of the week, every week or every few weeks.',
        fields: {
          dayOfWeek: { presence: 'required', shape: dayOfWeek },
          intervalWeeks: {
            presence: 'optional',
            whenAbsent: 1,
            shape: { kind: 'whole', description: 'Weeks from one opening to the next, counted from startDate.', unit: 'weeks', minimum: 1, maximum: 4 },
          },
        },
      },
    },
    absoluteMonthly: {
      presence: 'optional',
      shape: {
        kind: 'object',
        description: 'On one date of the month; a month without that date has no opening.',
        fields: {
          dayOfMonth: {
            presence: 'required',
            shape: { kind: 'whole', description: 'Date of the month.', unit: 'day', minimum: 1, maximum: 31 },
          },
          intervalMonths: { presence: 'optional', whenAbsent: 1, shape: intervalMonths },
        },
      },
    },
    relativeMonthly: {
      presence: 'optional',
      shape: {
        kind: 'object',
        description: 'On the first to fourth, or last, of one day of the week in a month.',
        fields: {
          weekIndex: {
            presence: 'required',
            shape: { kind: 'word', description: 'Which of them.', oneOf: ['First', 'Second', 'Third', 'Fourth', 'Last'] },
          },
          dayOfWeek: { presence: 'required', shape: dayOfWeek },
          intervalMonths: { presence: 'optional', whenAbsent: 1, shape: intervalMonths },
        },
      },
    },
  },
} as const satisfies FieldShape;

/** The part of a policy file that says when: AKS's own maintenance words, with a real time zone. */
export const windowShape = {
  kind: 'object',
  description: 'When the cluster may be touched.',
  exactlyOneOf: ['timeZone', 'utcOffset'],
  fields: {
    timeZone: {
      presence: 'optional',
      shape: {
        kind: 'text',
        description: 'IANA time zone; the window follows its summer time.',
        pattern: '^[A-Za-z][A-Za-z0-9_+/-]{0,63}$',
        form: 'an IANA zone, for example Europe/Paris',
        check: 'time-zone',
      },
    },
    utcOffset: {
      presence: 'optional',
      shape: {
        kind: 'text',
        description: 'Fixed offset from UTC in place of timeZone, as AKS writes it; it knows no summer time.',
        pattern: '^[+-](?:0[0-9]|1[0-4]):[0-5][0-9]$',
        form: 'a sign, hours and minutes, for example "+01:00"',
      },
    },
    startTime: {
      presence: 'required',
      shape: {
        kind: 'text',
        description: 'Local time at which the window opens. A time that is missing when clocks go forward moves forward; one that comes twice is the first.',
        pattern: '^(?:[01][0-9]|2[0-3]):[0-5][0-9]$',
        form: 'HH:mm from 00:00 to 23:59, for example "22:00"',
      },
    },
    durationHours: {
      presence: 'required',
      shape: { kind: 'whole', description: 'How long the window is open, in elapsed hours.', unit: 'hours', minimum: 1, maximum: 24 },
    },
    schedule: { presence: 'required', shape: schedule },
    startDate: {
      presence: 'optional',
      shape: { ...localDate, description: 'Local date before which nothing opens; intervals are counted from the first opening on or after it.' },
    },
    notAllowedDates: {
      presence: 'optional',
      whenAbsent: [],
      shape: {
        kind: 'list',
        description: 'Local dates on which nothing opens, or no minor version is raised. A freeze that begins while the window is open closes it at midnight.',
        repeats: 'allowed',
        items: {
          kind: 'object',
          description: 'A span of local dates.',
          inOrder: ['start', 'end'],
          fields: {
            start: { presence: 'required', shape: { ...localDate, description: 'First local date, included.' } },
            end: { presence: 'required', shape: { ...localDate, description: 'Last local date, included.' } },
            reason: {
              presence: 'optional',
              whenAbsent: 'not-allowed dates',
              shape: { kind: 'text', description: 'Why; shown wherever an opening is skipped.', pattern: '^\\S(?:.{0,198}\\S)?$', form: 'a line of 1 to 200 characters' },
            },
            scope: {
              presence: 'optional',
              whenAbsent: 'all',
              shape: { kind: 'word', description: 'all: nothing opens. minor: node images and patches only.', oneOf: ['all', 'minor'] },
            },
          },
        },
      },
    },
  },
} as const satisfies FieldShape;
