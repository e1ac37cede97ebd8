import { isRecord } from './json.ts';
import type { JsonRecord } from './json.ts';
import type { Fault } from './result.ts';

/** `owner/name`; a part of dots alone would lead elsewhere in an address. */
export const repositoryForm = /^(?!\.+\/)[\w.-]+\/(?!\.+$)[\w.-]+$/;

/** Git's id of a commit: SHA-1 or SHA-256, in hexadecimal digits. */
export const commitForm = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** GitHub's id of a delivery; a redelivery has the same. */
export const deliveryForm = /^[\w.:-]{1,128}$/;

/** What a webhook delivery is to us: a CloudEvent 1.0 for the queue `inbox`, or nothing. */
export type DeliveryProjection =
  | { readonly kind: 'message'; readonly event: Readonly<Record<string, unknown>> & { readonly id: string; readonly type: string } }
  | { readonly kind: 'ignore'; readonly reason: string }
  | { readonly kind: 'malformed'; readonly faults: readonly Fault[] };

/** Reads fields of a message or payload and gathers every fault. */
interface FieldReader {
  readonly faults: readonly Fault[];
  record(value: unknown, where: string): JsonRecord;
  text(from: JsonRecord, field: string, where: string, pattern?: RegExp): string;
  number(from: JsonRecord, field: string, where: string): number;
}

/** Reads fields and gathers every fault, so that one look at a dead letter shows all of them. */
export function createFieldReader(): FieldReader {
  const faults: Fault[] = [];
  const report = (where: string, problem: string) => faults.push(faultOfMessage('malformed-message', where, problem));
  return {
    faults,
    record(value, where) {
      if (isRecord(value)) return value;
      report(where, 'must be an object');
      return {};
    },
    text(from, field, where, pattern = /[^]/) {
      const value = from[field];
      if (typeof value === 'string' && pattern.test(value)) return value;
      report(
        `${where}${field}`,
        typeof value === 'string' && value !== '' ? `does not have the form ${pattern.source}` : 'must be a text that is not empty',
      );
      return '';
    },
    number(from, field, where) {
      const value = from[field];
      if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
      report(`${where}${field}`, 'must be a whole number above 0');
      return 0;
    },
  };
}

/** One thing wrong with a message; `problem` follows the place in a sentence. */
export function faultOfMessage(code: string, where: string, problem: string): Fault {
  return {
    code,
    where,
    message: `${where} ${problem}.`,
    remedy: 'Send a CloudEvent 1.0 as the published contract describes it, or delete the message from the dead-letter queue.',
  };
}
