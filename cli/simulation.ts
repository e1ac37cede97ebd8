import type { CommandIo } from './command.ts';

/**
 * Loads what simulates a world when it is needed, because it brings the local host. Says why and answers null where a package was
 * made without it.
 */
export async function loadSimulation<T>(command: string, io: CommandIo, load: () => Promise<T>): Promise<T | null> {
  try {
    return await load();
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    io.printError(`slackwater ${command}: this package holds no simulated world. Run the command from a checkout of the sources.`);
    return null;
  }
}
