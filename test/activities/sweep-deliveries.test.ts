import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sweepDeliveries } from '../../activities/sweep-deliveries.ts';
import type { SweepingPorts } from '../../activities/sweep-deliveries.ts';
import type { DeliveryAttempt } from '../../domain/lost-delivery.ts';
import { failureOf } from './recording-ports.ts';

const now = 1_795_298_400_000;
const lost: DeliveryAttempt = { id: 1, guid: 'g-1', at: now - 600_000, event: 'issue_comment', status: 0 };

function portsOver(attempts: readonly DeliveryAttempt[], change: Partial<SweepingPorts['deliveries']> = {}, isComplete = true) {
  const asked: number[] = [];
  const logged: string[] = [];
  const ports: SweepingPorts = {
    clock: { now: () => now },
    logger: { log: (level, code) => logged.push(`${level} ${code}`) },
    deliveries: {
      listAttempts: async (since) => ({ ok: true, value: { attempts: attempts.filter(({ at }) => at >= since), isComplete } }),
      redeliver: async (id) => {
        asked.push(id);
        return { ok: true, value: null };
      },
      ...change,
    },
  };
  return { ports, asked, logged };
}

test('what was lost is tried again and told; what was tried too often is told as that, and left', async () => {
  const often = Array.from({ length: 9 }, (_, index): DeliveryAttempt => ({ ...lost, id: 10 + index, guid: 'g-2', at: now - 600_000 - index }));
  const { ports, asked, logged } = portsOver([lost, ...often]);

  assert.deepEqual(await sweepDeliveries(ports), { ok: true, value: { redelivered: ['g-1'], givenUp: ['g-2'] } });
  assert.deepEqual(asked, [1]);
  assert.deepEqual(logged, ['warn deliveries.redelivered', 'error deliveries.given-up']);
});

test('a list too long to be read whole is told, and what was read of it is swept', async () => {
  const { ports, asked, logged } = portsOver([lost], {}, false);

  await sweepDeliveries(ports);

  assert.deepEqual([asked, logged[0]], [[1], 'warn deliveries.list-cut']);
});

test('what lies more than a day back is left', async () => {
  const { ports, asked } = portsOver([{ ...lost, at: now - 25 * 3_600_000 }]);

  await sweepDeliveries(ports);

  assert.deepEqual(asked, []);
});

test('a list that cannot be read and a repeat that is refused fail the sweep', async () => {
  const failure = failureOf('transient', 'github-unavailable');
  const refused = async () => ({ ok: false, failure }) as const;

  assert.deepEqual(await sweepDeliveries(portsOver([lost], { listAttempts: refused }).ports), { ok: false, failure });
  assert.deepEqual(await sweepDeliveries(portsOver([lost], { redeliver: refused }).ports), { ok: false, failure });
});
