import { installCoreApi } from '../local/functions-host/core-api.ts';

/** Imports the app named by the first argument, with a host in place as in Azure, and ends. */
installCoreApi();
const [entry] = process.argv.slice(2);
if (entry !== undefined) await import(entry);
process.exit(0);
