import { spawn } from 'node:child_process';
import type { Failure, Outcome } from '../domain/failure.ts';
import { parseJson, textAt, timeAt } from '../domain/json.ts';
import type { Instant } from '../domain/time.ts';
import type { ExecPlugin } from './kubeconfig.ts';

/** What a plugin gave: a token, or a certificate with its key. */
export interface ExecCredential {
  readonly token: string | null;
  readonly clientCertificate: { readonly certificate: string; readonly key: string } | null;
  /** Null: it does not say. */
  readonly expiresAt: Instant | null;
}

/** Long enough for a person to sign in with a code on another device. Unit: milliseconds. */
const TIME_LIMIT_MS = 300_000;
/** Largest output read. Unit: bytes. */
const OUTPUT_BYTES_MAX = 1_048_576;

/**
 * Asks a plugin for a credential, as kubectl does (facts: Kubernetes docs, "client-go credential plugins").
 *
 * It speaks with the person at the terminal itself: what it writes to standard error goes there. Errors: `plugin-missing`, `plugin-failed`,
 * `plugin-unreadable`. May be repeated.
 */
export async function runExecPlugin(plugin: ExecPlugin): Promise<Outcome<ExecCredential>> {
  const { command, installHint } = plugin;
  const ran = await run(plugin);
  if (ran.kind === 'missing') return fail('plugin-missing', `There is no program ${command}.`, installHint ?? 'Install kubelogin: az aks install-cli.');
  if (ran.kind === 'ended-badly') return fail('plugin-failed', `${command} ${ran.how}.`, 'Run it by hand to see why; az login signs in again.');
  const given = parseJson(ran.output);
  const token = textAt(given, 'status', 'token');
  const certificate = textAt(given, 'status', 'clientCertificateData');
  const key = textAt(given, 'status', 'clientKeyData');
  const clientCertificate = certificate === null || key === null ? null : { certificate, key };
  if ((token === null || token === '') && clientCertificate === null) {
    return fail('plugin-unreadable', `${command} gave no ExecCredential with a token or a certificate.`, `Check its arguments in the kubeconfig (${plugin.apiVersion}).`);
  }
  return { ok: true, value: { token: token === '' ? null : token, clientCertificate, expiresAt: timeAt(given, 'status', 'expirationTimestamp') } };
}

type Ran = { readonly kind: 'ended-well'; readonly output: string } | { readonly kind: 'ended-badly'; readonly how: string } | { readonly kind: 'missing' };

function run({ command, arguments: given, environment, apiVersion }: ExecPlugin): Promise<Ran> {
  const info = JSON.stringify({ apiVersion, kind: 'ExecCredential', spec: { interactive: process.stdin.isTTY } });
  return new Promise((settle) => {
    const child = spawn(command, given, {
      env: { ...process.env, ...environment, KUBERNETES_EXEC_INFO: info },
      stdio: ['inherit', 'pipe', 'inherit'],
      // Not the option of spawn: its timer would keep us waiting for a program that could not be started.
      signal: AbortSignal.timeout(TIME_LIMIT_MS),
      windowsHide: true,
    });
    let output = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (text: string) => {
      output += text;
      if (output.length > OUTPUT_BYTES_MAX) child.kill();
    });
    child.once('error', (error) => {
      if ('code' in error && error.code === 'ENOENT') settle({ kind: 'missing' });
      else settle({ kind: 'ended-badly', how: error.name === 'AbortError' ? `gave nothing within ${TIME_LIMIT_MS / 60_000} min` : `could not be started: ${error.message}` });
    });
    child.once('close', (code, signal) => settle(code === 0 ? { kind: 'ended-well', output } : { kind: 'ended-badly', how: signal === null ? `ended with code ${code}` : `was ended by ${signal}` }));
  });
}

function fail(code: string, message: string, remedy: string): { readonly ok: false; readonly failure: Failure } {
  return { ok: false, failure: { code, class: 'terminal', message, remedy, retryAfterSeconds: null } };
}
