/** `npm run policy -- train`: a policy from a market by one training, and how such a model does on what it has not seen. */
import { existsSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import Table from 'cli-table3';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { EvaluationPool } from '../../policies/evaluation/pool.ts';
import { featureNames } from '../../policies/evaluation/recording.ts';
import { estimate } from '../../policies/evaluation/significance.ts';
import type { Slice } from '../../policies/evaluation/slice.ts';
import { type MarketSource, slicesOf, unjudgedSlice } from '../../policies/evaluation/slices.ts';
import { founder } from '../../policies/evolution/genome.ts';
import { DEFAULT_BUDGET } from '../../policies/learning/learn.ts';
import { type FoldScore, type TrainedPolicy, trainPolicy } from '../../policies/learning/train-policy.ts';
import { MODEL_KINDS, usualModel } from '../../policies/learning/usual-model.ts';
import type { LossKind } from '../../policies/training/loss.ts';
import type { TrainingProgress } from '../../policies/training/trainer.ts';
import { InputError, readDocument } from '../../runtime/boot/documents.ts';
import { stopwatchNs } from '../../runtime/clock.ts';
import {
  limits as limitsSchema,
  type ModelConfig,
  modelConfig,
  plannerParameters,
  runtimeConfig,
} from '../../runtime/contract.ts';
import { sha256Of } from '../../runtime/evidence/digest.ts';
import { configPath, limitsPath } from '../../runtime/evidence/layout.ts';
import { environmentName, print, printJson } from '../environment/cli.ts';
import { gitResult } from '../environment/git.ts';
import { marketNamed, tradedIn } from '../environment/market.ts';
import { wholeNumberFrom } from '../environment/whole-number.ts';
import { policyLines, row } from '../show/lines.ts';

interface Options {
  readonly out: string;
  readonly market: string;
  readonly kind: ModelConfig['kind'];
  readonly model?: string;
  readonly planner?: string;
  readonly steps: number;
  readonly learningRate: number;
  readonly loss: LossKind;
  readonly folds: number;
  readonly seed: number;
  readonly threads: number;
  readonly name?: string;
  readonly environment: string;
  readonly json?: boolean;
}

const checkout = path.resolve(import.meta.dirname, '../..');
const PROGRESS_EVERY_NS = 2e9;

export function addTrain(program: Command): void {
  const { training } = founder(featureNames.length, 0);
  program
    .command('train')
    .description('trains a policy on a market: forward through it, fold by fold, then on all of it')
    .requiredOption('--out <dir>', "the policy's folder, to be made")
    .option('--market <market>', '"simulated", or a log as `npm run import` writes it', 'simulated')
    .addOption(
      new Option('--kind <kind>', 'kind of block, in the size that evolution begins with')
        .choices(MODEL_KINDS)
        .default('ssd')
        .conflicts('model'),
    )
    .option('--model <json>', "a model's kind, sizes and horizons, as policy.json has them; default: by --kind")
    .option('--planner <json>', 'planner parameters; default: those that evolution begins with')
    .option(
      '--steps <n>',
      'at most; ends early when what is held back gets no better',
      wholeNumberFrom(1),
      training.steps,
    )
    .option('--learning-rate <rate>', 'at its peak', rate, training.learningRate)
    .addOption(new Option('--loss <kind>', 'what a forecast costs').choices(['gaussian', 'huber']).default('gaussian'))
    .option(
      '--folds <n>',
      'parts of the market that are forecast by what was trained on those before; 0: none',
      wholeNumberFrom(0),
      4,
    )
    .option('--seed <n>', 'of everything that is drawn', wholeNumberFrom(0), 7)
    .option('--threads <n>', 'more change no bits', wholeNumberFrom(1), availableParallelism())
    .option('--name <name>', "default: the folder's name")
    .option(
      '--environment <name>',
      'whose decision interval, instruments and limits it is for',
      environmentName,
      'local',
    )
    .option('--json', 'one JSON object on stdout and nothing else')
    .addHelpText(
      'after',
      '\nInterrupted, or killed, the same command goes on where it was. Of a log the last 30 % are not read: gates judge on them.',
    )
    .action((options: Options) => trained(options));
}

async function trained(options: Options): Promise<void> {
  const { out, seed, folds, json } = options;
  if (existsSync(path.join(out, 'policy.json'))) {
    throw new InputError(`${out}: there is a policy already, name another folder`);
  }
  const work = `${path.resolve(out)}.training`;
  const market = marketNamed(options.market);
  const setting = settingOf(options, market);
  const { config, limits, model } = setting;
  const interrupt = new AbortController();
  const stop = () => interrupt.abort(new Error('policy: interrupted; the same command goes on where it was'));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const pool = new EvaluationPool(availableParallelism(), interrupt.signal);
  const tell = teller();
  try {
    const slices = slicesFor(market, seed);
    const data = { kind: market.kind, description: described(market, slices) };
    tell(`recording ${data.description}`);
    const { horizons } = model;
    const recorded = slices.map((slice) => pool.record({ slice, config, limits, horizons }));
    const trained = await trainPolicy({
      ...setting,
      stretches: await Promise.all(recorded),
      data,
      name: options.name ?? path.basename(path.resolve(out)),
      commit: await productCommit(),
      directory: out,
      workDirectory: path.join(work, digestOfRun(options, setting)),
      signal: interrupt.signal,
      onProgress: (part, progress) => tell(progressLine(part, folds, progress), PROGRESS_EVERY_NS),
      onFold: ({ fold, nats, constantNats }) =>
        tell(`fold ${fold} of ${folds}: ${nats.toFixed(4)} nats a label, ${constantNats.toFixed(4)} without a model`),
    });
    rmSync(work, { recursive: true });
    if (json === true) printJson(trained);
    else report(trained, options.market);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InputError(`${options.market}: ${error.message}`, { cause: error });
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    await pool.close();
  }
}

/** What is trained, and under which documents. */
function settingOf(options: Options, market: MarketSource) {
  const { environment, seed, steps, learningRate, loss, threads, folds } = options;
  const { value: documented } = readDocument(path.join(checkout, configPath(environment)), runtimeConfig);
  const { value: limits } = readDocument(path.join(checkout, limitsPath(environment)), limitsSchema);
  const model = modelOf(options);
  const planner =
    options.planner === undefined
      ? founder(model.features, seed).planner
      : readDocument(options.planner, plannerParameters).value;
  if (planner.horizon >= model.horizons.length) {
    throw new InputError(
      `planner.horizon is too large (${planner.horizon}), at most ${model.horizons.length - 1} is allowed`,
    );
  }
  return {
    config: tradedIn(market, documented),
    limits,
    model,
    planner,
    seed,
    steps,
    learningRate,
    loss,
    threads,
    folds,
  };
}

/** Of these options alone: nothing is taken over from a run with others. Threads change no bits. */
function digestOfRun({ market }: Options, { threads: _, ...setting }: ReturnType<typeof settingOf>): string {
  return sha256Of(JSON.stringify({ market, ...setting })).slice(7, 19);
}

/** The market as slices to be recorded. */
function slicesFor(market: MarketSource, seed: number): Slice[] {
  if (market.kind === 'log') return [unjudgedSlice(market.path)];
  return slicesOf(market, 'training', seed, DEFAULT_BUDGET.trainingSlices, DEFAULT_BUDGET.trainingSeconds);
}

function modelOf({ kind, model: file }: Options): ModelConfig {
  const features = featureNames.length;
  if (file === undefined) return usualModel(kind, features);
  const { value } = readDocument(file, modelConfig);
  if (value.features !== features) {
    throw new InputError(`${file}: features is not what the runtime makes (${value.features}), ${features} is allowed`);
  }
  return value;
}

function progressLine(
  part: number | 'policy',
  folds: number,
  { step, steps, loss, rowsPerSecond, etaSeconds }: TrainingProgress,
): string {
  const what = part === 'policy' ? part : `fold ${part} of ${folds}`;
  const pace = `${Math.round(rowsPerSecond).toLocaleString('en-US')} rows/s, at most ${Math.ceil(etaSeconds)} s more`;
  return `${what}: step ${step} of ${steps}, loss ${loss.toFixed(4)}, ${pace}`;
}

/** Tells a line; one with a pause only when none was told for as long. */
function teller(): (line: string, pauseNs?: number) => void {
  let toldNs = Number.NEGATIVE_INFINITY;
  return (line, pauseNs = 0) => {
    if (stopwatchNs() - toldNs < pauseNs) return;
    process.stderr.write(`${line}\n`);
    toldNs = stopwatchNs();
  };
}

async function productCommit(): Promise<string> {
  const head = await gitResult(checkout, ['rev-parse', '--verify', 'HEAD^{commit}'], { asUser: true });
  return head.status === 0 ? head.stdout.toString('utf8').trim() : 'unknown';
}

function report({ policy, folds, steps, bestStep, heldBackNats, curve }: TrainedPolicy, market: string): void {
  const { directory, digest, manifest } = policy;
  print(
    ...(folds.length === 0 ? [] : [tableOf(folds)]),
    ...policyLines(digest, manifest),
    ...(folds.length === 0 ? [] : [row('worth', worthOf(folds))]),
    row('held back', `${heldBackNats.toFixed(4)} nats a label after step ${bestStep} of ${steps} taken`),
    row('curve', curve),
    row('next', `npm run gate -- --policy ${directory} --market ${market}`),
  );
}

function tableOf(folds: readonly FoldScore[]): string {
  const table = new Table({
    head: [
      'fold',
      'rows trained on',
      'tested on',
      'steps',
      'nats a label',
      'without a model',
      'R²',
      'rank correlation',
    ],
    colAligns: Array.from({ length: 8 }, () => 'right'),
    style: { head: [], border: [] },
  });
  for (const { fold, trainedRows, testedRows, steps, nats, constantNats, r2, rankCorrelation } of folds) {
    const counts = [trainedRows, testedRows, steps].map((value) => value.toLocaleString('en-US'));
    table.push([fold, ...counts, ...[nats, constantNats, r2, rankCorrelation].map((value) => value.toFixed(4))]);
  }
  return table.toString();
}

/** What a model of this kind is worth on what it has not seen. */
function worthOf(folds: readonly FoldScore[]): string {
  const { mean, low, high } = estimate(
    folds.map(({ nats, constantNats }) => constantNats - nats),
    1,
  );
  const over = `than a forecast that never changes, over ${folds.length} folds (${low.toFixed(4)} to ${high.toFixed(4)})`;
  return `${Math.abs(mean).toFixed(4)} nats a label ${mean > 0 ? 'better' : 'worse'} ${over}`;
}

function rate(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 1) return value;
  throw new InvalidArgumentError('a number above 0 and at most 1 is allowed.');
}

function described(market: MarketSource, slices: readonly Slice[]): string {
  return market.kind === 'simulated'
    ? `${slices.length} simulated markets`
    : `the first 70 % of ${path.basename(market.path)}`;
}
