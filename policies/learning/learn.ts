import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Limits, RuntimeConfig } from '../../runtime/contract.ts';
import type { Archive } from '../archive/archive.ts';
import { type Dataset, datasetOf } from '../evaluation/dataset.ts';
import type { EvaluationPool } from '../evaluation/pool.ts';
import { featureDigest, featureNames } from '../evaluation/recording.ts';
import { mean } from '../evaluation/significance.ts';
import type { Slice } from '../evaluation/slice.ts';
import { type MarketSource, slicesOf } from '../evaluation/slices.ts';
import { readWeights } from '../evaluation/strategy.ts';
import {
  type EvolutionSettings,
  evolve,
  type GenerationReport,
  type Individual,
  type Workshop,
} from '../evolution/evolve.ts';
import { founder, genomeDigest } from '../evolution/genome.ts';
import { type WrittenPolicy, writePolicy } from '../model/policy-folder.ts';
import { WeightStore } from './weight-store.ts';

/** How much is spent on a search. */
export interface Budget {
  readonly trainingSlices: number;
  readonly trainingSeconds: number;
  readonly selectionSlices: number;
  readonly selectionSeconds: number;
  readonly evolution: Omit<EvolutionSettings, 'seed'>;
}

/** What fits into half a minute on two cores. */
export const DEFAULT_BUDGET: Budget = {
  trainingSlices: 12,
  trainingSeconds: 900,
  selectionSlices: 5,
  selectionSeconds: 600,
  evolution: { generations: 1, population: 4, offspring: 3, founders: 2 },
};

/** A search that shows that everything works, not one that finds much. */
const QUICK_BUDGET: Budget = {
  trainingSlices: 2,
  trainingSeconds: 300,
  selectionSlices: 2,
  selectionSeconds: 120,
  evolution: { generations: 0, population: 2, offspring: 1, founders: 1 },
};

/**
 * The same search on a recording: its parts are cut into as many of these slices as fit, so an hour suffices and a day
 * gives longer ones. One log has fewer rows than many simulated markets, so training is a smaller share of the time.
 */
const RECORDED_BUDGET: Budget = {
  ...DEFAULT_BUDGET,
  trainingSlices: 16,
  trainingSeconds: 240,
  selectionSlices: 12,
  selectionSeconds: 60,
};

export function budgetFor(market: MarketSource): Budget {
  return market.kind === 'simulated' ? DEFAULT_BUDGET : RECORDED_BUDGET;
}

export const budgets = { quick: QUICK_BUDGET, default: DEFAULT_BUDGET } as const;

export interface LearnOptions {
  readonly market: MarketSource;
  readonly seed: number;
  readonly config: RuntimeConfig;
  readonly limits: Limits;
  readonly budget: Budget;
  readonly pool: EvaluationPool;
  /** Needed only once the market is recorded: it may be opened meanwhile. */
  readonly archive: Archive | Promise<Archive>;
  /** Folder for weights and the candidate's files. */
  readonly directory: string;
  /** Commit of the product that learns. */
  readonly commit: string;
  readonly signal: AbortSignal;
  /** Labels drawn for another row at random: data with nothing to learn, by which the gates are tested. */
  readonly shuffleLabels?: boolean;
  onEvent(event: LearningEvent): void;
}

export type LearningEvent =
  | { readonly kind: 'recorded'; readonly slices: number; readonly rows: number }
  | { readonly kind: 'individual'; readonly individual: Individual }
  | { readonly kind: 'generation'; readonly report: GenerationReport };

export interface Learned {
  readonly policy: WrittenPolicy;
  readonly champion: Individual;
  readonly survivors: readonly Individual[];
}

/** From a market to a candidate: record slices, evolve on them, write the champion as a policy's folder. */
export async function learn(options: LearnOptions): Promise<Learned> {
  const { market, seed, config, budget, archive, signal, onEvent } = options;
  const { horizons } = founder(featureNames.length, seed).model;
  const training = slicesOf(market, 'training', seed, budget.trainingSlices, budget.trainingSeconds);
  const selection = slicesOf(market, 'selection', seed, budget.selectionSlices, budget.selectionSeconds);
  const data = await recordAll(options, training, horizons);
  let trials = 0;
  const store = new WeightStore(await archive, path.join(options.directory, 'weights'));
  const workshop = workshopOf(options, data, selection, store);
  const survivors = await evolve({ ...budget.evolution, seed }, workshop, await archive, {
    signal,
    onIndividual: (individual) => {
      trials++;
      onEvent({ kind: 'individual', individual });
    },
    onGeneration: (report) => onEvent({ kind: 'generation', report }),
  });
  const champion = survivors[0] as Individual;
  const { genome, weights, evaluation } = champion;
  const policy = writePolicy(
    path.join(options.directory, 'candidates', champion.id),
    {
      name: `${market.kind}-${seed}-${champion.id}`,
      featureNames: [...featureNames],
      featureDigest,
      decisionIntervalUs: config.decisionIntervalUs,
      scaler: data.scaler,
      planner: genome.planner,
      seed,
      parents: [],
      genome: genomeDigest(genome),
      data: { kind: market.kind, description: describe(market, training), digest: data.digest },
      commit: options.commit,
      trials,
      training: { steps: genome.training.steps, loss: weights.loss },
      reference: {
        informationCoefficient: evaluation.informationCoefficient,
        pnlPerSliceUsd: mean(evaluation.pnlUsd),
        ...(data.population && { features: data.population }),
      },
    },
    { config: genome.model, values: readWeights(await store.fileOf(weights)) },
  );
  return { policy, champion, survivors };
}

async function recordAll(
  options: LearnOptions,
  slices: readonly Slice[],
  horizons: readonly number[],
): Promise<Dataset> {
  const { pool, config, limits, seed, shuffleLabels, onEvent } = options;
  const series = (await Promise.all(slices.map((slice) => pool.record({ slice, config, limits, horizons })))).flat();
  onEvent({
    kind: 'recorded',
    slices: slices.length,
    rows: series.reduce((sum, { midTicks }) => sum + midTicks.length, 0),
  });
  return datasetOf(series, featureNames.length, horizons, shuffleLabels === true ? seed : undefined);
}

function workshopOf(options: LearnOptions, data: Dataset, selection: readonly Slice[], store: WeightStore): Workshop {
  const { pool, config, limits, commit } = options;
  return {
    digest: digestOf([commit, data.digest, selection, config, limits]),
    features: featureNames.length,
    train: async (genome, inherited) => {
      const trained = await pool.train({
        genome,
        data: data.rows,
        inheritedPath: inherited && (await store.fileOf(inherited)),
        directory: store.directory,
        provider: config.provider,
        key: digestOf([data.digest, genome.model, genome.training, inherited?.digest ?? null, config.provider]).slice(
          7,
          31,
        ),
      });
      await store.keep(trained);
      return trained;
    },
    evaluate: async (genome, weights) => {
      const weightsPath = await store.fileOf(weights);
      const strategy = { kind: 'genome', genome, weightsPath, scaler: data.scaler } as const;
      const outcomes = await Promise.all(selection.map((slice) => pool.evaluate({ strategy, slice, config, limits })));
      const correlations = outcomes.flatMap(
        ({ informationCoefficients }) => informationCoefficients[genome.planner.horizon] ?? [],
      );
      return {
        pnlUsd: outcomes.map(({ pnlUsd }) => pnlUsd),
        fills: outcomes.reduce((sum, { fills }) => sum + fills, 0),
        informationCoefficient: correlations.length === 0 ? null : mean(correlations),
      };
    },
  };
}

function describe(market: MarketSource, slices: readonly Slice[]): string {
  if (market.kind === 'simulated')
    return `${slices.length} simulated slices${market.informed ? '' : ', nobody informed'}`;
  return `${slices.length} slices of ${path.basename(market.path)}`;
}

function digestOf(value: unknown): string {
  return `sha256:${createHash('sha256').update(JSON.stringify(value)).digest('hex')}`;
}
