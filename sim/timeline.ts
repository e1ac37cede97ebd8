import type { Instant } from '../domain/time.ts';
import type { WorldChange } from './wire.ts';

/** Takes an appointment off the agenda; without effect once it was kept. */
export type Cancel = () => void;

/** The world's time: what is due, in a fixed order, and what happened. */
export interface Timeline {
  /** The moment being lived: an appointment's own time while it is kept, else the last `advance`. */
  now(): Instant;
  /** Puts `action` on the agenda, not before now. Appointments of one moment are kept in the order they were made. */
  after(delayMs: number, action: () => void): Cancel;
  /** Notes that something happened now. */
  tell(kind: string, text: string, data?: Readonly<Record<string, unknown>>): void;
  /** Keeps every appointment up to `moment`, inclusive. An earlier moment than the last changes nothing. */
  advance(moment: Instant): void;
  /** When the next appointment is; null when there is none. */
  nextAt(): Instant | null;
  /** What was told since the last take, in order; each is given once. */
  takeChanges(): readonly WorldChange[];
}

interface Appointment {
  readonly at: Instant;
  readonly sequence: number;
  action: (() => void) | null;
}

/** Makes a timeline that begins at `startsAt` with an empty agenda. */
export function createTimeline(startsAt: Instant): Timeline {
  const heap: Appointment[] = [];
  let sequence = 0;
  let current = startsAt;
  let changes: WorldChange[] = [];
  const dropCancelled = (): void => {
    while (heap[0] !== undefined && heap[0].action === null) popEarliest(heap);
  };
  return {
    now: () => current,
    after(delayMs, action) {
      sequence += 1;
      const appointment: Appointment = { at: current + Math.max(0, Math.round(delayMs)), sequence, action };
      push(heap, appointment);
      return () => {
        appointment.action = null;
      };
    },
    tell(kind, text, data = {}) {
      changes.push({ at: current, kind, text, data });
    },
    advance(moment) {
      for (;;) {
        const next = heap[0];
        if (next === undefined || next.at > moment) break;
        popEarliest(heap);
        if (next.action === null) continue;
        current = next.at;
        next.action();
      }
      if (moment > current) current = moment;
    },
    nextAt() {
      dropCancelled();
      return heap[0]?.at ?? null;
    },
    takeChanges() {
      const taken = changes;
      changes = [];
      return taken;
    },
  };
}

function isEarlier(left: Appointment, right: Appointment): boolean {
  return left.at < right.at || (left.at === right.at && left.sequence < right.sequence);
}

function push(heap: Appointment[], appointment: Appointment): void {
  let index = heap.length;
  heap.push(appointment);
  while (index > 0) {
    const parentIndex = (index - 1) >> 1;
    const parent = heap[parentIndex];
    if (parent === undefined || !isEarlier(appointment, parent)) break;
    heap[index] = parent;
    index = parentIndex;
  }
  heap[index] = appointment;
}

function popEarliest(heap: Appointment[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    let childIndex = 2 * index + 1;
    const left = heap[childIndex];
    const right = heap[childIndex + 1];
    if (left === undefined) break;
    if (right !== undefined && isEarlier(right, left)) childIndex += 1;
    const child = heap[childIndex];
    if (child === undefined || !isEarlier(child, last)) break;
    heap[index] = child;
    index = childIndex;
  }
  heap[index] = last;
}
