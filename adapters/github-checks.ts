import type { Octokit } from '@octokit/rest';
import type { CheckPort } from '../activities/ports.ts';
import type { CheckRunReport, HeldCheckRun, LineRemark } from '../domain/check-run.ts';
import { isRecord, numberAt, recordAt, recordsAt, textAt } from '../domain/json.ts';
import { UnreadableAnswer } from './github-failure.ts';
import { isStatus } from './github-issue.ts';
import { createGitHubSession } from './github-session.ts';
import type { GitHubSession, GitHubSessionOptions, RepositoryName } from './github-session.ts';

/** What {@link createCheckPort} needs. */
interface CheckPortOptions extends GitHubSessionOptions {
  /** The login of the App whose check runs these are, for example `slackwater[bot]`; case does not matter. */
  readonly appLogin: string;
  /** A session to share with others; made from the other options when absent. */
  readonly session?: GitHubSession;
}

/** A check run as GitHub holds it. */
interface FoundCheckRun extends HeldCheckRun {
  readonly id: number;
  readonly conclusion: string | null;
  readonly title: string;
  readonly summary: string;
  readonly text: string;
  readonly remarkCount: number;
}

const PAGE_SIZE = 100;
/** GitHub takes this many remarks in one request. */
const REMARKS_AT_ONCE = 50;

/**
 * Check runs over `@octokit/rest`. Asks first and may be repeated; nothing sleeps or throws.
 *
 * Needs the App's permission checks, to write. Failures by class: see `classifyGitHubError`.
 */
export function createCheckPort(options: CheckPortOptions): CheckPort {
  const session = options.session ?? createGitHubSession(options);
  const ownSlug = options.appLogin.toLowerCase().replace(/\[bot\]$/, '');
  return {
    ensureCheckRun: ({ repository, report }) => session.use(repository, (github, name) => ensureCheckRun(github, name, report, ownSlug)),
    readCheckRun: ({ repository, id }) => session.use(repository, (github, name) => readCheckRun(github, name, id, ownSlug)),
  };
}

async function ensureCheckRun(github: Octokit, name: RepositoryName, report: CheckRunReport, ownSlug: string): Promise<{ readonly id: number }> {
  const [known] = await findCheckRuns(github, name, report, ownSlug);
  if (known !== undefined) return { id: await adjust(github, name, known, report) };
  const made = readCheck((await github.rest.checks.create({ ...name, name: report.name, head_sha: report.headSha, external_id: report.reference, status: 'in_progress' })).data);
  // Somebody may have made the same at the same moment: GitHub shows the newest, so both write that one.
  const [newest = made, ...others] = await findCheckRuns(github, name, report, ownSlug);
  for (const { id, conclusion } of others) {
    const output = { title: 'Told by another check run of this name', summary: 'It was begun twice at the same moment.' };
    if (conclusion === null) await github.rest.checks.update({ ...name, check_run_id: id, status: 'completed', conclusion: 'skipped', output });
  }
  return { id: await adjust(github, name, newest, report) };
}

/** Our check runs of that name on that commit, newest first. */
async function findCheckRuns(github: Octokit, name: RepositoryName, { headSha, name: checkName }: CheckRunReport, ownSlug: string): Promise<readonly FoundCheckRun[]> {
  const { data } = await github.rest.checks.listForRef({ ...name, ref: headSha, check_name: checkName, filter: 'all', per_page: PAGE_SIZE });
  if (!isRecord(data) || !Array.isArray(data['check_runs'])) throw new UnreadableAnswer('GitHub answered something else where check runs were asked for.');
  const ours = recordsAt(data, 'check_runs').filter((check) => isOurs(check, ownSlug)).map(readCheck);
  return ours.filter((check) => check.name === checkName).sort((one, other) => other.id - one.id);
}

/** Makes the check run say what the report says; remarks GitHub has already are not sent again, for it would show them twice. */
async function adjust(github: Octokit, name: RepositoryName, found: FoundCheckRun, report: CheckRunReport): Promise<number> {
  if (isSameAs(found, report)) return found.id;
  const { title, summary, text, conclusion, reference, buttons } = report;
  const output = { title, summary, ...(text === '' ? {} : { text }) };
  const missing = report.remarks.slice(found.remarkCount).map(annotationOf);
  for (let from = 0; from < missing.length - REMARKS_AT_ONCE; from += REMARKS_AT_ONCE) {
    await github.rest.checks.update({ ...name, check_run_id: found.id, output: { ...output, annotations: missing.slice(from, from + REMARKS_AT_ONCE) } });
  }
  const last = missing.slice(Math.floor(Math.max(0, missing.length - 1) / REMARKS_AT_ONCE) * REMARKS_AT_ONCE);
  await github.rest.checks.update({
    ...name,
    check_run_id: found.id,
    external_id: reference,
    status: 'completed',
    conclusion,
    output: { ...output, ...(last.length === 0 ? {} : { annotations: last }) },
    actions: buttons.map(({ identifier, label, description }) => ({ identifier, label, description })),
  });
  return found.id;
}

function isSameAs(found: FoundCheckRun, report: CheckRunReport): boolean {
  const normal = (text: string): string => text.replaceAll('\r\n', '\n').trimEnd();
  return (
    found.conclusion === report.conclusion &&
    found.reference === report.reference &&
    found.remarkCount >= report.remarks.length &&
    (['title', 'summary', 'text'] as const).every((part) => normal(found[part]) === normal(report[part]))
  );
}

function annotationOf({ path, line, column, title, message }: LineRemark) {
  return { path, start_line: line, end_line: line, start_column: column, end_column: column, annotation_level: 'failure' as const, title, message };
}

async function readCheckRun(github: Octokit, name: RepositoryName, id: number, ownSlug: string): Promise<HeldCheckRun | null> {
  try {
    const { data } = await github.rest.checks.get({ ...name, check_run_id: id });
    if (!isOurs(data, ownSlug)) return null;
    const { name: checkName, headSha, reference } = readCheck(data);
    return { name: checkName, headSha, reference };
  } catch (thrown) {
    if (isStatus(thrown, 404)) return null;
    throw thrown;
  }
}

function isOurs(data: unknown, ownSlug: string): boolean {
  return (textAt(recordAt(data, 'app'), 'slug') ?? '').toLowerCase() === ownSlug;
}

function readCheck(data: unknown): FoundCheckRun {
  const [id, name, headSha] = [numberAt(data, 'id'), textAt(data, 'name'), textAt(data, 'head_sha')];
  if (id === null || name === null || headSha === null) throw new UnreadableAnswer('GitHub answered a check run without id, name or commit.');
  const output = recordAt(data, 'output');
  const [title, summary, text] = ['title', 'summary', 'text'].map((part) => textAt(output, part) ?? '');
  return {
    ...{ id, name, headSha, reference: textAt(data, 'external_id') ?? '', conclusion: textAt(data, 'conclusion') },
    ...{ title: title ?? '', summary: summary ?? '', text: text ?? '', remarkCount: numberAt(output, 'annotations_count') ?? 0 },
  };
}
