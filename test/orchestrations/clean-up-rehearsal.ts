import assert from 'node:assert/strict';
import { receiveInboxMessage } from '../../activities/receive-inbox.ts';
import type { InboxResult } from '../../activities/inbox-result.ts';
import { recorded } from '../../adapters/trust-boundary.ts';
import { COMMAND_TYPE } from '../../domain/inbox-message.ts';
import { numberAt } from '../../domain/json.ts';
import { parseStateFile } from '../../domain/state-file.ts';
import type { StateFile } from '../../domain/state-file.ts';
import { cleanUpInstanceId, stateFileName } from '../../domain/window-identity.ts';
import { appLogin, policyRepository } from '../../local/loopback-world.ts';
import { startRehearsal, type Rehearsal, type RehearsalOptions } from '../../local/rehearsal/rehearsal.ts';
import { inboxPorts } from '../../local/scenario/scenario-comments.ts';
import { findCommit } from '../../sim/github-world.ts';
import type { Perturbation } from '../../sim/perturbation.ts';

/** A comment that was given to the service. */
export interface Said {
  readonly result: InboxResult;
  readonly commandId: string;
  readonly issueNumber: number;
  /** Gives the same comment to the service once more, under another delivery id. */
  again(): Promise<InboxResult>;
}

export async function rehearse(options: RehearsalOptions, play: (rehearsal: Rehearsal) => Promise<void>): Promise<void> {
  const rehearsal = await startRehearsal(options);
  try {
    await play(rehearsal);
  } finally {
    await rehearsal.close();
  }
}

let deliveries = 0;

/** Lets a person write a comment, on the run's issue or one of their own, and gives it to the service as the queue would. */
export async function comment(rehearsal: Rehearsal, by: string, body: string, where: 'report' | 'elsewhere' = 'report'): Promise<Said> {
  const { github } = rehearsal.world;
  const issue = where === 'report' ? rehearsal.status().issue : null;
  const issueNumber = issue?.number ?? numberAt(github.request(by, 'POST', `/repos/${policyRepository}/issues`, { title: 'A question' }).body, 'number') ?? 0;
  const written = github.request(by, 'POST', `/repos/${policyRepository}/issues/${issueNumber}/comments`, { body }).body;
  const commentId = numberAt(written, 'id') ?? 0;
  const data = {
    repository: policyRepository, issueNumber, isPullRequest: false, issueAuthor: issue === null ? by : appLogin, issueRunId: issue === null ? null : rehearsal.status().runId,
    commentId, author: by, authorType: 'User', authorAssociation: 'MEMBER', body, action: 'created',
  };
  const give = (): Promise<InboxResult> => {
    const deliveryId = `delivery-${(deliveries += 1)}`;
    const message = { specversion: '1.0', type: COMMAND_TYPE, id: deliveryId, source: `/github/${policyRepository}`, data: { ...data, deliveryId } };
    return receiveInboxMessage(inboxPorts(rehearsal, [rehearsal.input.policy]), { appLogin, policyRepository }, message);
  };
  return { result: await give(), commandId: `comment-${commentId}`, issueNumber, again: give };
}

/** Answers of ours to one comment, as they read now. */
export function answersTo({ world }: Rehearsal, { commandId, issueNumber }: Said): readonly string[] {
  const { body } = world.github.request(appLogin, 'GET', `/repos/${policyRepository}/issues/${issueNumber}/comments`, null);
  return recorded<readonly Readonly<Record<string, unknown>>[]>(body).map((each) => String(each['body'])).filter((text) => text.includes(`slackwater:answer:${commandId} `));
}

/** The clean-up a comment began. */
export function instanceOf({ input }: Rehearsal, { commandId }: Said): string {
  return cleanUpInstanceId(input.policy.clusterResourceId, commandId);
}

/** Lets time pass until the clean-up has ended, and gives its one answer. */
export async function untilCleanedUp(rehearsal: Rehearsal, said: Said, minutesMax = 600): Promise<string> {
  assert.deepEqual(said.result, { kind: 'done', what: 'raised' });
  const id = instanceOf(rehearsal, said);
  const state = (): string => rehearsal.host.engine.read(id)?.runtimeStatus ?? 'none';
  await rehearsal.until(() => state() !== 'Running' && state() !== 'Pending', minutesMax);
  assert.equal(state(), 'Completed', JSON.stringify(rehearsal.host.engine.read(id)).slice(0, 2_000));
  const answers = answersTo(rehearsal, said);
  assert.equal(answers.length, 1, JSON.stringify(answers));
  return answers[0] ?? '';
}

export function memoryOf({ world, input }: Rehearsal): StateFile | null {
  const repository = world.github.github.world.repositories.get(policyRepository);
  const bytes = repository === undefined ? undefined : findCommit(repository, 'slackwater-state')?.files.get(`clusters/${stateFileName(input.policy.clusterResourceId)}`)?.bytes;
  const parsed = bytes === undefined ? null : parseStateFile(bytes);
  return parsed?.ok === true ? parsed.value : null;
}

export const images = (minAvailable: number): Perturbation => ({ kind: 'change-budget', namespace: 'shop', name: 'images', minAvailable, by: 'team-shop' });

/** A window in which AKS sets nodes of pool apps aside, because a budget became too tight. */
export async function leaveQuarantined(rehearsal: Rehearsal): Promise<readonly string[]> {
  rehearsal.begin();
  await rehearsal.until(() => rehearsal.changes.some(({ kind, data }) => kind === 'node.cordoned' && String(data['node']).includes('-apps-')));
  rehearsal.world.perturb(images(3));
  await rehearsal.until(() => rehearsal.status().pause?.kind === 'quarantined', 240);
  return quarantinedOf(rehearsal);
}

export function quarantinedOf({ world }: Rehearsal): readonly string[] {
  return world.cluster.inspect().flatMap(({ nodes }) => nodes.filter(({ isQuarantined }) => isQuarantined).map(({ name }) => name));
}
