/**
 * `npm run rollback`: one commit back to the last verified slot, and promotion on hold; `-- --release` lets it go on.
 * By hand: what the regression gate found is followed by `npm run follow`.
 */
import { Option } from 'commander';
import { type CommonOptions, environmentCommand, parseOptions, print, printJson } from './environment/cli.ts';
import { type MarkOutcome, release } from './environment/mark.ts';
import { type RollbackOutcome, rollback } from './environment/rollback.ts';
import { readRunning } from './environment/running.ts';
import { promoterPlace } from './proposals/place.ts';

interface Options extends CommonOptions {
  readonly because: string;
  readonly release?: boolean;
  readonly dryRun?: boolean;
  readonly remote?: string;
  readonly keys?: string;
}

/** @returns 0 done, 1 refused */
export async function main(args: string[]): Promise<number> {
  const command = environmentCommand('rollback', 'restores the last verified slot by a commit, and holds promotion')
    .option('--because <text>', 'why, for commit, statement and ledger', 'asked for by hand')
    .option('--remote <url>', "the team's repository; default: the state folder's own")
    .option('--keys <dir>', 'with --remote: folder with promoter.pem; default: keys in the state folder')
    .option('--dry-run', 'show the effect, change nothing')
    .addOption(
      new Option('--release', 'roll nothing back: let automatic promotion go on after an earlier rollback').conflicts(
        'dryRun',
      ),
    );
  const options = parseOptions<Options>(command, args);
  const place = await promoterPlace(options);
  if (options.release === true) {
    return released(await release({ ...place, because: options.because }), options);
  }
  const found = readRunning(options.state);
  const running = found?.environment === options.environment ? found : undefined;
  const observed = { running, regression: undefined };
  const { because } = options;
  return rolled(await rollback({ ...place, observed, because, dryRun: options.dryRun === true }), options);
}

function released(outcome: MarkOutcome, { environment, json }: Options): number {
  if (json === true) printJson(outcome);
  else if (outcome.outcome === 'refused') print(`release: refused: ${outcome.because}`);
  else print(`release: promotion in ${environment} may go on (ledger entry ${outcome.ledgerSeq})`);
  return outcome.outcome === 'refused' ? 1 : 0;
}

function rolled(outcome: RollbackOutcome, { environment, json }: Options): number {
  if (json === true) {
    printJson(outcome);
  } else if (outcome.outcome === 'refused') {
    print(`rollback: refused (${outcome.reason}): ${outcome.because}`);
  } else {
    const verb = outcome.outcome === 'dry-run' ? 'would trade' : 'trades';
    print(
      `rollback: ${environment} ${verb} ${outcome.slot?.policy ?? 'nothing, for nothing else was verified'}`,
      ...outcome.undone.map((policy) => `  undone  ${policy}`),
    );
    if (outcome.commit !== undefined) {
      print(
        `  commit  ${outcome.commit}`,
        `  label   ${outcome.tag}`,
        '  promotion is on hold; `npm run rollback -- --release` lets it go on',
      );
    }
  }
  return outcome.outcome === 'refused' ? 1 : 0;
}
