import { grammarOf, permissionLevels, type PermissionLevel } from './command-grammar.ts';
import type { Verb } from './operator-decision.ts';

/** What a person writes beside the verb that may need a stronger right. */
export type CommandWeight = 'ordinary' | 'overrides-freeze';

/** The weakest repository permission that may give this command. Opening a freeze needs as much as ending one. */
export function leastPermissionFor(verb: Verb, weight: CommandWeight = 'ordinary'): PermissionLevel {
  return weight === 'overrides-freeze' ? grammarOf('unfreeze').least : grammarOf(verb).least;
}

/** Whether a person with this permission may give the command. A permission we do not know allows nothing. */
export function isAllowed(permission: string, verb: Verb, weight: CommandWeight = 'ordinary'): boolean {
  const rank = permissionLevels.findIndex((level) => level === permission);
  return rank >= permissionLevels.indexOf(leastPermissionFor(verb, weight));
}
