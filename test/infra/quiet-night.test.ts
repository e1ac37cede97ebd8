import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compose } from '../../functions/compose.ts';
import { startHost } from '../../local/functions-host/host.ts';
import { startRehearsal } from '../../local/rehearsal/rehearsal.ts';
import { passes, readQueries } from './kusto.ts';

const alertOf = (name: string): string => readQueries().find(({ where }) => where.endsWith(`alerts.bicep ${name}`))?.text ?? assert.fail(`${name} is gone`);

for (const mode of ['plan-only', 'maintain'] as const) {
  test(`alerts stay silent over every line of a good night in mode ${mode}`, async () => {
    const lines: string[] = [];
    const rehearsal = await startRehearsal({ beginning: 'held', startHost: (options) => startHost({ ...options, log: (_level, code, fields) => void (code === 'app.log' && lines.push(String(fields['message']))) }) });
    try {
      const composed = compose({ ...process.env, SLACKWATER_MODE: mode });
      assert.ok(composed.ok);
      // The app registers itself when it is loaded, which must not happen before its host runs.
      const { useComposition } = await import('../../local/rehearsal/rehearsal-app.ts');
      useComposition(composed.value);
      rehearsal.begin();
      await rehearsal.untilEnded();
    } finally {
      await rehearsal.close();
    }

    assert.ok(lines.some((line) => line.includes('"event.told"')), `${lines.length} lines`);
    for (const name of ['orchestration-failed', 'run-over-budget']) {
      const query = alertOf(name);
      assert.deepEqual(lines.filter((line) => passes(query, { Message: line })), [], name);
    }
  });
}
