import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runExecPlugin } from '../../adapters/exec-credential.ts';
import { readKubeconfig } from '../../adapters/kubeconfig.ts';

const folder = mkdtempSync(join(tmpdir(), 'slackwater-kubeconfig-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const pem = (what: string): string => `-----BEGIN ${what}-----\nAAAA\n-----END ${what}-----\n`;
const base64 = (text: string): string => Buffer.from(text).toString('base64');

let written = 0;

/** A new kubeconfig with one cluster, and the user given. */
function kubeconfig(user: unknown, cluster: Readonly<Record<string, unknown>> = {}): string {
  written += 1;
  return write(`config${written}`, {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'shop', cluster: { server: 'https://shop.example:443', 'certificate-authority-data': base64(pem('CERTIFICATE')), ...cluster } }],
    users: [{ name: 'ann', user }],
    contexts: [{ name: 'shop', context: { cluster: 'shop', user: 'ann' } }, { name: 'gone', context: { cluster: 'other', user: 'bob' } }],
    'current-context': 'shop',
  });
}

function write(name: string, content: unknown): string {
  writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  return join(folder, name);
}

test('the ways people sign in are read, files beside the kubeconfig included', async () => {
  write('token', 'from-a-file\n');
  write('cert.pem', pem('CERTIFICATE'));
  write('key.pem', pem('PRIVATE KEY'));
  const certificate = { kind: 'certificate', certificate: pem('CERTIFICATE'), key: pem('PRIVATE KEY') };
  const exec = { command: 'kubelogin', args: ['get-token'], env: [{ name: 'A', value: 'b' }], apiVersion: 'client.authentication.k8s.io/v1beta1', installHint: 'Install it.' };
  const table: readonly (readonly [string, unknown, unknown])[] = [
    ['a token', { token: 'secret' }, { kind: 'token', token: 'secret' }],
    ['a token in a file', { tokenFile: 'token' }, { kind: 'token', token: 'from-a-file' }],
    ['a certificate', { 'client-certificate-data': base64(pem('CERTIFICATE')), 'client-key-data': base64(pem('PRIVATE KEY')) }, certificate],
    ['a certificate in files', { 'client-certificate': 'cert.pem', 'client-key': 'key.pem' }, certificate],
    ['a plugin', { exec }, { kind: 'exec', command: 'kubelogin', arguments: ['get-token'], environment: { A: 'b' }, apiVersion: 'client.authentication.k8s.io/v1beta1', installHint: 'Install it.' }],
    ['a plugin beside the file', { exec: { command: './bin/login' } }, { kind: 'exec', command: join(folder, 'bin/login'), arguments: [], environment: {}, apiVersion: 'client.authentication.k8s.io/v1', installHint: null }],
  ];
  for (const [name, user, wanted] of table) {
    const read = await readKubeconfig(kubeconfig(user, { 'tls-server-name': 'inner' }), null);
    assert.ok(read.ok, name);
    assert.deepEqual(read.value.user, wanted, name);
    const { url, certificateAuthority, serverName, clientCertificate } = read.value.server;
    assert.deepEqual([url.href, certificateAuthority, serverName], ['https://shop.example/', pem('CERTIFICATE'), 'inner']);
    assert.equal(clientCertificate !== undefined, name.startsWith('a certificate'));
  }
});

test('what cannot be used is refused with file, field and what to do', async () => {
  const table: readonly (readonly [string, string, string | null, readonly RegExp[]])[] = [
    ['no file', join(folder, 'absent'), null, [/^kubeconfig-unreadable .*absent: .*az aks get-credentials/]],
    ['no YAML', write('broken', 'a: [b\nc: d'), null, [/^kubeconfig-invalid .*broken: It is no YAML: /]],
    ['no context', write('empty', 'apiVersion: v1'), null, [/^kubeconfig-invalid .*empty: current-context: .*--context: the file holds none/]],
    ['a wrong context', kubeconfig({ token: 't' }), 'shp', [/^kubeconfig-invalid .*: contexts: There is no context "shp"\. Name one of: shop, gone\./]],
    ['a context into nothing', kubeconfig({ token: 't' }), 'gone', [/: clusters: There is no cluster "other"/, /: users: There is no user "bob"/]],
    ['nothing to sign in with', kubeconfig({}), null, [/users\[ann\]\.user: It holds no token, certificate with key, or exec plugin/]],
    ['a password', kubeconfig({ username: 'ann', password: 'x' }), null, [/^kubeconfig-unsupported .*users\[ann\]\.user\.username/]],
    ['the old provider', kubeconfig({ 'auth-provider': { name: 'azure' } }), null, [/^kubeconfig-unsupported .*auth-provider: .*kubelogin convert-kubeconfig/]],
    ['a plugin without a name', kubeconfig({ exec: {} }), null, [/users\[ann\]\.user\.exec\.command: It names no program/]],
    ['a token file that is not there', kubeconfig({ tokenFile: 'none' }), null, [/^kubeconfig-unreadable .*tokenFile: none cannot be read or is empty/]],
    ['half a certificate', kubeconfig({ 'client-certificate-data': 'AAAA', 'client-key': 'none.pem' }), null, [/client-certificate-data: It is no PEM/, /client-key: none\.pem holds no PEM/]],
    ['no verification, through a proxy', kubeconfig({ token: 't' }, { 'insecure-skip-tls-verify': true, 'proxy-url': 'http://proxy' }), null, [/insecure-skip-tls-verify: It would send credentials to whoever answers/, /proxy-url: A proxy is not supported/]],
    ['plain http elsewhere', kubeconfig({ token: 't' }, { server: 'http://shop.example' }), null, [/clusters\[shop\]\.cluster\.server: The endpoint http:\/\/shop\.example is not safe/]],
  ];
  for (const [name, file, context, wanted] of table) {
    const read = await readKubeconfig(file, context);
    assert.ok(!read.ok, name);
    const told = read.faults.map(({ code, where, message, remedy }) => `${code} ${where}: ${message} ${remedy}`);
    assert.equal(told.length, wanted.length, `${name}: ${told.join(' | ')}`);
    wanted.forEach((pattern, index) => assert.match(told[index] ?? '', pattern, name));
    assert.ok(!told.join().includes('secret'));
  }
});

/** A plugin that is this Node with a line of script. */
const plugin = (script: string) => ({ command: process.execPath, arguments: ['-e', script], environment: { TENANT: 'acme' }, apiVersion: 'client.authentication.k8s.io/v1', installHint: null });
const says = (status: string) => plugin(`console.log(JSON.stringify({ kind: 'ExecCredential', status: ${status} }))`);

test('a plugin gives a token or a certificate, and is told what kubectl would tell it', async () => {
  const token = await runExecPlugin(says("{ token: process.env.TENANT + JSON.parse(process.env.KUBERNETES_EXEC_INFO).kind, expirationTimestamp: '2026-11-21T22:00:00Z' }"));
  assert.deepEqual(token, { ok: true, value: { token: 'acmeExecCredential', clientCertificate: null, expiresAt: Date.parse('2026-11-21T22:00:00Z') } });
  const certificate = await runExecPlugin(says("{ clientCertificateData: 'C', clientKeyData: 'K' }"));
  assert.deepEqual(certificate, { ok: true, value: { token: null, clientCertificate: { certificate: 'C', key: 'K' }, expiresAt: null } });
});

test('a plugin that is missing, fails or says nothing useful is named with what to do', async () => {
  const table = [
    [{ ...plugin(''), command: 'no-such-login', installHint: 'Get it from the store.' }, 'plugin-missing', /Get it from the store/],
    [{ ...plugin(''), command: 'no-such-login' }, 'plugin-missing', /az aks install-cli/],
    [plugin('process.exit(3)'), 'plugin-failed', /by hand/],
    [plugin("console.log('Sign in first')"), 'plugin-unreadable', /arguments in the kubeconfig/],
    [says("{ token: '' }"), 'plugin-unreadable', /arguments in the kubeconfig/],
  ] as const;
  for (const [given, code, remedy] of table) {
    const ran = await runExecPlugin(given);
    assert.ok(!ran.ok);
    assert.equal(ran.failure.code, code);
    assert.match(ran.failure.remedy, remedy);
  }
});
