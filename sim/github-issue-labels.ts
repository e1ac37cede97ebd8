import { hasRole, notFound, refuseUngranted, reply } from './github-call.ts';
import type { RepositoryCall, Route } from './github-call.ts';
import { issueOf, labelNames, setLabels } from './github-issues.ts';
import { ensureLabels, labelsField } from './github-labels.ts';
import { labelShapes } from './github-shapes.ts';
import type { WireResponse } from './wire.ts';

/** Labels of one issue: add, replace, remove. */
export const issueLabelRoutes: readonly Route<RepositoryCall>[] = [
  { method: 'POST', pattern: '/issues/{number}/labels', answer: (call) => change(call, (before, named) => [...new Set([...before, ...named])]) },
  { method: 'PUT', pattern: '/issues/{number}/labels', answer: (call) => change(call, (_before, named) => named) },
  { method: 'DELETE', pattern: '/issues/{number}/labels/{name}', answer: removeLabel },
];

type Rule = (before: readonly string[], named: readonly string[]) => readonly string[];

function change(call: RepositoryCall, rule: Rule): WireResponse {
  const issue = issueOf(call);
  const refused = refuseUngranted(call, 'issues');
  if (refused !== null) return refused;
  if (issue === null || !hasRole(call, 'triage')) return notFound();
  setLabels(call, issue, rule(issue.labels, ensureLabels(call, labelNames(labelsField(call)))));
  return reply(200, labelShapes(call.world, call.repository, issue.labels));
}

function removeLabel(call: RepositoryCall): WireResponse {
  const issue = issueOf(call);
  const refused = refuseUngranted(call, 'issues');
  if (refused !== null) return refused;
  const name = (call.parameters['name'] ?? '').toLowerCase();
  const kept = issue?.labels.filter((label) => label.toLowerCase() !== name) ?? [];
  if (issue === null || !hasRole(call, 'triage') || kept.length === issue.labels.length) return notFound();
  setLabels(call, issue, kept);
  return reply(200, labelShapes(call.world, call.repository, kept));
}
