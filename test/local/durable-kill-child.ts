import { isFinished } from '../../local/durable/instance.ts';
import { startRealHost } from './durable-sample-host.ts';

// A process that will be killed: starts the instance unless it is there, says when it works, and when it is done.
const [database = '', file = ''] = process.argv.slice(2);
const host = await startRealHost(database);
if (host.engine.read('survivor') === null) {
  host.engine.start({ name: 'survives', instanceId: 'survivor', inputJson: JSON.stringify({ file }), version: null });
  host.engine.raiseEvent('survivor', 'word', '"kept"');
}
process.stdout.write('working\n');
const watch = setInterval(() => {
  const instance = host.engine.read('survivor');
  if (instance === null || !isFinished(instance.runtimeStatus)) return;
  clearInterval(watch);
  process.stdout.write(`done ${instance.runtimeStatus} ${instance.outputJson ?? ''}\n`, () => void host.close());
}, 10);
