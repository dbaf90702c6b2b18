/** `npm run tag`: labels what was merged: verifies its evidence, extends the ledger, sets the tag. Run by CI after a merge. */
import path from 'node:path';
import { SystemClock } from '../runtime/clock.ts';
import { type CommonOptions, environmentCommand, parseOptions, print, printJson } from './environment/cli.ts';
import { automationAt, originOf } from './proposals/place.ts';
import { type Tagged, tagMain } from './proposals/tag.ts';

interface Options extends CommonOptions {
  readonly remote?: string;
  readonly keys?: string;
}

/** @returns 0 every slot is labelled, 1 one lacks evidence */
export async function main(args: string[]): Promise<number> {
  const command = environmentCommand('tag', 'labels what was merged as the default of its environment')
    .option('--remote <url>', "the team's repository; default: origin of this checkout")
    .option('--keys <dir>', 'keys that sign the ledger and the tag; default: keys in the state folder')
    .addHelpText(
      'after',
      "\nEvery environment of main is looked at. Evidence is verified against the trust root's pinned keys and the\nrules as they were before the merge; without all of it nothing is labelled, and what is missing is named.",
    );
  const { state, json, ...options } = parseOptions<Options>(command, args);
  const remote = options.remote ?? (await originOf(path.resolve(import.meta.dirname, '..')));
  const { repository, trustPath, key } = await automationAt(state, remote, options.keys);
  const tagged = await tagMain({
    repository,
    keys: { promoter: key('promoter') },
    trustPath,
    clock: new SystemClock(),
  });
  if (json === true) printJson({ tagged });
  else print(...tagged.flatMap(lines));
  return tagged.some(({ outcome }) => outcome === 'refused') ? 1 : 0;
}

function lines(tagged: Tagged): string[] {
  switch (tagged.outcome) {
    case 'nothing':
      return [`tag: nothing trades in ${tagged.environment}`];
    case 'refused':
      return [`tag: refused for ${tagged.environment}, for it lacks:`, ...tagged.missing.map((line) => `  ${line}`)];
    default:
      return [
        `tag: ${tagged.environment} ${tagged.outcome === 'tagged' ? 'is labelled' : 'was labelled already'}`,
        `  commit  ${tagged.commit}`,
        `  label   ${tagged.tag}`,
      ];
  }
}
