import type { Debt } from '../../domain/debt.ts';
import { DAY_MS } from '../../domain/time.ts';

/** 2026-10-10T08:00Z */
export const debtNow = Date.UTC(2026, 9, 10, 8);

/** A quarantined node that has waited 20 days. */
export const debtSample: Debt = {
  id: 'node/usr-2',
  kind: 'quarantined-node',
  pool: 'usr',
  node: 'usr-2',
  who: 'shop-prod-weu-20260919T2000Z',
  when: debtNow - 20 * DAY_MS,
  whenFrom: 'node',
  why: 'pay/ledger-pdb allows no eviction.',
  until: null,
  settledBy: null,
  owner: 'team-pay',
  image: 'AKSUbuntu-2204gen2containerd-202608.20.0',
  count: 1,
  label: 'present',
  state: '',
  stepDays: 0,
};
