import { isRecord } from '../domain/json.ts';
import { field, hasRole, notFound, notSupplied, refuseUngranted, reply, textField, validationFailed } from './github-call.ts';
import type { RepositoryCall, Route } from './github-call.ts';
import { labelShape } from './github-shapes.ts';
import { nextId } from './github-world.ts';
import type { Label } from './github-world.ts';
import type { WireResponse } from './wire.ts';

/** Labels of a repository: read and create. */
export const labelRoutes: readonly Route<RepositoryCall>[] = [
  { method: 'POST', pattern: '/labels', answer: createLabel },
  { method: 'GET', pattern: '/labels/{name}', answer: readLabel },
];

/** GitHub's colour for a label nobody gave one. */
const PLAIN_COLOR = 'ededed';

/** The labels by these names as the repository spells them, made when they are missing; each once. */
export function ensureLabels(call: RepositoryCall, names: readonly string[]): readonly string[] {
  const spelled = names.map((name) => {
    const known = call.repository.labels.get(name.toLowerCase());
    return (known ?? addLabel(call, name, PLAIN_COLOR, null)).name;
  });
  return [...new Set(spelled)];
}

function addLabel(call: RepositoryCall, name: string, color: string, description: string | null): Label {
  const label: Label = { id: nextId(call.world), name, color, description };
  call.repository.labels.set(name.toLowerCase(), label);
  return label;
}

function createLabel(call: RepositoryCall): WireResponse {
  const refused = refuseUngranted(call, 'issues');
  if (refused !== null) return refused;
  if (!hasRole(call, 'triage')) return notFound();
  const name = textField(call, 'name');
  if (name === null || name === '') return notSupplied('name');
  if (call.repository.labels.has(name.toLowerCase())) {
    return validationFailed([{ resource: 'Label', field: 'name', code: 'already_exists' }]);
  }
  const color = textField(call, 'color') ?? PLAIN_COLOR;
  if (!/^[0-9a-f]{6}$/i.test(color)) return validationFailed([{ resource: 'Label', field: 'color', code: 'invalid' }]);
  const label = addLabel(call, name, color, textField(call, 'description'));
  return reply(201, labelShape(call.world, call.repository, label));
}

function readLabel(call: RepositoryCall): WireResponse {
  const label = call.repository.labels.get((call.parameters['name'] ?? '').toLowerCase());
  return label === undefined ? notFound() : reply(200, labelShape(call.world, call.repository, label));
}

/** The `labels` of a request that names them in an object, or as the whole body; null when there are none. */
export function labelsField(call: RepositoryCall): unknown {
  return isRecord(call.request.body) ? field(call, 'labels') : call.request.body;
}
