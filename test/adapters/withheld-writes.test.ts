import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { withholdWrites } from '../../adapters/withheld-writes.ts';
import { emptyWorld, recordingPorts } from '../activities/recording-ports.ts';

/** What is left of each mode; everything else of both ports is a read. */
const writes = ['startControlPlaneUpgrade', 'startPoolVersionUpgrade', 'startNodeImageUpgrade', 'rollBackNodePool', 'changeUpgradeSettings', 'abortLatestOperation', 'tryEviction', 'removeQuarantineLabel'];
const rows = [
  ['maintain', writes],
  ['stopped', ['abortLatestOperation', 'changeUpgradeSettings', 'tryEviction']],
  ['plan-only', []],
] as const;

describe('what reaches a cluster', () => {
  for (const [mode, allowed] of rows) {
    test(`in mode ${mode}: every read, and of the writes ${allowed.join(', ') || 'none'}`, async () => {
      const world = emptyWorld(0);
      const given = recordingPorts(world);
      const ports = withholdWrites(given, mode);
      const calls = Object.entries({ ...ports.aks, ...ports.kubernetes });
      for (const [, call] of calls) await Reflect.apply(call, null, ['', '']);

      const reads = Object.keys({ ...given.aks, ...given.kubernetes }).filter((name) => !writes.includes(name));
      assert.deepEqual([...world.calls].sort(), [...reads, ...allowed].sort());
      assert.equal(reads.length + writes.length, calls.length);
    });
  }

  test('what is withheld says which setting does it', async () => {
    const { aks } = withholdWrites(recordingPorts(emptyWorld(0)), 'plan-only');

    const refused = await aks.startNodeImageUpgrade({ resourceId: 'a', pool: 'b' });

    assert.ok(!refused.ok);
    assert.equal(refused.failure.code, 'writes-withheld');
    assert.match(refused.failure.remedy, /SLACKWATER_MODE/);
  });
});
