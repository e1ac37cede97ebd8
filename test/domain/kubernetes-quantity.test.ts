import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCpuMillicores, parseMemoryBytes, parseQuantity, parseTimestamp } from '../../domain/kubernetes-quantity.ts';

test('a quantity is read in its base unit, and nothing else is one', () => {
  const table: readonly (readonly [string, number | null])[] = [
    ['0', 0], ['4', 4], ['1.5', 1.5], ['.5', 0.5], ['+3', 3], ['1e3', 1_000], ['2E-1', 0.2],
    ['2k', 2_000], ['3M', 3e6], ['1Ki', 1_024], ['30Gi', 30 * 2 ** 30], ['5Ei', 5 * 2 ** 60],
    ['', null], ['m', null], ['1 Gi', null], ['1gi', null], ['1Kim', null], ['0x10', null], ['1e3Ki', null],
  ];
  for (const [text, wanted] of table) assert.equal(parseQuantity(text), wanted, text);
});

test('processor shares are whole thousandths and memory whole bytes, rounded up', () => {
  const cpus: readonly (readonly [unknown, number | null])[] = [
    ['7860m', 7_860], ['1', 1_000], ['0.1', 100], ['100u', 1], [2, 2_000], [0.25, 250], ['x', null], [null, null], [{}, null],
  ];
  for (const [value, wanted] of cpus) assert.equal(parseCpuMillicores(value), wanted, String(value));

  assert.equal(parseMemoryBytes('64Mi'), 67_108_864);
  assert.equal(parseMemoryBytes('1500m'), 2);
});

test('a timestamp is read to the millisecond, with its offset, and an impossible date is none', () => {
  const table: readonly (readonly [string, string | null])[] = [
    ['2026-11-21T00:54:15Z', '2026-11-21T00:54:15.000Z'],
    ['2026-11-21T00:54:15.523516Z', '2026-11-21T00:54:15.523Z'],
    ['2026-11-21T02:54:15+02:00', '2026-11-21T00:54:15.000Z'],
    ['2026-11-20T19:24:15.5-05:30', '2026-11-21T00:54:15.500Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['2000-02-29T23:59:59Z', '2000-02-29T23:59:59.000Z'],
    ['1969-12-31T23:59:59Z', '1969-12-31T23:59:59.000Z'],
    ['2100-03-01T00:00:00Z', '2100-03-01T00:00:00.000Z'],
    ['2026-02-29T00:00:00Z', null],
    ['2100-02-29T00:00:00Z', null],
    ['2026-13-01T00:00:00Z', null],
    ['2026-11-21T24:00:00Z', null],
    ['2026-11-21 00:00:00Z', null],
    ['2026-11-21T00:00:00', null],
    ['2026-1x-21T00:54:15Z', null],
    ['2026-11-2xT00:54:15Z', null],
    ['2O26-11-21T00:54:15Z', null],
    ['2026-11-21T00:54:1xZ', null],
    ['yesterday', null],
  ];
  for (const [text, wanted] of table) {
    const moment = parseTimestamp(text);
    assert.equal(moment === null ? null : new Date(moment).toISOString(), wanted, text);
  }
});

test('every day of three centuries is counted as the calendar counts it', () => {
  for (let day = -20_000; day < 90_000; day += 13) {
    const text = new Date(day * 86_400_000).toISOString();
    assert.equal(parseTimestamp(text), day * 86_400_000, text);
  }
});
