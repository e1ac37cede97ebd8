import { Ajv } from 'ajv';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { parseMaintenancePolicy } from '../../domain/policy-parse.ts';
import { policyJsonSchema } from '../../domain/policy-schema.ts';
import { goodPolicy, policyWith } from './good-policy.ts';

// strictRequired wants the fields of a oneOf branch declared in the branch itself, which would only repeat them.
const options = { strict: true, strictRequired: false, allErrors: true };

test('the schema checked in is the one the shape generates', () => {
  const checkedIn = readFileSync(new URL('../../schema/policy.schema.json', import.meta.url), 'utf8');

  assert.equal(checkedIn, `${JSON.stringify(policyJsonSchema(), null, 2)}\n`, 'Run: node schema/write.ts');
});

test('the schema is sound draft-07 and takes the example policy', () => {
  const validate = new Ajv(options).compile(policyJsonSchema());
  const example: unknown = parse(readFileSync(new URL('../../fixtures/policies/shop-prod-weu.yaml', import.meta.url), 'utf8'));

  assert.equal(validate(example), true, JSON.stringify(validate.errors));
  assert.equal(validate(goodPolicy()), true, JSON.stringify(validate.errors));
});

test('schema and parser agree, but for what only the parser can know', () => {
  const validate = new Ajv(options).compile(policyJsonSchema());
  const parserAlone = new Set(['no-such-date', 'dates-reversed', 'unknown-time-zone', 'nothing-wanted']);
  const table: readonly (readonly [path: string, value: unknown])[] = [
    ['metadata.name', 'shop'],
    ['metadata.name', 'Shop'],
    ['metadata.namespace', 'x'],
    ['spec.window.timeZone', 'Middle/Earth'],
    ['spec.window.timeZone', '+01:00'],
    ['spec.window.timeZone', undefined],
    ['spec.window.utcOffset', '+01:00'],
    ['spec.kubernetesApi', 'optional'],
    ['spec.kubernetesApi', 'maybe'],
    ['spec.window.schedule', {}],
    ['spec.window.schedule.daily', { intervalDays: 1 }],
    ['spec.window.durationHours', 24],
    ['spec.window.durationHours', 25],
    ['spec.window.durationHours', 2.5],
    ['spec.window.startDate', '2026-02-30'],
    ['spec.window.notAllowedDates', [{ start: '2026-12-18', end: '2026-12-01' }]],
    ['spec.target', { nodeImage: 'keep' }],
    ['spec.target.kubernetesVersion', 1.35],
    ['spec.nodePools', { order: ['a', 'a'] }],
    ['spec.nodePools', { upgradeSettings: { maxSurge: 2 } }],
    ['spec.nodePools', { upgradeSettings: { maxSurge: 0 } }],
    ['spec.nodePools', { upgradeSettings: { maxSurge: '33%' } }],
    ['spec.nodePools', { upgradeSettings: { maxSurge: '133%' } }],
    ['spec.nodePools', { overrides: { GPU: {} } }],
    ['spec.report', { writeBack: [] }],
    ['spec.report', null],
    ['spec.cluster.resourceId', '/subscriptions/x'],
  ];
  for (const [path, value] of table) {
    const document = policyWith(path, value);
    const parsed = parseMaintenancePolicy(document, 'x');
    const isGoodForSchema = parsed.ok || parsed.faults.every(({ code, path: at }) => parserAlone.has(code) && at.at(-1) !== 'timeZone');
    const isZoneOfGoodForm = path === 'spec.window.timeZone' && value === 'Middle/Earth';
    assert.equal(validate(document), isGoodForSchema || isZoneOfGoodForm, `${path} = ${JSON.stringify(value)}`);
  }
});
