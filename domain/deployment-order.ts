import { isClean, readFields } from './field-reading.ts';
import type { FieldShape } from './field-shape.ts';
import { parseJson } from './json.ts';
import { formatInstant, parseInstant } from './local-time.ts';
import { refuse, succeed } from './result.ts';
import type { Fault, Result } from './result.ts';
import { entry, moment } from './state-entry-shape.ts';
import { MINUTE_MS } from './time.ts';
import type { Instant } from './time.ts';

/** While a deployment is announced no unit starts, on any cluster; what is at work is watched. */
export interface DeploymentOrder {
  /** As the request told it: a function key names nobody. */
  readonly who: string;
  readonly when: Instant;
  readonly why: string;
  /** From then on it holds no more. */
  readonly until: Instant;
}

/** What somebody who is about to deploy asks for. */
export interface DeploymentRequest {
  readonly minutes: number;
  readonly reason: string;
  readonly by: string;
}

/** Its file on the state branch, for the whole fleet. */
export const DEPLOYMENT_FILE = 'deployment.json';
/** A deployment takes a minute or two; whoever needs longer says so again. */
export const DEPLOYMENT_MINUTES_MAX = 60;
const SCHEMA = 'slackwater.deployment/v1';

const requestShape = {
  kind: 'object',
  description: 'A deployment that is about to begin.',
  fields: {
    minutes: { presence: 'required', shape: { kind: 'whole', description: 'How long nothing is to start.', unit: 'minutes', minimum: 1, maximum: DEPLOYMENT_MINUTES_MAX } },
    reason: { presence: 'required', shape: { kind: 'text', description: 'Why.', pattern: '^[^]{1,300}$', form: 'a text of 1 to 300 characters' } },
    by: { presence: 'optional', whenAbsent: 'somebody with a function key', shape: { kind: 'text', description: 'Who deploys.', pattern: '^[^]{1,100}$', form: 'a text of 1 to 100 characters' } },
  },
} as const satisfies FieldShape;

const fileShape = {
  kind: 'object',
  description: 'A deployment that was announced.',
  fields: { schema: { presence: 'required', shape: { kind: 'word', description: 'Its form.', oneOf: [SCHEMA] } }, ...entry, until: { presence: 'required', shape: moment } },
} as const satisfies FieldShape;

/** Reads the body of a request, or says every fault of it at once; codes as of any field. */
export function readDeploymentRequest(body: unknown): Result<DeploymentRequest, Fault> {
  const reading = readFields(body, requestShape);
  return isClean(reading) ? succeed(reading.value) : refuse(reading.faults.map(({ code, where, message, remedy }) => ({ code, where, message, remedy })));
}

/** The file's text: who, when, why, until, for people who look at the branch. */
export function formatDeployment({ who, when, why, until }: DeploymentOrder): string {
  return `${JSON.stringify({ schema: SCHEMA, who, when: formatInstant(when), why, until: formatInstant(until) }, null, 2)}\n`;
}

/** The order a text holds, never longer than may be asked for, whoever wrote it; null for any other text. */
export function parseDeployment(text: string): DeploymentOrder | null {
  const reading = readFields(parseJson(text), fileShape);
  if (!isClean(reading)) return null;
  const { who, why } = reading.value;
  const [when, until] = [parseInstant(reading.value.when), parseInstant(reading.value.until)];
  return when === null || until === null ? null : { who, when, why, until: Math.min(until, when + DEPLOYMENT_MINUTES_MAX * MINUTE_MS) };
}

/** The order if it holds at `now`; null when it has ended, or is none. */
export function deploymentAt(order: DeploymentOrder | null, now: Instant): DeploymentOrder | null {
  return order !== null && order.when <= now && now < order.until ? order : null;
}
