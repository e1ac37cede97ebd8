import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { InboxResult } from '../../activities/inbox-result.ts';
import type { Ports } from '../../activities/ports.ts';
import { receiveInboxMessage } from '../../activities/receive-inbox.ts';
import { lendClock } from '../../adapters/clock.ts';
import { readSnapshotDocuments } from '../../adapters/snapshot-folder.ts';
import { recordsAt, textAt } from '../../domain/json.ts';
import type { JsonRecord } from '../../domain/json.ts';
import { projectDelivery } from '../../domain/webhook-delivery.ts';
import { compose } from '../../functions/compose.ts';
import { virtualClock } from '../../local/clock.ts';
import { appLogin, policyRepository, startLoopbackWorld } from '../../local/loopback-world.ts';
import { readWebhook } from '../../sim/github-changes.ts';
import { pagePrefix } from '../../sim/github.ts';
import type { WorldChange } from '../../sim/wire.ts';

/** The project's own policy, of the cluster that the loopback world simulates. */
export const labPolicy = readFileSync(fileURLToPath(new URL('../../fixtures/policies/lab-aks.yaml', import.meta.url)), 'utf8');
export const policyPath = 'slackwater/lab-aks.yaml';
export const labCluster = '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/lab-rg/providers/Microsoft.ContainerService/managedClusters/lab-aks';
/** A Saturday, nine hours before the policy's window opens. */
export const noon = Date.parse('2026-11-21T12:00:00Z');

const snapshotFolder = fileURLToPath(new URL('../../fixtures/snapshot/', import.meta.url));
const people = { ann: 'maintain', bob: 'write', cat: 'admin', dan: 'maintain' } as const;

/** The app's own ports over the loopback services, and the ways people and GitHub act on them. */
export async function startPolicyWorld(context: TestContext, policies: Readonly<Record<string, string>> = { 'lab-aks.yaml': labPolicy }) {
  const documents = await readSnapshotDocuments(snapshotFolder);
  if (!documents.ok) throw new Error('The snapshot cannot be read.');
  const clock = virtualClock(noon);
  const changes: WorldChange[] = [];
  const world = await startLoopbackWorld({ documents: documents.value, policies, startsAt: noon, makeClock: () => clock, seed: 1, folder: null, people, onChanges: (made) => void changes.push(...made) });
  context.after(() => world.close());
  lendClock(clock);
  const composed = compose({ ...world.environment });
  if (!composed.ok) throw new Error(JSON.stringify(composed.faults));
  const none = async (): Promise<never> => Promise.reject(new Error('No task hub is asked here.'));
  const windows: Ports['windows'] = { startWindow: none, raise: none, read: none, list: none, startCleanUp: none, listCleanUps: none };
  const logged: string[] = [];
  const keep = (line: unknown): void => void logged.push(String(line));
  const ports: Ports = { ...composed.value.portsOf({ info: keep, warn: keep, error: keep }), windows };
  const { policies: place } = composed.value.settings;
  const receive = (message: unknown): Promise<InboxResult> => receiveInboxMessage(ports, { appLogin, policyRepository, policyPath: place.path }, message);

  const at = `/repos/${policyRepository}`;
  const ask = (login: string, method: string, path: string, body: unknown = null): JsonRecord => {
    const response = world.github.request(login, method, path, body);
    if (response.status >= 400) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(response.body)}`);
    return { body: response.body };
  };
  let taken = 0;
  return {
    world,
    clock,
    ports,
    receive,
    ask,
    logged,
    /** Hands every webhook since the last call to the inbox, as the webhook function would, and gives what became of each. */
    async deliver(): Promise<readonly InboxResult[]> {
      const results: InboxResult[] = [];
      const webhooks = changes.slice(taken).flatMap((change) => readWebhook(change) ?? []);
      taken = changes.length;
      for (const { event, delivery, payload } of webhooks) {
        const projected = projectDelivery(event, `delivery-${delivery}`, JSON.parse(JSON.stringify(payload)));
        if (projected.kind === 'malformed') throw new Error(JSON.stringify(projected.faults));
        if (projected.kind === 'message') results.push(await receive(JSON.parse(JSON.stringify(projected.event))));
      }
      return results;
    },
    /** Commits a text to a branch, which is made from the default branch when it is not there. */
    commit(login: string, branch: string, path: string, text: string): void {
      const [main, known] = ['main', branch].map((name) => world.github.request(login, 'GET', `${at}/git/ref/heads/${name}`, null));
      if (known?.status === 404) ask(login, 'POST', `${at}/git/refs`, { ref: `refs/heads/${branch}`, sha: textAt(main?.body, 'object', 'sha') });
      const held = world.github.github.world.repositories.get(policyRepository)?.commits.get(world.github.github.world.repositories.get(policyRepository)?.branches.get(branch) ?? '')?.files.get(path);
      ask(login, 'PUT', `${at}/contents/${path}`, { message: `Change ${path}`, branch, content: Buffer.from(text).toString('base64'), ...(held === undefined ? {} : { sha: held.sha }) });
    },
    /** Opens a pull request of a branch and gives its number. */
    open: (login: string, branch: string): number => Number(ask(login, 'POST', `${at}/pulls`, { title: `Change by ${login}`, head: branch, base: 'main', body: '' })['body'] === null ? 0 : [...(world.github.github.world.repositories.get(policyRepository)?.issues.keys() ?? [])].at(-1)),
    /** Check runs of a branch's head, oldest first. */
    checks(branch: string) {
      const repository = world.github.github.world.repositories.get(policyRepository);
      const sha = repository?.branches.get(branch) ?? '';
      return [...(repository?.checkRuns.values() ?? [])].filter(({ headSha }) => headSha === sha);
    },
    /** Presses a button of a check run, as GitHub's page does. */
    press: (login: string, id: number, identifier = 'approve'): void => void ask(login, 'POST', `${pagePrefix}/${policyRepository}/check-runs/${id}/requested-action`, { identifier }),
    comments: (issueNumber: number): readonly string[] => recordsAt(ask(appLogin, 'GET', `${at}/issues/${issueNumber}/comments`), 'body').map((comment) => textAt(comment, 'body') ?? ''),
  };
}
