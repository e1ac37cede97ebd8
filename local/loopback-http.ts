import type { Server } from 'node:http';

/** Opens an HTTP server on loopback; port 0 lets the system choose. `close` ends it and every connection. Rejects when the port is taken. */
export async function listenOnLoopback(server: Server, wantedPort: number): Promise<{ readonly port: number; close(): Promise<void> }> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(wantedPort, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : wantedPort,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
