import type { FieldShape } from './field-shape.ts';

const probe = {
  kind: 'object',
  description: 'One probe: GET requests to a service through the API server, so that no network path of our own is needed.',
  fields: {
    name: {
      presence: 'required',
      shape: { kind: 'text', description: 'What the probe is called in reports.', pattern: '^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$', form: 'up to 40 small letters, digits and hyphens, for example dns' },
    },
    service: {
      presence: 'required',
      shape: {
        kind: 'text',
        description: 'The service that is asked, with the number or name of its port; the scheme is http unless written. The identity needs the right to get services/proxy of it.',
        pattern: '^(?:https?:)?[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?/[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?:[a-z0-9](?:[a-z0-9-]{0,13}[a-z0-9])?$',
        form: 'namespace/name:port, for example shop/web:8080 or https:shop/web:443',
      },
    },
    path: {
      presence: 'optional',
      whenAbsent: '/',
      shape: {
        kind: 'text',
        description: 'Path and query of the request; an answer below 400 is good.',
        // A step of two dots would lead out of the service to other parts of the API.
        pattern: '^(?=.{1,200}$)(?:/(?!\\.{1,2}(?:[/?]|$))[A-Za-z0-9._~-]*)+(?:\\?[A-Za-z0-9._~=&-]*)?$',
        form: 'a path of letters, digits and . _ ~ - that begins with /, for example /healthz',
      },
    },
    tries: {
      presence: 'optional',
      whenAbsent: 10,
      shape: { kind: 'whole', description: 'Requests of one look.', unit: 'requests', minimum: 1, maximum: 50 },
    },
    failuresAllowedPercent: {
      presence: 'optional',
      whenAbsent: 10,
      shape: { kind: 'whole', description: 'Share of the requests that may fail.', unit: 'percent', minimum: 0, maximum: 99 },
    },
  },
} as const satisfies FieldShape;

/** The policy's `verify`: how the cluster is looked at before the first unit and after each. */
export const verifyShape = {
  kind: 'object',
  description: 'Looks at what users feel, before the first unit and after each; nothing more is started while they fail. Left out: only what Kubernetes itself tells is looked at, and no time is spent.',
  fields: {
    settleMinutes: {
      presence: 'optional',
      whenAbsent: 10,
      shape: { kind: 'whole', description: 'How long looks must be good after a unit before it counts as verified and the next begins.', unit: 'minutes', minimum: 0, maximum: 120 },
    },
    probes: {
      presence: 'optional',
      whenAbsent: [],
      shape: { kind: 'list', description: 'At most 8 probes, each with a name of its own.', repeats: 'refused', items: probe },
    },
  },
} as const satisfies FieldShape;
