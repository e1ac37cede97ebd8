import type { Outcome } from '../domain/failure.ts';
import { isRecord, recordAt, textAt } from '../domain/json.ts';
import { readListItems } from '../domain/kubernetes-object.ts';
import { unreadableAnswer } from './arm-failure.ts';
import { classifyKubernetesAnswer } from './kubernetes-failure.ts';
import type { KubernetesAnswer } from './kubernetes-transport.ts';

/** Objects asked for at once; more cost no time and much memory (measured: 20 000 pods, 850 MiB whole, 175 MiB in pages). */
const PAGE_OBJECTS = 500;
/** Pages after which a list is taken for endless: 1 000 000 objects. */
const PAGES_MAX = 2_000;

/**
 * Reads a whole list, page by page, handing each page on so that only one is in memory as JSON.
 *
 * A continue token that expired (410) starts the list once more from its first page, for what follows it would be of
 * another moment; `restart` must then forget what it was handed. A list that cannot be read whole is a failure.
 */
export async function readPagedList(
  path: string,
  get: (pathAndQuery: string) => Promise<Outcome<KubernetesAnswer>>,
  sink: { restart(): void; page(items: readonly unknown[]): Outcome<null> },
): Promise<Outcome<null>> {
  let continueToken = '';
  let restartsLeft = 1;
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const got = await get(pageUrl(path, continueToken));
    if (!got.ok) return got;
    if (got.value.status === 410 && continueToken !== '' && restartsLeft > 0) {
      restartsLeft -= 1;
      continueToken = '';
      sink.restart();
      continue;
    }
    if (got.value.status !== 200) return { ok: false, failure: classifyKubernetesAnswer(`GET ${path}`, got.value) };
    const items = readListItems(got.value.body, path);
    if (!items.ok) return { ok: false, failure: unreadableAnswer(`The list ${path}`, items.faults.map(({ message }) => message).join(' ')) };
    const taken = sink.page(items.value);
    if (!taken.ok) return taken;
    continueToken = nextToken(got.value.body);
    if (continueToken === '') return { ok: true, value: null };
  }
  return { ok: false, failure: unreadableAnswer(`The list ${path}`, `it has more than ${PAGES_MAX} pages`) };
}

function pageUrl(path: string, continueToken: string): string {
  const separator = path.includes('?') ? '&' : '?';
  const rest = continueToken === '' ? '' : `&continue=${encodeURIComponent(continueToken)}`;
  return `${path}${separator}limit=${PAGE_OBJECTS}${rest}`;
}

function nextToken(body: unknown): string {
  return isRecord(body) ? (textAt(recordAt(body, 'metadata'), 'continue') ?? '') : '';
}
