/** `npm run heavy -- search`: whether the gates refuse what deserves it, over many seeds. */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Verdict } from '../../gates/gate.ts';
import { runGates } from '../../gates/run-gates.ts';
import { thresholds } from '../../gates/thresholds.ts';
import { Archive } from '../../policies/archive/archive.ts';
import { EvaluationPool } from '../../policies/evaluation/pool.ts';
import { type Budget, learn } from '../../policies/learning/learn.ts';
import { readDocument } from '../../runtime/boot/documents.ts';
import { stopwatchNs } from '../../runtime/clock.ts';
import { limits as limitsSchema, runtimeConfig } from '../../runtime/contract.ts';
import { configPath, limitsPath } from '../../runtime/evidence/layout.ts';
import { print, printJson } from '../environment/cli.ts';
import { Known } from './known.ts';

/** Worlds in which nothing can be learned, so that no candidate deserves to pass. */
const worlds = {
  'informed-off': { market: { kind: 'simulated', informed: false }, shuffleLabels: false },
  shuffled: { market: { kind: 'simulated', informed: true }, shuffleLabels: true },
} as const;
type World = keyof typeof worlds;
const worldNames = Object.keys(worlds) as World[];

/** A small search: enough to choose a lucky champion among several, which is what the gates have to see through. */
const BUDGET: Budget = {
  trainingSlices: 8,
  trainingSeconds: 600,
  selectionSlices: 4,
  selectionSeconds: 300,
  evolution: { generations: 1, population: 4, offspring: 4, founders: 2 },
};

interface Options {
  readonly seeds: number;
  readonly first: number;
  readonly only?: readonly World[];
  readonly trials?: string;
  readonly json?: boolean;
}

interface Trial {
  readonly world: World;
  readonly seed: number;
  readonly refused: boolean;
  readonly because: string;
  readonly seconds: number;
}

/** @returns 0 every world is refused often enough, 1 one is not */
export async function search(args: readonly string[]): Promise<number> {
  const {
    seeds,
    first,
    only = worldNames,
    trials: file,
    json,
  } = command().parse(args, { from: 'user' }).opts<Options>();
  const interrupt = new AbortController();
  const stop = () => interrupt.abort(new Error('heavy: interrupted'));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const trials: Trial[] = [];
  const known = new Known<Trial>(file, import.meta.filename);
  try {
    for (let seed = first; seed < first + seeds; seed++) {
      for (const world of only) {
        const before = known.found.find((trial) => trial.world === world && trial.seed === seed);
        const trial = before ?? (await tryOnce(world, seed, interrupt.signal));
        trials.push(trial);
        if (before === undefined) known.add(trial);
        if (json === true) printJson({ event: 'trial', ...trial });
        else print(lineOf(trial, trials));
      }
    }
  } catch (error) {
    // What was running says only that it was aborted.
    throw interrupt.signal.aborted ? interrupt.signal.reason : error;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
  const results = only.map((world) => resultOf(world, trials));
  if (json === true) printJson({ event: 'summary', results });
  else
    print(
      ...results.map(
        ({ world, refused, of, enough }) => `${world}: ${refused} of ${of} refused${enough ? '' : ', too few'}`,
      ),
    );
  return results.every(({ enough }) => enough) ? 0 : 1;
}

function command(): Command {
  return new Command('npm run heavy -- search')
    .description('searches in worlds where nothing can be learned, and counts how often the gates refuse the champion')
    .option('--seeds <n>', 'how many seeds a world', natural, 100)
    .option('--first <n>', 'the first seed', natural, 1)
    .addOption(new Option('--only <worlds...>', 'these worlds and no others').choices(worldNames))
    .option('--trials <file>', 'adds every trial to this file, and goes on from those in it that this code made')
    .option('--json', 'one JSON object a line on stdout and nothing else')
    .exitOverride();
}

function natural(text: string): number {
  if (/^\d{1,9}$/.test(text) && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError('a whole number from 1 is allowed.');
}

/** One search and its gates. @throws Error when a gate could not run: that is no refusal */
async function tryOnce(world: World, seed: number, signal: AbortSignal): Promise<Trial> {
  const startedNs = stopwatchNs();
  const { market, shuffleLabels } = worlds[world];
  const root = path.resolve(import.meta.dirname, '../..');
  const config = readDocument(path.join(root, configPath('local')), runtimeConfig).value;
  const limits = readDocument(path.join(root, limitsPath('local')), limitsSchema).value;
  const workers = availableParallelism();
  const directory = mkdtempSync(path.join(tmpdir(), 'emp-heavy-'));
  const pool = new EvaluationPool(workers, signal);
  const archive = await Archive.open();
  try {
    const { policy } = await learn({
      market,
      seed,
      config,
      limits,
      budget: BUDGET,
      pool,
      archive,
      directory,
      commit: 'heavy',
      signal,
      shuffleLabels,
      onEvent: () => {},
    });
    const verdicts = await runGates(
      policy,
      { market, seed, config, limits, workers, signal },
      { only: ['edge', 'regret'] },
    );
    return { world, seed, ...judged(verdicts), seconds: (stopwatchNs() - startedNs) / 1e9 };
  } finally {
    await archive.close();
    await pool.close();
    rmSync(directory, { recursive: true });
  }
}

function judged(verdicts: readonly Verdict[]): Pick<Trial, 'refused' | 'because'> {
  const errored = verdicts.find(({ status }) => status === 'errored');
  if (errored !== undefined) throw new Error(`heavy: gate ${errored.gate} ${errored.because}`);
  const refusal = verdicts.find(({ status }) => status === 'failed');
  const [edge] = verdicts;
  return { refused: refusal !== undefined, because: (refusal ?? edge)?.because ?? 'no gate ran' };
}

function resultOf(world: World, trials: readonly Trial[]) {
  const tried = trials.filter((trial) => trial.world === world);
  const refused = tried.filter((trial) => trial.refused).length;
  return { world, refused, of: tried.length, enough: tried.length - refused <= passesAllowed(tried.length) };
}

/**
 * How many searches may slip through. From ten on one may: at the rate that is allowed, one in ten happens two times in
 * five by luck alone, so ten seeds can refute the gates but not convict them on a single pass. A hundred allow five.
 */
function passesAllowed(searches: number): number {
  const share = Math.floor((1 - thresholds.heavy.refusedShareMin) * searches + 1e-9);
  return searches < 10 ? share : Math.max(1, share);
}

function lineOf({ world, seed, refused, because, seconds }: Trial, trials: readonly Trial[]): string {
  const { refused: count, of } = resultOf(world, trials);
  return `${world}, seed ${seed}: ${refused ? 'refused' : 'PASSED'} (${count} of ${of}, ${seconds.toFixed(0)} s): ${because}`;
}
