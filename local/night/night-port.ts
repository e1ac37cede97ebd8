import { createServer } from 'node:net';
import { refuse, succeed, type Fault, type Result } from '../../domain/result.ts';

/**
 * The port of GitHub's pages: the one asked for, else the one a resumed night had, so that its links and open pages stay
 * good, else 0, which lets the system choose.
 *
 * Code: `port-unusable` when the one asked for cannot be had.
 */
export async function choosePort(options: { readonly asked: number; readonly before: number | null }): Promise<Result<number, Fault>> {
  const { asked, before } = options;
  if (asked === 0) return succeed(before !== null && (await tryPort(before)) === null ? before : 0);
  const problem = await tryPort(asked);
  if (problem === null) return succeed(asked);
  const remedy = 'Name another with --port, or leave it out for any free one.';
  return refuse([{ code: 'port-unusable', where: `--port ${asked}`, message: problem === 'EADDRINUSE' ? 'Another program listens there.' : `It cannot be had: ${problem}.`, remedy }]);
}

/** Null when a server can listen there now, else the system's code. */
function tryPort(port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(null)));
  });
}
