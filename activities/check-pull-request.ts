import { createHash } from 'node:crypto';
import { withoutVoid } from '../domain/check-approval.ts';
import type { CheckedFile } from '../domain/checked-policy.ts';
import type { Failure, Outcome } from '../domain/failure.ts';
import { reportOfCheck } from '../domain/policy-check.ts';
import { judgeHead } from '../domain/pull-request-message.ts';
import type { IncomingPullRequest } from '../domain/pull-request-message.ts';
import { isPolicyPath } from '../domain/policy-path.ts';
import { lookAtFiles } from './look-at-policies.ts';
import type { Ports, PullRequestChanges } from './ports.ts';

/** Where policies lie. */
export interface PolicyPlace {
  /** `owner/name`; null when policies do not come from a repository. */
  readonly policyRepository: string | null;
  /** Folder of the policies, or one file; `''` is the root. */
  readonly policyPath: string;
}

/** A pull request, by its number. */
interface PullRequestNumber {
  readonly repository: string;
  readonly number: number;
}

/** What is to be checked; `told` null: whatever its head is now. */
interface AskedCheck extends PullRequestNumber {
  readonly told: Pick<IncomingPullRequest, 'headSha' | 'updatedAt'> | null;
}

const headNotYetShown: Failure = {
  code: 'pull-request-behind',
  class: 'transient',
  message: 'GitHub does not show the push yet that it told of.',
  remedy: 'It is asked again in a moment.',
  retryAfterSeconds: 5,
};

/**
 * Checks every policy file that a pull request changes: one check run each, on its head commit as it is now.
 *
 * Nothing but the number is believed: head, files and texts are read again. May be repeated: a check run is found again by its
 * commit and name, and one that says the same is not written. Fails, after all files were tried or GitHub asked to wait, with the first failure.
 */
export async function checkPullRequest(ports: Ports, place: PolicyPlace, asked: AskedCheck): Promise<Outcome<'checked' | 'ignored'>> {
  if (place.policyRepository?.toLowerCase() !== asked.repository.toLowerCase()) return { ok: true, value: 'ignored' };
  const read = await ports.repositories.readPullRequest(asked);
  if (!read.ok) return read;
  const changes = read.value;
  const head = changes === null || asked.told === null ? 'same' : judgeHead(asked.told, changes);
  if (head === 'earlier') return { ok: false, failure: headNotYetShown };
  // A push came meanwhile: its own delivery has it checked, and two of them would make two check runs.
  if (head === 'later') return { ok: true, value: 'ignored' };
  const paths = changes === null || changes.state === 'closed' ? [] : changes.paths.filter((path) => isPolicyPath(path, place.policyPath));
  if (changes === null || paths.length === 0) return { ok: true, value: 'ignored' };
  const looked = await readChangedFiles(ports, asked, changes, paths);
  if (!looked.ok) return looked;
  const failures: Failure[] = [];
  for (const file of looked.value) {
    const voided = await endVoidApprovals(ports, file);
    if (!voided.ok) failures.push(voided.failure);
    const ensured = await ports.checks.ensureCheckRun({ repository: asked.repository, report: reportOfCheck(file) });
    // Going on would only lengthen the wait; what is done is not done again.
    if (!ensured.ok && ensured.failure.code === 'github-rate-limited') return ensured;
    if (!ensured.ok) failures.push(ensured.failure);
    else ports.logger.log('info', 'pull-request.checked', { repository: asked.repository, number: asked.number, path: file.path, headSha: file.headSha, content: file.content.kind });
  }
  const [first] = failures;
  return first === undefined ? { ok: true, value: 'checked' } : { ok: false, failure: first };
}

/** Takes back approvals that were given to an earlier commit of the pull request: they would else count once this one is merged. */
async function endVoidApprovals(ports: Ports, file: CheckedFile): Promise<Outcome<null>> {
  const policies = file.content.kind === 'valid' ? file.content.policies.filter(({ rule, approvals }) => rule.required > 0 && approvals !== null) : [];
  for (const { policy } of policies) {
    const why = `Approvals of pull request #${file.pullNumber} are void: it was pushed to`;
    const changed = await ports.state.changeState(policy.clusterResourceId, (state) => ({ ...state, orders: withoutVoid(state.orders, file) }), why);
    if (!changed.ok) return changed;
  }
  return { ok: true, value: null };
}

/** The changed files as the head commit has them, looked at as {@link lookAtFiles} does. */
export async function readChangedFiles(ports: Ports, { repository, number }: PullRequestNumber, changes: PullRequestChanges, paths: readonly string[]): Promise<Outcome<readonly CheckedFile[]>> {
  const texts: { readonly path: string; readonly text: string | null; readonly version: string }[] = [];
  for (const path of paths) {
    const bytes = await ports.repositories.readFile({ repository, commit: changes.headSha, path });
    if (!bytes.ok) return bytes;
    texts.push({ path, text: bytes.value === null ? null : new TextDecoder().decode(bytes.value), version: bytes.value === null ? '' : blobId(bytes.value) });
  }
  return { ok: true, value: await lookAtFiles(ports, { texts, changedPaths: changes.paths, pullNumber: number, headSha: changes.headSha, headLies: changes.headLies }) };
}

/** The id Git gives a file of these bytes. */
function blobId(bytes: Uint8Array): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}
