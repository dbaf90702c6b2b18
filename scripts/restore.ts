/** `npm run restore`: puts a backup in the place of what a state holds, which is kept aside. */
import path from 'node:path';
import { SystemClock } from '../runtime/clock.ts';
import { restoreBackup } from './backup/restore.ts';
import { type CommonOptions, environmentCommand, parseOptions, print, printJson } from './environment/cli.ts';

interface Options extends CommonOptions {
  readonly from: string;
  readonly replace?: boolean;
}

/** @returns 0 restored; thrown: 2 refused, and nothing was changed; 3 it could not be written */
export async function main(args: string[]): Promise<number> {
  const command = environmentCommand('restore', 'puts a backup in the place of what a state holds')
    .requiredOption('--from <dir>', "a backup's folder, as `npm run backup` named it", (text) => path.resolve(text))
    .option('--replace', 'there is a journal already: keep it aside and restore')
    .addHelpText(
      'after',
      '\nThe runtime that is started next asks the venue for everything that it said since the backup.',
    );
  const { state, environment, from, replace = false, json } = parseOptions<Options>(command, args);
  const { manifest, aside, goesOnFrom } = await restoreBackup({
    state,
    environment,
    from,
    replace,
    clock: new SystemClock(),
  });
  if (json === true) printJson({ state, aside: aside ?? null, goesOnFrom, backup: manifest });
  else {
    print(
      `${state}: ${environment} as of ${manifest.takenAt}, journal up to record ${manifest.journal.lastSeq}`,
      aside === undefined ? '  nothing was there before' : `  what was there is kept in ${aside}`,
      '  start it again: it asks the venue for everything since, and trades once positions agree',
    );
  }
  return 0;
}
