import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readPolicyText } from '../adapters/policy-file.ts';
import type { LocatedPolicyFault } from '../domain/checked-policy.ts';
import type { MaintenancePolicy } from '../domain/maintenance-policy.ts';
import type { PolicyFault } from '../domain/policy-parse.ts';

/** What the named files hold, and what kept any of them from being read. */
interface PolicyFiles {
  readonly files: readonly string[];
  readonly policies: readonly MaintenancePolicy[];
  readonly faults: readonly LocatedPolicyFault[];
  /** A sentence for each path that could not be read at all. */
  readonly unreadable: readonly string[];
}

/** Reads policy files, and every `.yaml` and `.yml` below the folders named; hidden folders and `node_modules` are left out. */
export async function readPolicyFiles(paths: readonly string[]): Promise<PolicyFiles> {
  const files = new Set<string>();
  const unreadable: string[] = [];
  for (const path of paths) {
    const found = await findFiles(path);
    if (found.ok) for (const file of found.files) files.add(file);
    else unreadable.push(found.message);
  }
  const policies: MaintenancePolicy[] = [];
  const faults: LocatedPolicyFault[] = [];
  for (const file of files) {
    const text = await readText(file);
    if (!text.ok) {
      unreadable.push(text.message);
      continue;
    }
    const read = readPolicyText(text.text, file);
    if (read.ok) policies.push(...read.value);
    else faults.push(...read.faults);
  }
  return { files: [...files], policies, faults, unreadable };
}

/** `file:line:column`, or the file alone where no place is known. */
export function placeOf(fault: PolicyFault | LocatedPolicyFault): string {
  return 'line' in fault ? `${fault.source}:${fault.line}:${fault.column}` : fault.source;
}

type FoundFiles = { readonly ok: true; readonly files: readonly string[] } | { readonly ok: false; readonly message: string };

async function findFiles(path: string): Promise<FoundFiles> {
  try {
    if (!(await stat(path)).isDirectory()) return { ok: true, files: [path] };
    const files = await filesBelow(path);
    return files.length > 0 ? { ok: true, files } : { ok: false, message: `${path}: no .yaml or .yml file in this folder.` };
  } catch (error) {
    return { ok: false, message: `${path}: ${reasonOf(error)}` };
  }
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const files: string[] = [];
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) files.push(...(await filesBelow(path)));
    else if (/\.ya?ml$/i.test(entry.name)) files.push(path);
  }
  return files;
}

async function readText(file: string): Promise<{ readonly ok: true; readonly text: string } | { readonly ok: false; readonly message: string }> {
  try {
    const bytes = await readFile(file);
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    return { ok: false, message: `${file}: ${reasonOf(error)}` };
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'cannot be read.';
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'no such file or folder.';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by this user.';
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'is not UTF-8 text; save it as UTF-8.';
  return error.message;
}
