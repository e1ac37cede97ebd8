/**
 * What looks like a secret wherever it stands: a bearer token, GitHub's own tokens, a private key and data of one, the key of a connection string, a signature in a link,
 * and a JSON Web Token.
 */
const secretText = new RegExp(
  [
    String.raw`\bBearer\s+[^\s"',]+`,
    String.raw`\bgh[pousr]_\w{16,}`,
    String.raw`\bgithub_pat_\w{16,}`,
    String.raw`-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?(-----END [A-Z ]*PRIVATE KEY-----|$)`,
    String.raw`\bLS0tLS1CRUdJTi[\w+/]{8,}=*`,
    String.raw`\b(client-key-data|token):\s*\S+`,
    String.raw`\b(SharedAccessKey|AccountKey|InstrumentationKey)=[^;\s"]+`,
    String.raw`[?&](sig|code|access_token)=[^&\s"]+`,
    String.raw`\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*`,
  ].join('|'),
  'gi',
);

/**
 * The text with every part that looks like a secret written as `[redacted]`.
 *
 * Texts of other services are logged and shown to people, and one may quote what it was sent.
 */
export function redactSecrets(text: string): string {
  return text.replace(secretText, '[redacted]');
}
