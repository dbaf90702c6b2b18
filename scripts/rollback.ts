/**
 * `npm run rollback`: one commit back to the last verified slot, and promotion on hold; `-- --release` lets it go on.
 * By hand, or by what the regression gate found: `npm run -s regression -- … --json | npm run rollback -- --verdict -`.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Option } from 'commander';
import { z } from 'zod';
import { InputError } from '../runtime/boot/documents.ts';
import { SystemClock } from '../runtime/clock.ts';
import { digest } from '../runtime/contract.ts';
import { type CommonOptions, environmentCommand, parseOptions, print, printJson } from './environment/cli.ts';
import { type MarkOutcome, release } from './environment/mark.ts';
import { existingEnvironment } from './environment/product.ts';
import { followRegression } from './environment/regression.ts';
import { fetchHead } from './environment/repository.ts';
import { type RollbackOptions, type RollbackOutcome, rollback } from './environment/rollback.ts';
import { readRunning } from './environment/running.ts';
import { slotAt } from './environment/slot.ts';
import { localTrust } from './environment/trust.ts';
import { automationAt } from './proposals/place.ts';

interface Options extends CommonOptions {
  readonly because: string;
  readonly release?: boolean;
  readonly dryRun?: boolean;
  readonly remote?: string;
  readonly keys?: string;
  readonly verdict?: string;
}

type Place = Pick<RollbackOptions, 'repository' | 'environment' | 'keys' | 'trustPath' | 'clock'>;

/** @returns 0 done, 1 a check failed or refused, 3 the regression gate could not judge */
export async function main(args: string[]): Promise<number> {
  const command = environmentCommand('rollback', 'restores the last verified slot by a commit, and holds promotion')
    .option('--because <text>', 'why, for commit, statement and ledger', 'asked for by hand')
    .option('--remote <url>', "the team's repository; default: the state folder's own")
    .option('--keys <dir>', 'with --remote: folder with promoter.pem; default: keys in the state folder')
    .option('--dry-run', 'show the effect, change nothing')
    .addOption(
      new Option('--verdict <file>', 'what `npm run regression -- --json` found, - for stdin, decides')
        .conflicts('dryRun')
        .conflicts('release'),
    )
    .option('--release', 'roll nothing back: let automatic promotion go on after an earlier rollback')
    .addHelpText(
      'after',
      `
By hand it rolls back at once. With --verdict: failed rolls back, passed makes the slot one that a rollback may return to,
errored says nothing about the slot and leaves everything as it is (exit 3).`,
    );
  const options = parseOptions<Options>(command, args);
  const place = await placeOf(options);
  if (options.release === true) {
    return told(await release({ ...place, because: options.because }), 'release', options);
  }
  const found = readRunning(options.state);
  const running = found?.environment === options.environment ? found : undefined;
  if (options.verdict !== undefined) return follow(place, running, options);
  const observed = { running, regression: undefined };
  const { because } = options;
  return rolled(await rollback({ ...place, observed, because, dryRun: options.dryRun === true }), options);
}

async function placeOf({ state, environment, remote, keys }: Options): Promise<Place> {
  const clock = new SystemClock();
  if (remote === undefined) {
    return { repository: await existingEnvironment(state), environment, clock, ...localTrust(state) };
  }
  const { repository, key, trustPath } = await automationAt(state, remote, keys);
  return { repository, environment, clock, keys: { promoter: key('promoter') }, trustPath };
}

const verdictLine = z.object({
  policy: digest,
  status: z.enum(['passed', 'failed', 'errored']),
  because: z.string().min(1),
});

/** What the regression gate found leads to what `up` does with it on one machine. */
async function follow(place: Place, running: ReturnType<typeof readRunning>, options: Options): Promise<number> {
  const { policy, ...verdict } = readVerdict(options.verdict as string);
  if (verdict.status === 'errored') {
    if (options.json === true) printJson({ outcome: 'errored', because: verdict.because });
    else print(`rollback: the gate could not judge, everything stays as it is: ${verdict.because}`);
    return 3;
  }
  const { repository, environment } = place;
  const now = await slotAt(repository.work, await fetchHead(repository), environment);
  if (now.policy !== policy) {
    const because = `the verdict is about ${policy}, ${environment} trades ${now.policy ?? 'nothing'} by now`;
    return told({ outcome: 'refused', because }, 'rollback', options);
  }
  const followed = await followRegression({ ...place, slot: { ...now, policy }, verdict, running });
  if (followed.did === 'rolled back') return rolled(followed.rollback, options);
  return told(followed.did === 'marked' ? followed.marked : { outcome: 'refused', because: '' }, 'verified', options);
}

function readVerdict(file: string): z.infer<typeof verdictLine> {
  const name = file === '-' ? 'stdin' : path.resolve(file);
  try {
    return verdictLine.parse(JSON.parse(readFileSync(file === '-' ? 0 : name, 'utf8')));
  } catch (cause) {
    throw new InputError(`${name}: is no verdict, what \`npm run -s regression -- --json\` prints is allowed`, {
      cause,
    });
  }
}

function told(outcome: MarkOutcome, verb: string, { environment, json }: Options): number {
  if (json === true) printJson(outcome);
  else if (outcome.outcome === 'refused') print(`${verb}: refused: ${outcome.because}`);
  else if (verb === 'release')
    print(`release: promotion in ${environment} may go on (ledger entry ${outcome.ledgerSeq})`);
  else print(`verified: a rollback of ${environment} may return to it (ledger entry ${outcome.ledgerSeq})`);
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
