import type { DebtReport } from '../domain/debt-markdown.ts';
import type { Outcome } from '../domain/failure.ts';
import { reportMarker } from '../domain/hidden-marker.ts';
import { openLedgers, withLedger } from '../domain/run-ledger.ts';
import type { StateFile } from '../domain/state-file.ts';
import type { Ports } from './ports.ts';

/** What keeping the issues of runs needs to know. */
export interface RunIssues {
  readonly clusterResourceId: string;
  readonly state: StateFile;
  readonly report: DebtReport;
}

/**
 * Keeps the issues of runs that ended and left something: their debts with age and cost stand below the result, and an issue is
 * closed when nothing is left. May be repeated; an issue that is gone is forgotten.
 */
export async function keepRunIssues(ports: Ports, { clusterResourceId, state, report }: RunIssues): Promise<Outcome<null>> {
  const closed: string[] = [];
  for (const ledger of openLedgers(state)) {
    const { who, issue } = ledger.run;
    // Nothing but the next window settles it, and the report says so.
    if (ledger.standing === 'open' && ledger.owed.length === 0) continue;
    const kept = await ports.github.reviseIssue({
      repository: issue.repository,
      marker: reportMarker(who),
      label: null,
      knownNumber: issue.number,
      whenMissing: 'leave',
      revise: (present) =>
        present === null || present.number !== issue.number || !present.body.includes(reportMarker(who))
          ? null
          : { title: present.title, body: withLedger(present.body, ledger, report, state.debtIssue), state: ledger.standing === 'open' ? 'open' : 'closed' },
    });
    if (!kept.ok) return kept;
    if (kept.value === null || ledger.standing !== 'open') closed.push(who);
  }
  if (closed.length === 0) return { ok: true, value: null };
  const change = (present: StateFile): StateFile => ({
    ...present,
    runs: present.runs.map((run) => (run.issue !== undefined && closed.includes(run.who) ? { ...run, issue: { ...run.issue, state: 'closed' } } : run)),
  });
  const remembered = await ports.state.changeState(clusterResourceId, change, `Close the issues of runs that left nothing more: ${closed.length}`);
  return remembered.ok ? { ok: true, value: null } : remembered;
}
