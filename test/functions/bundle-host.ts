import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { lendClock } from '../../adapters/clock.ts';
import { readPolicyText } from '../../adapters/policy-file.ts';
import { readSnapshotDocuments } from '../../adapters/snapshot-folder.ts';
import { nextOpenings } from '../../domain/maintenance-window.ts';
import { virtualClock } from '../../local/clock.ts';
import { startHost } from '../../local/functions-host/host.ts';
import type { HostOptions } from '../../local/functions-host/host-options.ts';
import { startLoopbackWorld } from '../../local/loopback-world.ts';
import { createQueueSource } from '../../local/queue-source.ts';

const root = new URL('../../', import.meta.url);

/** Runs the function app (the bundle, unless told otherwise) in this process, with its queue, over loopback services, at the moment the example's window opens. */
export async function startBundle(t: { after(end: () => Promise<void>): void }, entry = 'dist/main.mjs', database = ':memory:', signsAs: 'app' | 'token' = 'token', more: Pick<HostOptions, 'log' | 'environment'> = {}) {
  const text = readFileSync(new URL('fixtures/policies/lab-aks.yaml', root), 'utf8');
  const policies = readPolicyText(text, 'lab-aks.yaml');
  const documents = await readSnapshotDocuments(fileURLToPath(new URL('fixtures/snapshot/', root)));
  assert.ok(policies.ok && documents.ok);
  const [opening] = nextOpenings(policies.value[0]?.window ?? assert.fail('the example has no policy'), Date.UTC(2026, 10, 21, 12), 1);
  assert.ok(opening !== undefined);
  const clock = virtualClock(opening.opens);
  const world = await startLoopbackWorld({
    documents: documents.value,
    policies: { 'lab-aks.yaml': text },
    startsAt: opening.opens,
    makeClock: () => clock,
    seed: 1,
    folder: null,
    people: { operator: 'maintain', chief: 'admin' },
    signsAs,
    onChanges: () => undefined,
  });
  const takeBack = lendClock(clock);
  /** Starts a host over the same services and, where it is a file, the same history. */
  const begin = async () => {
    const begun = await startHost({
      appEntry: new URL(entry, root),
      clock,
      database,
      timers: 'held',
      queueSource: createQueueSource({ connectionString: world.serviceBus.connectionString }),
      environment: { ...world.environment, ...more.environment },
      ...(more.log === undefined ? {} : { log: more.log }),
    });
    world.deliverWebhooksTo(begun.url);
    return begun;
  };
  let host = await begin();
  t.after(async () => {
    takeBack();
    await host.close();
    await world.close();
  });
  /** Ends the host in the middle of whatever it does, and starts another. */
  const restart = async () => {
    await host.close();
    host = await begin();
    return host;
  };
  return { world, host, clock, restart };
}
