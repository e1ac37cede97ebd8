import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isRecord, numberAt, parseJson, recordAt, textAt } from '../../domain/json.ts';
import { AppRefused } from './core-api.ts';

/** What this host reads of host.json; everything else there is for Azure. */
export interface HostSettings {
  /** Without slashes; empty when routes lie at the root. */
  readonly routePrefix: string;
  readonly hubName: string;
  readonly defaultVersion: string | null;
  readonly concurrentOrchestratorsMax: number;
  readonly concurrentActivitiesMax: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the host.json nearest above the app's entry. Absent: the documented defaults. Throws `host-json-unreadable`. */
export function readHostSettings(appEntry: URL, environment: Environment): HostSettings {
  const path = findUpwards('host.json', dirname(fileURLToPath(appEntry)));
  const content: unknown = path === null ? {} : parseJson(readFileSync(path, 'utf8'));
  if (!isRecord(content)) throw new AppRefused('host-json-unreadable', `${path ?? 'host.json'} holds no JSON object. Correct it.`);
  const durable = recordAt(content, 'extensions', 'durableTask');
  const prefix = textAt(content, 'extensions', 'http', 'routePrefix') ?? 'api';
  return {
    routePrefix: prefix.replace(/^\/+|\/+$/g, ''),
    hubName: resolveHubName(textAt(durable, 'hubName'), environment),
    defaultVersion: textAt(durable, 'defaultVersion'),
    concurrentOrchestratorsMax: numberAt(durable, 'maxConcurrentOrchestratorFunctions') ?? 10,
    concurrentActivitiesMax: numberAt(durable, 'maxConcurrentActivityFunctions') ?? 10,
  };
}

/** Replaces `%NAME%` by the setting of that name, as bindings allow. Throws `setting-missing`. */
export function resolveSetting(text: string, environment: Environment): string {
  return text.replace(/%([^%]+)%/g, (_whole, name: string) => {
    const value = environment[name];
    if (value === undefined || value === '') throw new AppRefused('setting-missing', `A binding refers to %${name}%, which is not set. Set ${name}.`);
    return value;
  });
}

/** The hub's name only labels URLs here, so a missing setting does not stop a local run. */
function resolveHubName(template: string | null, environment: Environment): string {
  if (template === null) return 'local';
  return template.replace(/%([^%]+)%/g, (_whole, name: string) => environment[name] ?? 'local');
}

function findUpwards(name: string, from: string): string | null {
  const candidate = join(from, name);
  if (existsSync(candidate)) return candidate;
  const parent = dirname(from);
  return parent === from ? null : findUpwards(name, parent);
}
