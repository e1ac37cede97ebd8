import { createHmac, timingSafeEqual } from 'node:crypto';

/** What the signature of a webhook delivery says. Only `valid` may be acted upon. */
type SignatureVerdict = 'valid' | 'invalid' | 'missing' | 'malformed';

/**
 * Checks `X-Hub-Signature-256` against the body's bytes as they came, before anything reads them.
 *
 * Every secret is tried and every comparison takes the same time, so neither which secret matched nor how much of a
 * signature was right can be measured. Several secrets allow replacing one without losing deliveries; an empty list or an
 * empty secret never verifies.
 *
 * @param header - `sha256=` and 64 hexadecimal digits, or null when the request has none.
 * @see GitHub Docs, "Validating webhook deliveries".
 */
export function verifySignature(rawBody: Uint8Array, header: string | null, secrets: readonly string[]): SignatureVerdict {
  if (header === null || header === '') return 'missing';
  const digits = /^sha256=([0-9a-f]{64})$/i.exec(header)?.[1];
  if (digits === undefined) return 'malformed';
  const given = Buffer.from(digits, 'hex');
  let isValid = false;
  for (const secret of secrets) {
    if (secret === '') continue;
    const isSame = timingSafeEqual(createHmac('sha256', secret).update(rawBody).digest(), given);
    isValid = isSame || isValid;
  }
  return isValid ? 'valid' : 'invalid';
}
