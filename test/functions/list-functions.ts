import { pathToFileURL } from 'node:url';
import { installCoreApi } from '../../local/functions-host/core-api.ts';

/** Loads an app as the worker would and prints what it registered: run as a process, because one process loads one app. */
const [entry] = process.argv.slice(2);
if (entry === undefined) throw new Error('Usage: list-functions.ts ENTRY');
const core = installCoreApi();
const began = performance.now();
await import(pathToFileURL(entry).href);
const importMs = performance.now() - began;
await core.start();
const functions = [...core.functions.values()].map(({ name, trigger, triggerName, bindings }) => {
  const { route, authLevel, methods, queueName, connection, schedule } = bindings[triggerName] ?? {};
  return { name, trigger, route, authLevel, methods, queueName, connection, schedule, bindings: Object.values(bindings).map(({ type }) => type) };
});
process.stdout.write(`${JSON.stringify({ functions, importMs })}\n`);
