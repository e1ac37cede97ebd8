/** Only what cannot end an HTML comment; ids hold nothing else, so nothing real is lost. */
function keyOf(text: string): string {
  return text.replace(/[^A-Za-z0-9_.:-]+/g, '-').slice(0, 200);
}

/** Marker by which the one issue of a run is found again. Invisible in GitHub. */
export function reportMarker(runId: string): string {
  return `<!-- slackwater:run:${keyOf(runId)} -->`;
}

/** Marker of the one comment that tells a change of state; `key` is unique in its run. */
export function noticeMarker(runId: string, key: string): string {
  return `<!-- slackwater:notice:${keyOf(runId)}:${keyOf(key)} -->`;
}

/** Marker of the one answer to a command; `decisionId` names its comment. */
export function answerMarker(decisionId: string): string {
  return `<!-- slackwater:answer:${keyOf(decisionId)} -->`;
}

/** Marker of the one comment that tells a run's readers of a roll that is not the run's; `key` names pool and moment. */
export function foreignRollMarker(runId: string, key: string): string {
  return `<!-- slackwater:foreign-roll:${keyOf(runId)}:${keyOf(key)} -->`;
}

/** Marker of the one dashboard of a fleet. */
export const DASHBOARD_MARKER = '<!-- slackwater:dashboard -->';

/** Marker of the one issue of a cluster's debts; `key` names the cluster. */
export function debtsMarker(key: string): string {
  return `<!-- slackwater:debts:${keyOf(key)} -->`;
}

/** Marker of the one comment that tells a step of escalation: of what one run left, at one number of days. */
export function debtNoticeMarker(key: string, who: string, stepDays: number): string {
  return `<!-- slackwater:debt:${keyOf(key)}:${keyOf(who)}:${stepDays}d -->`;
}

/** Marker of the one pull request that writes back to one repository what a run's cluster runs. */
export function writeBackMarker(runId: string): string {
  return `<!-- slackwater:write-back:${keyOf(runId)} -->`;
}

/** Marker of the one open pull request that raises the version a policy, or the fleet, asks for. */
export function upgradeMarker(key: string): string {
  return `<!-- slackwater:upgrade:${keyOf(key)} -->`;
}

/** Marker of the one comment that says why such a pull request was closed. */
export function overtakenMarker(repository: string, pullNumber: number): string {
  return `<!-- slackwater:overtaken:${keyOf(repository)}:${pullNumber} -->`;
}

/** Marker of the one comment on a pull request that would undo upgrades. */
export function undoMarker(repository: string, pullNumber: number): string {
  return `<!-- slackwater:undo:${keyOf(repository)}:${pullNumber} -->`;
}

/** The body with the marker as its last line; a body that carries it already is returned as it is. */
export function withMarker(body: string, marker: string): string {
  return body.includes(marker) ? body : `${body.trimEnd()}\n\n${marker}\n`;
}

/**
 * The run whose report an issue's body is, or null when it is none.
 *
 * Anybody may write a marker into an issue, so this only ever makes us more careful, never less.
 */
export function runIdInReport(body: string): string | null {
  return /<!-- slackwater:run:([A-Za-z0-9_.:-]{1,200}) -->/.exec(body)?.[1] ?? null;
}
