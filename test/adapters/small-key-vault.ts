import { privateEncrypt } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { isRecord, parseJson, textAt } from '../../domain/json.ts';

/** One request to the vault. */
interface VaultRequest {
  readonly method: string;
  readonly url: string;
  readonly authorization: string;
  readonly body: unknown;
}

/** DigestInfo of SHA-256 before a digest: RSASSA-PKCS1-v1_5 of RFC 8017 over a digest somebody else made. */
const digestInfo = Buffer.from('3031300d060960864801650304020105000420', 'hex');

/**
 * A vault on loopback with one RSA key, which really signs: `POST /keys/{name}/{version}/sign`.
 *
 * @param answers - Statuses to answer with instead, one per request; then it signs.
 * @see Azure Key Vault REST, "Keys - Sign".
 */
export async function startKeyVault(context: TestContext, privateKey: string, answers: number[] = []) {
  const requests: VaultRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    let text = '';
    incoming.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
    incoming.on('end', () => {
      const body = parseJson(text);
      requests.push({ method: incoming.method ?? '', url: incoming.url ?? '', authorization: incoming.headers.authorization ?? '', body });
      const status = answers.shift() ?? 200;
      const digest = Buffer.from(textAt(body, 'value') ?? '', 'base64url');
      const isSignable = isRecord(body) && body['alg'] === 'RS256' && digest.length === 32;
      outgoing.writeHead(isSignable ? status : 400, { 'content-type': 'application/json', ...(status === 302 ? { location: 'https://elsewhere.example/' } : {}) });
      if (status !== 200 || !isSignable) return outgoing.end(JSON.stringify({ error: { code: 'Forbidden', message: 'The caller may not sign with this key.' } }));
      // Encryption by the private key is that signature, once the digest has its name before it.
      const value = privateEncrypt(privateKey, Buffer.concat([digestInfo, digest])).toString('base64url');
      return outgoing.end(JSON.stringify({ kid: 'https://shop.vault.azure.net/keys/github/0123', value }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  const address: AddressInfo | string | null = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { keyId: `http://127.0.0.1:${port}/keys/github/0123`, requests };
}
