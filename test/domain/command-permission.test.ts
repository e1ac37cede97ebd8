import assert from 'node:assert/strict';
import { test } from 'node:test';
import { permissionLevels, verbs } from '../../domain/command-grammar.ts';
import { isAllowed, leastPermissionFor } from '../../domain/command-permission.ts';

/** Verb → permissions that may give it. */
const table = {
  help: ['read', 'triage', 'write', 'maintain', 'admin'],
  status: ['read', 'triage', 'write', 'maintain', 'admin'],
  pause: ['write', 'maintain', 'admin'],
  'ack-loss': ['write', 'maintain', 'admin'],
  resume: ['maintain', 'admin'],
  retry: ['maintain', 'admin'],
  skip: ['maintain', 'admin'],
  abort: ['maintain', 'admin'],
  plan: ['read', 'triage', 'write', 'maintain', 'admin'],
  preflight: ['read', 'triage', 'write', 'maintain', 'admin'],
  rehearse: ['read', 'triage', 'write', 'maintain', 'admin'],
  postpone: ['write', 'maintain', 'admin'],
  upgrade: ['maintain', 'admin'],
  approve: ['maintain', 'admin'],
  release: ['maintain', 'admin'],
  resolve: ['admin'],
  rollback: ['admin'],
  freeze: ['admin'],
  unfreeze: ['admin'],
};

test('each verb is allowed from its least permission upwards and not below', () => {
  for (const verb of verbs) {
    assert.deepEqual(permissionLevels.filter((level) => isAllowed(level, verb)), table[verb], verb);
    assert.equal(leastPermissionFor(verb), table[verb][0]);
  }
});

test('overriding a freeze needs as much as ending one', () => {
  assert.equal(leastPermissionFor('upgrade', 'overrides-freeze'), 'admin');
  assert.equal(isAllowed('maintain', 'upgrade', 'overrides-freeze'), false);
});

test('a permission we do not know allows nothing', () => {
  for (const permission of ['', 'owner', 'MEMBER', 'Admin', 'custom-role', 'none']) {
    for (const verb of verbs) assert.equal(isAllowed(permission, verb), false, `${permission} ${verb}`);
  }
});
