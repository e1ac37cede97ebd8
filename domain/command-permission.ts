import type { Verb } from './operator-decision.ts';

/** Rights on a repository, weakest first, in GitHub's words. */
export const permissionLevels = ['none', 'read', 'triage', 'write', 'maintain', 'admin'] as const;
type PermissionLevel = (typeof permissionLevels)[number];

const leastPermissions: Readonly<Record<Verb, PermissionLevel>> = {
  help: 'read',
  status: 'read',
  pause: 'write',
  'ack-loss': 'write',
  resume: 'maintain',
  retry: 'maintain',
  skip: 'maintain',
  abort: 'maintain',
};

/** The weakest repository permission that may give this command. */
export function leastPermissionFor(verb: Verb): PermissionLevel {
  return leastPermissions[verb];
}

/** Whether a person with this permission may give the command. A permission we do not know allows nothing. */
export function isAllowed(permission: string, verb: Verb): boolean {
  const rank = permissionLevels.findIndex((level) => level === permission);
  return rank >= permissionLevels.indexOf(leastPermissions[verb]);
}
