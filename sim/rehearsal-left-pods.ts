import { textAt, textsAt } from '../domain/json.ts';
import type { PreflightReport } from '../domain/preflight-report.ts';
import type { Instant } from '../domain/time.ts';
import type { RehearsedBlock } from './rehearsal-report.ts';
import { minutesAfter } from './rehearsal-watch.ts';
import type { WorldChange } from './wire.ts';

type Block = Omit<RehearsedBlock, 'when'>;

/**
 * Blocks that the run did not name, because it names a few at once: of each node that Azure gave up on, what was left there, once
 * for each budget. The class is that of the same budget's other blocks, else preflight's word for it, else `UNKNOWN`.
 */
export function leftBehind(changes: readonly WorldChange[], named: readonly Block[], preflight: PreflightReport, opens: Instant): readonly Block[] {
  const known = new Set(named.flatMap(({ node, pod, budgets }) => [`${node} ${pod}`, ...budgets.map((budget) => `${node} ${budget}`)]));
  return changes.flatMap((end) => {
    const node = textAt(end.data, 'node');
    if (end.kind !== 'drain.timed-out' || node === null) return [];
    return textsAt(end.data, 'pods').flatMap((pod): readonly Block[] => {
      const refusal = changes.find(({ kind, data }) => kind === 'eviction.refused' && textAt(data, 'node') === node && `${textAt(data, 'namespace')}/${textAt(data, 'pod')}` === pod);
      const told = refusal === undefined ? null : describeRefusal(refusal, pod, named, preflight);
      const keys = [pod, ...(told?.budgets ?? [])].map((word) => `${node} ${word}`);
      if (refusal === undefined || told === null || keys.some((key) => known.has(key))) return [];
      for (const key of keys) known.add(key);
      return [{ unit: `pool/${textAt(end.data, 'pool') ?? ''}`, atMin: minutesAfter(opens, refusal.at), untilMin: null, azureGaveUpMin: minutesAfter(opens, end.at), node, pod, ...told }];
    });
  });
}

function describeRefusal({ data }: WorldChange, pod: string, named: readonly Block[], { findings, pods }: PreflightReport): Pick<Block, 'budgets' | 'class' | 'owner' | 'evidence' | 'remedy'> {
  const evidence = textAt(data, 'reason') ?? '';
  const budget = textAt(data, 'budget');
  const budgets = budget === null ? (pods.find(({ namespace, name }) => `${namespace}/${name}` === pod)?.budgets ?? []) : [`${textAt(data, 'namespace')}/${budget}`];
  const isSeveral = evidence === 'several-budgets';
  const same = named.find((block) => block.budgets.length > 0 && block.budgets.every((one) => budgets.includes(one)));
  if (same !== undefined) return { budgets, class: same.class, owner: same.owner, evidence, remedy: same.remedy };
  const finding = findings.find(({ code, where }) => budgets.includes(where) || (isSeveral && code === 'PDB_MULTIPLE' && pod.startsWith(`${where}-`)));
  const otherwise = isSeveral ? 'PDB_MULTIPLE' : 'UNKNOWN';
  return { budgets, class: finding?.code ?? otherwise, owner: finding?.owner ?? null, evidence, remedy: finding?.remedy ?? '' };
}
