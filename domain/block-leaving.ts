import { causeOf } from './block-view.ts';
import type { Judging } from './block-view.ts';
import type { Node, Pod } from './cluster-snapshot.ts';
import { formatUtc } from './local-time.ts';
import { MINUTE_MS, SECOND_MS } from './time.ts';
import type { Instant } from './time.ts';
import type { BlockCause, RuledOut } from './unit-progress.ts';

/** A pod is late once its grace has been over for this long: the kubelet and the lists need a moment. */
const LATE_AFTER_MS = MINUTE_MS;

/** No budget and no webhook acts on a pod that is being deleted already. */
const accepted: readonly RuledOut[] = [
  { what: 'a disruption budget', answer: 'no: its eviction was accepted' },
  { what: 'an admission webhook', answer: 'no: its eviction was accepted' },
];

/** Why a pod that is already ending is still on its node: `GRACE_RUNNING`, `NODE_DEAD`, `FINALIZER`, or not known. */
export function judgeLeaving(judging: Judging, node: Node, pod: Pod, deletedAt: Instant): BlockCause {
  const endsAt = deletedAt + LATE_AFTER_MS;
  const tell = (told: Pick<Parameters<typeof causeOf>[3], 'class' | 'evidence' | 'remedy' | 'waitsUntil' | 'since'> & { readonly others: readonly RuledOut[] }): BlockCause =>
    causeOf(judging, pod, node.name, { ...told, ruledOut: [...accepted, ...told.others] });
  if (judging.now < endsAt) {
    return tell({
      class: 'GRACE_RUNNING',
      since: deletedAt - pod.graceSeconds * SECOND_MS,
      waitsUntil: endsAt,
      evidence: `It is ending and has until ${formatUtc(deletedAt)} (grace ${pod.graceSeconds} s).`,
      remedy: 'Nothing: it leaves by itself.',
      others: [],
    });
  }
  const late = `It should have ended at ${formatUtc(deletedAt)}`;
  const grace: RuledOut = { what: 'its termination grace', answer: `no: over since ${formatUtc(deletedAt)}` };
  if (!node.isReady) {
    return tell({
      class: 'NODE_DEAD',
      since: Math.min(deletedAt, node.readyChangedAt ?? deletedAt),
      evidence: `${late}; node ${node.name} is not Ready${node.readyChangedAt === null ? '' : ` since ${formatUtc(node.readyChangedAt)}`}, so nobody can confirm that it has.`,
      remedy: `Repair or delete node ${node.name}; its pods are not deleted by force.`,
      others: [grace, { what: 'a finalizer', answer: pod.finalizers.length === 0 ? 'no' : `also: ${pod.finalizers.join(', ')}` }],
    });
  }
  const ready: RuledOut = { what: 'a dead node', answer: `no: ${node.name} is Ready` };
  if (pod.finalizers.length > 0) {
    return tell({
      class: 'FINALIZER',
      since: deletedAt,
      evidence: `It should have ended at ${formatUtc(deletedAt)}; finalizer ${pod.finalizers.join(', ')} keeps it.`,
      remedy: `The controller that owns ${pod.finalizers.map((name) => name.split('/')[0]).join(', ')} must take ${pod.finalizers.join(', ')} off.`,
      others: [grace, ready],
    });
  }
  return tell({
    class: 'UNKNOWN',
    since: deletedAt,
    evidence: `${late}; its containers do not end.`,
    remedy: `Look at the kubelet of ${node.name}.`,
    others: [grace, ready, { what: 'a finalizer', answer: 'no' }],
  });
}
