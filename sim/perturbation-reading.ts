import { isRecord, textAt } from '../domain/json.ts';
import type { Perturbation } from './perturbation.ts';

type FieldForm = 'text' | 'text-or-null' | 'number' | 'number-or-null' | 'count-or-absent' | 'text-or-absent' | 'texts' | 'workload' | 'reply';

const budget = { namespace: 'text', name: 'text', by: 'text' } as const;
const node = { node: 'text' } as const;

/** What each kind must carry; the compiler checks that none is missing. */
const forms: Readonly<Record<Perturbation['kind'], Readonly<Record<string, FieldForm>>>> = {
  'change-budget': { ...budget, minAvailable: 'count-or-absent', maxUnavailable: 'count-or-absent', unhealthyPodEvictionPolicy: 'text-or-absent' },
  'delete-budget': budget,
  'scale-workload': { workload: 'workload', replicas: 'number', by: 'text' },
  'cordon-node': { ...node, by: 'text' },
  'uncordon-node': { ...node, by: 'text' },
  'label-node': { ...node, key: 'text', value: 'text-or-null', by: 'text' },
  'delete-pod': { namespace: 'text', name: 'text', by: 'text' },
  'sicken-workload': { workload: 'workload', count: 'number' },
  'slow-workload': { workload: 'workload', startSeconds: 'number-or-null', stopSeconds: 'number-or-null' },
  'node-not-ready': node,
  'node-ready': node,
  'publish-image': { pool: 'text', image: 'text' },
  'foreign-operation': { pool: 'text-or-null', operation: 'text', minutes: 'number', by: 'text' },
  'surge-fails': { pool: 'text', code: 'text', message: 'text', times: 'number' },
  'scripted-reply': { service: 'text', requests: 'text', reply: 'reply', times: 'number' },
  'eviction-webhook': { namespace: 'text-or-null', status: 'number-or-null', message: 'text' },
  'eviction-helper': { namespace: 'text', pods: 'text', name: 'text', message: 'text', moveAfterSeconds: 'number-or-null' },
  'hinder-pod': { hindrance: 'text', namespace: 'text', pod: 'text', node: 'text', reason: 'text', message: 'text', minutes: 'number-or-null' },
  'operators-away': {},
  'surge-unready': { pool: 'text', minutes: 'number-or-null' },
  'surge-zone': { pool: 'text', zone: 'text' },
  'raise-autoscaler': { workload: 'workload', minReplicas: 'number', by: 'text' },
  'taint-node': { ...node, key: 'text', by: 'text' },
  'delete-node': { ...node, by: 'text' },
  'finish-job': { namespace: 'text', name: 'text' },
  'hold-upgrade': { pool: 'text', nodes: 'texts' },
  'end-operation': { pool: 'text', status: 'text', code: 'text', message: 'text', cordoned: 'texts' },
  'claim-success': { pool: 'text' },
  'service-fails': { namespace: 'text', name: 'text', ratio: 'number' },
  'webhooks-time-out': { names: 'texts', ratio: 'number' },
  'tunnel-fails': { error: 'text-or-null' },
  'upgrade-addon': { name: 'text' },
  'api-server-route': { route: 'text' },
  'api-server-access': { signIn: 'text', reach: 'text', judge: 'text' },
  'deny-rights': { rights: 'texts', who: 'text-or-null' },
  'auto-upgrade-channel': { channel: 'text-or-null' },
};

/** Reads a perturbation of unknown origin (a journal, a scenario); null when its kind or a field is not as it must be. */
export function readPerturbation(value: unknown): Perturbation | null {
  return isPerturbation(value) ? value : null;
}

function isPerturbation(value: unknown): value is Perturbation {
  if (!isRecord(value)) return false;
  const found = Object.entries(forms).find(([kind]) => kind === textAt(value, 'kind'));
  return found !== undefined && Object.entries(found[1]).every(([field, form]) => hasForm(value[field], form));
}

function hasForm(value: unknown, form: FieldForm): boolean {
  switch (form) {
    case 'text':
      return typeof value === 'string';
    case 'text-or-null':
      return value === null || typeof value === 'string';
    case 'texts':
      return Array.isArray(value) && value.every((one) => typeof one === 'string');
    case 'number':
      return typeof value === 'number';
    case 'number-or-null':
      return value === null || typeof value === 'number';
    case 'count-or-absent':
      return value === undefined || value === null || typeof value === 'number' || typeof value === 'string';
    case 'text-or-absent':
      return value === undefined || value === null || typeof value === 'string';
    case 'workload':
      return ['kind', 'namespace', 'name'].every((field) => textAt(value, field) !== null);
    case 'reply':
      return isRecord(value) && typeof value['status'] === 'number' && typeof value['code'] === 'string' && typeof value['message'] === 'string';
  }
}
