/** `npm run rollback`: one commit back to the last verified slot, and promotion on hold; `-- --release` lets it go on. */
import { SystemClock } from '../runtime/clock.ts';
import { type CommonOptions, environmentCommand, parseOptions, print, printJson } from './environment/cli.ts';
import { release } from './environment/mark.ts';
import { existingEnvironment } from './environment/product.ts';
import { rollback } from './environment/rollback.ts';
import { readRunning } from './environment/running.ts';
import { localTrust } from './environment/trust.ts';

interface Options extends CommonOptions {
  readonly because: string;
  readonly release?: boolean;
  readonly dryRun?: boolean;
}

/** @returns 0 done, 1 a check failed or refused */
export async function main(args: string[]): Promise<number> {
  const command = environmentCommand('rollback', 'restores the last verified slot by a commit, and holds promotion')
    .option('--because <text>', 'why, for commit, statement and ledger', 'asked for by hand')
    .option('--dry-run', 'show the effect, change nothing')
    .option('--release', 'roll nothing back: let automatic promotion go on after an earlier rollback');
  const { state, environment, json, because, ...options } = parseOptions<Options>(command, args);
  const repository = await existingEnvironment(state);
  const { keys, trustPath } = localTrust(state);
  const clock = new SystemClock();
  if (options.release === true) {
    const released = await release({ repository, environment, trustPath, clock, because });
    if (json === true) printJson(released);
    else if (released.outcome === 'refused') print(`release: refused: ${released.because}`);
    else print(`release: promotion in ${environment} may go on (ledger entry ${released.ledgerSeq})`);
    return released.outcome === 'refused' ? 1 : 0;
  }

  const found = readRunning(state);
  const running = found?.environment === environment ? found : undefined;
  const outcome = await rollback({
    repository,
    environment,
    keys,
    trustPath,
    clock,
    observed: { running, regression: undefined },
    because,
    dryRun: options.dryRun === true,
  });
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
