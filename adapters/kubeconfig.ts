import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { isRecord, isTrueAt, recordAt, recordsAt, textAt, textsAt } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import { refuse, succeed } from '../domain/result.ts';
import type { Fault, Result } from '../domain/result.ts';
import type { KubernetesServer } from './kubernetes-transport.ts';
import { requireSafeEndpoint } from './loopback.ts';

/** How a kubeconfig's user proves who they are. */
export type KubeconfigUser =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'certificate'; readonly certificate: string; readonly key: string }
  | ({ readonly kind: 'exec' } & ExecPlugin);

/** A program that makes credentials, for example kubelogin. */
export interface ExecPlugin {
  /** Path, or a name that the PATH finds. */
  readonly command: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly apiVersion: string;
  /** How to install it, in the file's own words; null when it has none. */
  readonly installHint: string | null;
}

/** One context of a kubeconfig: a server and who goes there. */
export interface KubeconfigContext {
  readonly context: string;
  readonly server: KubernetesServer;
  readonly user: KubeconfigUser;
}

/**
 * Reads one context of a kubeconfig, the current one unless `context` names another; files it names lie relative to its own folder.
 *
 * Tokens, token files, client certificates and exec plugins are taken; what would be less safe, or is no longer served by kubectl (skipped
 * verification, passwords, the old `auth-provider`), is refused by name. Errors, all at once, with file and field: `kubeconfig-unreadable`,
 * `kubeconfig-invalid`, `kubeconfig-unsupported`.
 */
export async function readKubeconfig(file: string, context: string | null): Promise<Result<KubeconfigContext, Fault>> {
  const text = await readText(file);
  if (text === null) return refuse([faultOf(file, 'kubeconfig-unreadable', 'It cannot be read.', 'Name the file that kubectl uses, often ~/.kube/config; az aks get-credentials -f FILE writes one.')]);
  let document: unknown;
  try {
    document = parse(text);
  } catch (thrown) {
    const why = thrown instanceof Error ? (thrown.message.split('\n')[0] ?? '') : String(thrown);
    return refuse([faultOf(file, 'kubeconfig-invalid', `It is no YAML: ${why}`, 'Write it again with az aks get-credentials -f FILE.')]);
  }
  const faults: Fault[] = [];
  const found = await readContext({ file, document, faults }, context);
  return found !== null && faults.length === 0 ? succeed(found) : refuse(faults);
}

interface Reading {
  readonly file: string;
  readonly document: unknown;
  readonly faults: Fault[];
}

const again = 'Write it again with az aks get-credentials -f FILE.';

async function readContext(reading: Reading, wanted: string | null): Promise<KubeconfigContext | null> {
  const { file, document, faults } = reading;
  const name = wanted ?? textAt(document, 'current-context') ?? '';
  if (name === '') {
    faults.push(faultOf(`${file}: current-context`, 'kubeconfig-invalid', 'It is empty.', `Name one with --context: ${listNames(document, 'contexts')}.`));
    return null;
  }
  const context = findNamed(reading, 'contexts', name);
  if (context === null) return null;
  const cluster = findNamed(reading, 'clusters', textAt(context.value, 'cluster') ?? '');
  const user = findNamed(reading, 'users', textAt(context.value, 'user') ?? '');
  const server = cluster === null ? null : await readServer(reading, cluster);
  const who = user === null ? null : await readUser(reading, user);
  if (server === null || who === null) return null;
  const clientCertificate = who.kind === 'certificate' ? { clientCertificate: { certificate: who.certificate, key: who.key } } : {};
  return { context: name, server: { ...server, ...clientCertificate }, user: who };
}

interface Named {
  /** For messages: `file: users[lab]`. */
  readonly where: string;
  readonly value: JsonRecord;
}

const singular = { contexts: 'context', clusters: 'cluster', users: 'user' } as const;

function findNamed({ file, document, faults }: Reading, list: keyof typeof singular, name: string): Named | null {
  const entry = recordsAt(document, list).find((one) => textAt(one, 'name') === name);
  if (entry !== undefined) return { where: `${file}: ${list}[${name}].${singular[list]}`, value: recordAt(entry, singular[list]) };
  const known = listNames(document, list);
  faults.push(faultOf(`${file}: ${list}`, 'kubeconfig-invalid', `There is no ${singular[list]} ${JSON.stringify(name)}.`, list === 'contexts' ? `Name one of: ${known}.` : again));
  return null;
}

function listNames(document: unknown, list: string): string {
  const names = recordsAt(document, list).map((one) => textAt(one, 'name') ?? '');
  return names.length === 0 ? 'the file holds none' : names.join(', ');
}

async function readServer(reading: Reading, { where, value }: Named): Promise<KubernetesServer | null> {
  if (isTrueAt(value, 'insecure-skip-tls-verify')) {
    unsupported(reading, `${where}.insecure-skip-tls-verify`, 'It would send credentials to whoever answers.', 'Set certificate-authority-data instead; az aks get-credentials writes it.');
  }
  if ((textAt(value, 'proxy-url') ?? '') !== '') unsupported(reading, `${where}.proxy-url`, 'A proxy is not supported.', 'Run this where the API server is reached without one.');
  const authority = await readPem(reading, { where, value }, 'certificate-authority');
  const serverName = textAt(value, 'tls-server-name');
  try {
    const url = requireSafeEndpoint(textAt(value, 'server') ?? '', 'loopback-only');
    return { url, certificateAuthority: authority, ...(serverName === null ? {} : { serverName }) };
  } catch (thrown) {
    reading.faults.push(faultOf(`${where}.server`, 'kubeconfig-invalid', thrown instanceof Error ? thrown.message : String(thrown), again));
    return null;
  }
}

async function readUser(reading: Reading, named: Named): Promise<KubeconfigUser | null> {
  const { where, value } = named;
  if (isRecord(value['exec'])) return readExec(reading, where, value['exec']);
  const token = textAt(value, 'token') ?? '';
  if (token !== '') return { kind: 'token', token };
  const tokenFile = textAt(value, 'tokenFile') ?? '';
  if (tokenFile !== '') {
    const text = await readText(resolve(dirname(reading.file), tokenFile));
    if (text !== null && text.trim() !== '') return { kind: 'token', token: text.trim() };
    reading.faults.push(faultOf(`${where}.tokenFile`, 'kubeconfig-unreadable', `${tokenFile} cannot be read or is empty.`, again));
    return null;
  }
  const before = reading.faults.length;
  const certificate = await readPem(reading, named, 'client-certificate');
  const key = await readPem(reading, named, 'client-key');
  if (certificate !== null && key !== null) return { kind: 'certificate', certificate, key };
  if (reading.faults.length > before) return null;
  if (isRecord(value['auth-provider'])) {
    unsupported(reading, `${where}.auth-provider`, 'kubectl no longer serves it either.', 'Convert the file: kubelogin convert-kubeconfig -l azurecli.');
  } else if (textAt(value, 'username') !== null) {
    unsupported(reading, `${where}.username`, 'No cluster takes passwords any more.', again);
  } else {
    reading.faults.push(faultOf(where, 'kubeconfig-invalid', 'It holds no token, certificate with key, or exec plugin.', again));
  }
  return null;
}

function readExec({ file, faults }: Reading, where: string, exec: JsonRecord): KubeconfigUser | null {
  const command = textAt(exec, 'command') ?? '';
  if (command === '') {
    faults.push(faultOf(`${where}.exec.command`, 'kubeconfig-invalid', 'It names no program.', 'Convert the file: kubelogin convert-kubeconfig -l azurecli.'));
    return null;
  }
  return {
    kind: 'exec',
    // As kubectl does: a name is looked for in PATH, a path lies relative to the file.
    command: /[\\/]/.test(command) ? resolve(dirname(file), command) : command,
    arguments: textsAt(exec, 'args'),
    environment: Object.fromEntries(recordsAt(exec, 'env').map((one) => [textAt(one, 'name') ?? '', textAt(one, 'value') ?? ''])),
    apiVersion: textAt(exec, 'apiVersion') ?? 'client.authentication.k8s.io/v1',
    installHint: textAt(exec, 'installHint'),
  };
}

/** PEM from `<field>-data`, which is base64, or from the file that `<field>` names; null when there is neither, or after a fault. */
async function readPem(reading: Reading, { where, value }: Named, field: string): Promise<string | null> {
  const data = textAt(value, `${field}-data`) ?? '';
  const file = textAt(value, field) ?? '';
  const pem = data !== '' ? Buffer.from(data, 'base64').toString('utf8') : file !== '' ? await readText(resolve(dirname(reading.file), file)) : null;
  if (data === '' && file === '') return null;
  if (pem?.includes('-----BEGIN ') === true) return pem;
  reading.faults.push(faultOf(`${where}.${data === '' ? field : `${field}-data`}`, 'kubeconfig-invalid', data === '' ? `${file} holds no PEM, or cannot be read.` : 'It is no PEM in base64.', again));
  return null;
}

function unsupported({ faults }: Reading, where: string, message: string, remedy: string): void {
  faults.push(faultOf(where, 'kubeconfig-unsupported', message, remedy));
}

function faultOf(where: string, code: string, message: string, remedy: string): Fault {
  return { code, where, message, remedy };
}

async function readText(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return null;
  }
}
