import { realClock } from '../local/clock.ts';
import { startHost } from '../local/functions-host/host.ts';

/** The function app on the local host in a process of its own, until its standard input ends; prints its address. */
const [, , connectionString = '', secret = ''] = process.argv;
const host = await startHost({
  appEntry: new URL('../functions/main.ts', import.meta.url),
  clock: realClock(),
  database: ':memory:',
  timers: 'held',
  environment: { GITHUB_WEBHOOK_SECRETS: secret, GITHUB_TOKEN: 'bench', GITHUB_APP_LOGIN: 'bench[bot]', POLICY_REPOSITORY: 'acme/platform', ServiceBusConnection: connectionString },
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
process.stdout.write(`${host.url}\n`);
