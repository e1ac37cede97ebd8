import { isRecord, listAt, numberAt, textAt } from '../domain/json.ts';
import { checkRunShape } from './github-check-shapes.ts';
import { emit } from './github-changes.ts';
import { cutPage, field, hasRole, notFound, notSupplied, problem, refuseUngranted, reply, textField, validationFailed, wholeNumber } from './github-call.ts';
import type { RepositoryCall, Route } from './github-call.ts';
import { findCommit, nextId } from './github-world.ts';
import type { CheckAction, CheckAnnotation, CheckRun } from './github-world.ts';
import type { WireResponse } from './wire.ts';

/** Check runs: create, change, read, list those of a commit. Only the App may write them. */
export const checkRoutes: readonly Route<RepositoryCall>[] = [
  { method: 'POST', pattern: '/check-runs', answer: createCheck },
  { method: 'GET', pattern: '/check-runs/{id}', answer: readCheck },
  { method: 'PATCH', pattern: '/check-runs/{id}', answer: changeCheck },
  { method: 'GET', pattern: '/commits/{ref}/check-runs', answer: listChecks },
];

/** What a person does on GitHub's pages and no REST operation does: pressing a button of a check run. */
export const checkPageRoutes: readonly Route<RepositoryCall>[] = [{ method: 'POST', pattern: '/check-runs/{id}/requested-action', answer: pressButton }];

/** @see GitHub REST, "Create a check run": limits of one request. */
const ANNOTATIONS_MAX = 50;
const ACTIONS_MAX = 3;
const OUTPUT_CHARACTERS_MAX = 65_535;
const buttonLimits = { label: 20, description: 40, identifier: 20 } as const;

const statuses = ['queued', 'in_progress', 'completed'] as const;
const conclusions = ['action_required', 'cancelled', 'failure', 'neutral', 'success', 'skipped', 'timed_out'] as const;

function checkOf(call: RepositoryCall): CheckRun | null {
  return call.repository.checkRuns.get(wholeNumber(call.parameters['id']) ?? 0) ?? null;
}

function refuseWriter(call: RepositoryCall): WireResponse | null {
  if (call.account.type !== 'Bot') return problem(403, 'You must authenticate via a GitHub App.');
  return refuseUngranted(call, 'checks');
}

function createCheck(call: RepositoryCall): WireResponse {
  const refused = refuseWriter(call) ?? refuseFields(call);
  if (refused !== null) return refused;
  const { world, repository, now } = call;
  const [name, headSha] = [textField(call, 'name'), textField(call, 'head_sha')];
  if (name === null) return notSupplied('name');
  if (headSha === null) return notSupplied('head_sha');
  if (!repository.commits.has(headSha)) return problem(422, `No commit found for SHA: ${headSha}`);
  const known = [...repository.checkRuns.values()].find((other) => other.headSha === headSha);
  const blank: CheckRun = {
    id: nextId(world),
    suiteId: known?.suiteId ?? nextId(world),
    ...{ name, headSha, externalId: null, detailsUrl: null, startedAt: now, completedAt: null, status: 'queued', conclusion: null },
    ...{ output: { title: null, summary: null, text: null }, annotations: [], actions: [] },
  };
  const check = withFields(call, blank);
  repository.checkRuns.set(check.id, check);
  emitCheck(call, check, 'created');
  if (check.status === 'completed') emitCheck(call, check, 'completed');
  return reply(201, checkRunShape(world, repository, check));
}

function changeCheck(call: RepositoryCall): WireResponse {
  const before = checkOf(call);
  const refused = refuseWriter(call) ?? (before === null ? notFound() : refuseFields(call));
  if (refused !== null || before === null) return refused ?? notFound();
  const check = withFields(call, before);
  call.repository.checkRuns.set(check.id, check);
  if (check.status === 'completed') emitCheck(call, check, 'completed');
  return reply(200, checkRunShape(call.world, call.repository, check));
}

function readCheck(call: RepositoryCall): WireResponse {
  const check = checkOf(call);
  return check === null ? notFound() : reply(200, checkRunShape(call.world, call.repository, check));
}

function listChecks(call: RepositoryCall): WireResponse {
  const { world, repository } = call;
  const commit = findCommit(repository, call.parameters['ref'] ?? '');
  if (commit === null) return problem(422, `No commit found for SHA: ${call.parameters['ref'] ?? ''}`);
  const { check_name: name, status, filter = 'latest', app_id: appId } = call.request.query;
  const all = [...repository.checkRuns.values()].filter(
    (check) =>
      check.headSha === commit.sha &&
      (name === undefined || check.name === name) &&
      (status === undefined || check.status === status) &&
      (appId === undefined || appId === String(world.setup.app?.id)),
  );
  const shown = filter === 'all' ? all : all.filter((check) => !all.some((other) => other.name === check.name && other.id > check.id));
  const page = cutPage(call, shown.toReversed());
  return reply(200, { total_count: shown.length, check_runs: page.shown.map((check) => checkRunShape(world, repository, check)) }, page.headers);
}

function refuseFields(call: RepositoryCall): WireResponse | null {
  const { output, actions = [], status, conclusion } = isRecord(call.request.body) ? call.request.body : {};
  const faulty = (name: string): WireResponse => validationFailed([{ resource: 'CheckRun', field: name, code: 'invalid' }]);
  if (status !== undefined && !statuses.some((known) => known === status)) return faulty('status');
  if (conclusion !== undefined && !conclusions.some((known) => known === conclusion)) return faulty('conclusion');
  if (status === 'completed' && conclusion === undefined) return notSupplied('conclusion');
  if (!Array.isArray(actions) || actions.length > ACTIONS_MAX || !actions.every(isButton)) return faulty('actions');
  if (output === undefined) return null;
  if (textAt(output, 'summary') === null) return notSupplied('summary');
  const isTooLong = ['summary', 'text'].some((name) => (textAt(output, name) ?? '').length > OUTPUT_CHARACTERS_MAX);
  if (isTooLong) return problem(422, `Invalid request.\n\nOnly ${OUTPUT_CHARACTERS_MAX} characters are allowed; ${OUTPUT_CHARACTERS_MAX + 1} were supplied.`);
  const annotations = listAt(output, 'annotations');
  return annotations.length > ANNOTATIONS_MAX || !annotations.every(isAnnotation) ? faulty('annotations') : null;
}

function isButton(value: unknown): value is CheckAction {
  return Object.entries(buttonLimits).every(([name, most]) => {
    const text = textAt(value, name);
    return text !== null && text !== '' && text.length <= most;
  });
}

function isAnnotation(value: unknown): value is CheckAnnotation {
  const [first, last] = [numberAt(value, 'start_line') ?? 0, numberAt(value, 'end_line') ?? 0];
  const isComplete = textAt(value, 'path') !== null && textAt(value, 'message') !== null;
  return isComplete && first >= 1 && last >= first && ['notice', 'warning', 'failure'].includes(textAt(value, 'annotation_level') ?? '');
}

/** Fields of the body over those the check run has; annotations are added to those it has. */
function withFields(call: RepositoryCall, before: CheckRun): CheckRun {
  const output = field(call, 'output');
  const conclusion = conclusions.find((known) => known === field(call, 'conclusion')) ?? before.conclusion;
  const asked = statuses.find((known) => known === field(call, 'status'));
  const status = asked ?? (field(call, 'conclusion') === undefined ? before.status : 'completed');
  const actions = field(call, 'actions');
  return {
    ...before,
    name: textField(call, 'name') ?? before.name,
    externalId: textField(call, 'external_id') ?? before.externalId,
    detailsUrl: textField(call, 'details_url') ?? before.detailsUrl,
    status,
    conclusion: status === 'completed' ? conclusion : null,
    completedAt: status === 'completed' ? (before.completedAt ?? call.now) : null,
    output: output === undefined ? before.output : { title: textAt(output, 'title') ?? before.output.title, summary: textAt(output, 'summary'), text: textAt(output, 'text') },
    annotations: [...before.annotations, ...listAt(output, 'annotations').filter(isAnnotation)],
    actions: Array.isArray(actions) ? actions.filter(isButton) : before.actions,
  };
}

/** Whoever may write to the repository may press; the App decides what that means. */
function pressButton(call: RepositoryCall): WireResponse {
  const check = checkOf(call);
  const identifier = textField(call, 'identifier') ?? '';
  if (check === null || !check.actions.some((action) => action.identifier === identifier)) return notFound();
  if (call.account.type === 'Bot' || !hasRole(call, 'write')) return problem(403, 'Must have write access to the repository.');
  emitCheck(call, check, 'requested_action', { requested_action: { identifier } });
  return reply(201, null);
}

function emitCheck(call: RepositoryCall, check: CheckRun, action: string, more: Readonly<Record<string, unknown>> = {}): void {
  const { account, repository, world } = call;
  const text = action === 'requested_action' ? `${account.login} pressed a button of the check “${check.name}” in ${repository.fullName}` : `${account.login} ${action} the check “${check.name}” in ${repository.fullName}: ${check.conclusion ?? check.status}`;
  emit(call, text, 'check_run', { action, check_run: checkRunShape(world, repository, check), ...more });
}
