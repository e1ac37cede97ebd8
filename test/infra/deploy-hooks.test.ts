import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { readDeploymentRequest } from '../../domain/deployment-order.ts';
import { isTrueAt, parseJson, recordAt, textAt } from '../../domain/json.ts';
import { readBicepFiles, readText } from './bicep.ts';

const hooks = recordAt(parse(readText('azure.yaml')), 'hooks');
const shells = ['posix', 'windows'] as const;

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly key: string;
  readonly body: string;
}

/** Runs a hook as azd does on Linux and macOS, with an `az` that knows one key, and gives what the app was asked. */
async function run(hook: string): Promise<readonly Asked[]> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => void (body += String(chunk)));
    request.on('end', () => {
      asked.push({ method: request.method ?? '', path: request.url ?? '', key: String(request.headers['x-functions-key']), body });
      response.end('{}');
    });
  });
  const folder = mkdtempSync(join(tmpdir(), 'slackwater-hook-'));
  try {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    writeFileSync(join(folder, 'az'), '#!/bin/sh\n[ "$*" = "functionapp keys list -g rg -n app --query functionKeys.default -o tsv" ] && echo the-key\n');
    chmodSync(join(folder, 'az'), 0o755);
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const env = { PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}`, AZURE_RESOURCE_GROUP: 'rg', APP_NAME: 'app', DEPLOYMENT_URL: `http://127.0.0.1:${port}/api/deployment` };
    await promisify(execFile)('sh', ['-c', textAt(hooks, hook, 'posix', 'run') ?? 'exit 1'], { env });
    return asked;
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
}

test('azd announces a deployment before it begins, in words the app understands, and ends it after', async () => {
  const [before] = await run('predeploy');
  const after = await run('postdeploy');

  assert.ok(before !== undefined);
  assert.deepEqual([before.method, before.path, before.key], ['POST', '/api/deployment', 'the-key']);
  assert.ok(readDeploymentRequest(parseJson(before.body)).ok, before.body);
  assert.deepEqual(after, [{ method: 'DELETE', path: '/api/deployment', key: 'the-key', body: '' }]);
});

test('both shells send the same, and neither keeps a deployment from going on', () => {
  for (const hook of ['predeploy', 'postdeploy']) {
    const bodies = shells.map((shell) => /'(\{"minutes.*?\})'/.exec(textAt(hooks, hook, shell, 'run') ?? '')?.[1]);

    assert.equal(bodies[0], bodies[1]);
    for (const shell of shells) assert.ok(isTrueAt(hooks, hook, shell, 'continueOnError'), `${hook} ${shell}`);
  }
});

test('the address they ask is an output of the installation and a route of the app', () => {
  const main = readBicepFiles().find(({ path }) => path === 'infra/main.bicep');

  assert.match(main?.text ?? '', /^output DEPLOYMENT_URL string = 'https:\/\/\$\{app\.outputs\.hostName\}\/api\/deployment'$/m);
  assert.match(readText('functions/main.ts'), /authLevel: 'function', route: routes\.deployment/);
});
