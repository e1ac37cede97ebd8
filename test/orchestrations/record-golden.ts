import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { goldenNights, recordNight } from './golden-nights.ts';

// Records the histories of the golden nights with today's code. For a change that runs under way may take; see docs/operations.md, "Orchestration versions".
for (const [name, night] of Object.entries(goldenNights)) {
  const executions = await recordNight(night);
  const lines = executions.map((execution) => JSON.stringify(execution)).join('\n');
  writeFileSync(new URL(`./golden/${name}.jsonl.gz`, import.meta.url), gzipSync(lines, { level: 9 }));
  process.stdout.write(`${name}: ${executions.length} executions, ${executions.reduce((sum, { events }) => sum + events.length, 0)} rows, ${lines.length} characters\n`);
}
