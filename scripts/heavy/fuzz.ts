/** `npm run heavy -- fuzz`: millions of broken messages, and none of them costs a sound neighbour. */
import { Command, InvalidArgumentError } from 'commander';
import { sleepMs } from '../../runtime/clock.ts';
import { dialectOf } from '../../runtime/fix/venues/dialect.ts';
import { separatorOf } from '../../runtime/fix/venues/separators.ts';
import { Random } from '../../runtime/random.ts';
import { print, printJson } from '../environment/cli.ts';
import { fuzzFastPath, fuzzLog } from '../suites/decode/fuzz.ts';
import { LOGS, load } from '../suites/decode/logs.ts';
import { Known } from './known.ts';

/** Mutants from one seed: what failed is found again in seconds. */
const BATCH = 20_000;
/** Of so many batches one mutates what we made ourselves, through the decoder with and without its fast path. */
const FAST_PATH_EVERY = 4;

interface Options {
  readonly mutants: number;
  readonly trials?: string;
  readonly json?: boolean;
}

interface Batch {
  /** Counted from 0; with its kind all of its seed. */
  readonly batch: number;
  /** The log whose messages were mutated, or `fast path`. */
  readonly of: string;
  readonly mutants: number;
  /** What went wrong, in words; null: nothing. */
  readonly problem: string | null;
}

/** @returns 0 none costs a neighbour, 1 one does, 2 bad input */
export async function fuzz(args: readonly string[]): Promise<number> {
  const { mutants, trials, json } = command().parse(args, { from: 'user' }).opts<Options>();
  const known = new Known<Batch>(trials, import.meta.filename);
  const logs = mutableLogs();
  if (logs.length === 0) print('SKIP: recorded logs are not here (EMP_FIXTURES): only messages made here are mutated');
  let stopped = false;
  const stop = () => {
    stopped = true;
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const batches = Math.ceil(mutants / BATCH);
  for (let batch = 0; batch < batches && !stopped; batch++) {
    if (known.found.some((one) => one.batch === batch)) continue;
    const one = tried(batch, logs);
    known.add(one);
    if (json === true) printJson({ event: 'batch', ...one });
    else
      print(`${(batch + 1) * BATCH} of ${batches * BATCH}: ${one.of}${one.problem === null ? '' : `: ${one.problem}`}`);
    // Lets a signal in.
    await sleepMs(0);
  }
  process.off('SIGINT', stop).off('SIGTERM', stop);
  const done = known.found.filter(({ batch }) => batch < batches);
  const failed = done.filter(({ problem }) => problem !== null);
  const summary = { mutants: done.length * BATCH, of: batches * BATCH, failed: failed.length };
  if (json === true) printJson({ event: 'summary', ...summary });
  else print(`${summary.mutants} of ${summary.of} mutants, ${failed.length} batches failed`);
  if (failed.length > 0) return 1;
  return stopped ? 3 : 0;
}

function command(): Command {
  return new Command('npm run heavy -- fuzz')
    .description('mutates recorded and made FIX messages, and holds that what is broken costs only itself')
    .option('--mutants <n>', 'how many, in batches with a seed each', natural, 10_000_000)
    .option('--trials <file>', 'adds every batch to this file, and goes on from those in it that this code made')
    .option('--json', 'one JSON object a line on stdout and nothing else')
    .exitOverride();
}

function natural(text: string): number {
  if (/^\d{1,10}$/.test(text) && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError('a whole number from 1 is allowed.');
}

interface MutableLog {
  readonly name: string;
  readonly venue: string;
  readonly bytes: Uint8Array;
}

/** Mutants are framed with SOH: a log whose checksums were summed over another separator has none that are sound. */
function mutableLogs(): MutableLog[] {
  return LOGS.flatMap(([name, venue]) => {
    const bytes = load(name);
    if (bytes === undefined || separatorOf(bytes, dialectOf(venue).begin.tag).summed !== 1) return [];
    return [{ name, venue, bytes }];
  });
}

function tried(batch: number, logs: readonly MutableLog[]): Batch {
  const log = batch % FAST_PATH_EVERY === 0 ? undefined : logs[batch % logs.length];
  const of = log?.name ?? 'fast path';
  const random = Random.of('heavy fuzz', of, batch);
  try {
    if (log === undefined) fuzzFastPath(BATCH, random);
    else fuzzLog(log.bytes, log.venue, BATCH, random);
    return { batch, of, mutants: BATCH, problem: null };
  } catch (error) {
    return { batch, of, mutants: BATCH, problem: (error as Error).message };
  }
}
