import { calendarCommand } from './calendar.ts';
import type { Command } from './command.ts';
import { githubAppCommand } from './github-app.ts';
import { lintCommand } from './lint.ts';
import { planCommand } from './plan.ts';
import { preflightCommand } from './preflight.ts';
import { rehearseCommand } from './rehearse.ts';
import { scenarioCommand } from './scenario.ts';
import { snapshotCommand } from './snapshot.ts';

/** Every command, in the order of the help. To add one, write its module and name it here. */
export const commands: readonly Command[] = [lintCommand, calendarCommand, snapshotCommand, preflightCommand, planCommand, rehearseCommand, scenarioCommand, githubAppCommand];
