import { generateKeyPairSync } from 'node:crypto';
import type { TestContext } from 'node:test';
import { createFaultList } from '../../local/faults.ts';
import { startGitHubServer } from '../../local/github-server.ts';
import type { GitHubServerOptions } from '../../local/github-server.ts';
import { createRequestLog } from '../../local/request-log.ts';

export const repository = 'acme/platform';
export const botToken = 'local-installation-token';
export const appLogin = 'slackwater[bot]';
/** 2026-11-21T22:00:00Z */
export const startedAt = 1_795_298_400_000;

export const appKeys = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

export const setup: GitHubServerOptions['setup'] = {
  startedAt,
  people: [
    { login: 'demo-operator', token: 'token-of-operator' },
    { login: 'demo-reader', token: 'token-of-reader' },
    { login: 'demo-triager', token: 'token-of-triager' },
    { login: 'demo-maintainer', token: 'token-of-maintainer' },
    { login: 'demo-admin', token: 'token-of-admin' },
    { login: 'demo-release-manager', token: 'token-of-release-manager' },
    { login: 'demo-stranger', token: 'token-of-stranger' },
  ],
  app: { id: 4711, slug: 'slackwater', permissions: { issues: 'write', contents: 'write', pull_requests: 'write', checks: 'write', metadata: 'read' }, token: botToken },
  repositories: [
    {
      name: repository,
      visibility: 'private',
      defaultBranch: 'main',
      roles: {
        'demo-operator': 'write',
        'demo-reader': 'read',
        'demo-triager': 'triage',
        'demo-maintainer': 'maintain',
        'demo-admin': 'admin',
        'demo-release-manager': { name: 'release-manager', base: 'write' },
      },
      files: { 'README.md': '# Platform\n' },
    },
    { name: 'acme/open', visibility: 'public', defaultBranch: 'main', roles: {}, files: {} },
    { name: 'demo-stranger/platform', visibility: 'private', defaultBranch: 'main', roles: {}, files: { 'README.md': '# Platform\n' }, forkOf: repository },
  ],
};

/** A local GitHub for one test, with what it was asked and what goes wrong. */
export async function startGitHub(context: TestContext, changed: Partial<GitHubServerOptions> = {}) {
  const faults = createFaultList();
  const log = createRequestLog(null);
  let seconds = 0;
  const server = await startGitHubServer({
    setup,
    // Every look at the clock is a second later, so that times differ as in life.
    now: () => startedAt + 1_000 * (seconds += 1),
    journal: null,
    faults,
    log,
    webhook: { secret: 'webhook-secret-of-the-test', seed: 1, deliverTo: () => null },
    appPublicKey: appKeys.publicKey,
    ...changed,
  });
  context.after(() => server.close());
  return { server, faults, log };
}
