import { createServer } from 'node:http';
import type { TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { isRecord, parseJson, recordsAt } from '../../domain/json.ts';
import type { JsonRecord } from '../../domain/json.ts';
import { listenOnLoopback } from '../../local/loopback-http.ts';

/** What Application Insights was sent, and where it is asked to be sent. */
export interface SmallIngestion {
  readonly connectionString: string;
  readonly envelopes: readonly JsonRecord[];
  /** Paths that were asked for. */
  readonly paths: readonly string[];
  /** Everything that came, as text. */
  text(): string;
}

/**
 * Takes telemetry as the ingestion endpoint of Application Insights does: `POST /v2.1/track`, a list or lines of envelopes, gzip or plain.
 * @see Azure REST descriptions, Application Insights Data Plane, "Track".
 */
export async function startIngestion(context: TestContext): Promise<SmallIngestion> {
  const envelopes: JsonRecord[] = [];
  const paths: string[] = [];
  const texts: string[] = [];
  const server = createServer(async (request, response) => {
    paths.push(`${request.method} ${request.url}`);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const body = Buffer.concat(chunks);
    const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString('utf8');
    texts.push(text);
    const whole = parseJson(text);
    const came = Array.isArray(whole) ? recordsAt({ whole }, 'whole') : text.split('\n').map(parseJson).filter(isRecord);
    envelopes.push(...came);
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ itemsReceived: came.length, itemsAccepted: came.length, errors: [] }));
  });
  const { port, close } = await listenOnLoopback(server, 0);
  context.after(close);
  const connectionString = `InstrumentationKey=11111111-2222-4333-8444-555555555555;IngestionEndpoint=http://127.0.0.1:${port}/`;
  return { connectionString, envelopes, paths, text: () => texts.join('\n') };
}
