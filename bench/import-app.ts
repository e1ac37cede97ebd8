import { installCoreApi } from '../local/functions-host/core-api.ts';

/** Imports the modules that the arguments name, one after the other, with a host in place as in Azure; prints how long each took, in ms. */
installCoreApi();
const spans: number[] = [];
for (const entry of process.argv.slice(2)) {
  const began = performance.now();
  await import(entry);
  spans.push(performance.now() - began);
}
process.stdout.write(`\n${JSON.stringify(spans)}\n`, () => process.exit(0));
