/** What the gates' tests share: the local environment, a context, and policies trained on the spot. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { datasetOf } from '../policies/evaluation/dataset.ts';
import type { SliceOutcome } from '../policies/evaluation/evaluate.ts';
import { EvaluationPool } from '../policies/evaluation/pool.ts';
import { featureDigest, featureNames } from '../policies/evaluation/recording.ts';
import { slicesOf } from '../policies/evaluation/slices.ts';
import { readWeights } from '../policies/evaluation/strategy.ts';
import { founder, type Genome, genomeDigest } from '../policies/evolution/genome.ts';
import { initialWeights, parameterLayout } from '../policies/model/parameters.ts';
import { type ManifestParts, writePolicy } from '../policies/model/policy-folder.ts';
import { assert } from '../runtime/assert.ts';
import { readDocument } from '../runtime/boot/documents.ts';
import { limits as limitsSchema, type PlannerParameters, runtimeConfig, type Scaler } from '../runtime/contract.ts';
import type { PopulationReference } from '../runtime/drift/population-index.ts';
import { sha256Of } from '../runtime/evidence/digest.ts';
import { loadPolicy } from '../runtime/policy/load.ts';
import type { Candidate, GateContext } from './gate.ts';

const root = path.resolve(import.meta.dirname, '..');
const local = (file: string) => path.join(root, 'environments/local', file);

/** Configuration and limits of the local environment. */
export const environment = {
  config: readDocument(local('config.yaml'), runtimeConfig).value,
  limits: readDocument(local('limits.yaml'), limitsSchema).value,
};

export function contextOf(change: Partial<GateContext> = {}): GateContext {
  return {
    ...environment,
    seed: 7,
    market: { kind: 'simulated', informed: true },
    workers: 2,
    signal: new AbortController().signal,
    progress: () => {},
    ...change,
  };
}

export function candidateOf(directory: string): Candidate {
  const { manifest, digest } = loadPolicy(directory);
  return { directory, manifest, digest };
}

export interface Recipe {
  readonly seed: number;
  readonly informed: boolean;
  /** Labels drawn for another row at random. */
  readonly shuffled: boolean;
  readonly slices: number;
  readonly sliceSeconds: number;
  readonly steps: number;
  readonly planner: Partial<PlannerParameters>;
  readonly model: Partial<Genome['model']>;
}

/** A policy with an edge on the simulated market, as small as one can be. */
export const sound: Recipe = {
  seed: 1,
  informed: true,
  shuffled: false,
  slices: 10,
  sliceSeconds: 900,
  steps: 600,
  planner: {},
  model: {},
};

/**
 * A policy trained by a recipe. Kept in the operating system's folder for temporary files under a digest of recipe and
 * source, so that a test that was run before does not train again.
 */
export async function trained(change: Partial<Recipe> = {}): Promise<Candidate> {
  const recipe = { ...sound, ...change };
  const key = createHash('sha256')
    .update(JSON.stringify([recipe, environment]))
    .update(sourceDigest())
    .digest('hex');
  const directory = path.join(tmpdir(), 'emp-gate-policies', key.slice(0, 24));
  if (!existsSync(directory)) await train(recipe, directory);
  return candidateOf(directory);
}

async function train(recipe: Recipe, directory: string): Promise<void> {
  const { config, limits } = environment;
  const base = founder(featureNames.length, recipe.seed);
  const genome: Genome = {
    model: { ...base.model, ...recipe.model },
    training: { ...base.training, steps: recipe.steps },
    planner: { ...base.planner, ...recipe.planner },
  };
  const { horizons } = genome.model;
  const market = { kind: 'simulated', informed: recipe.informed } as const;
  const slices = slicesOf(market, 'training', recipe.seed, recipe.slices, recipe.sliceSeconds);
  const pool = new EvaluationPool(2, new AbortController().signal);
  try {
    const series = (await Promise.all(slices.map((slice) => pool.record({ slice, config, limits, horizons })))).flat();
    const data = datasetOf(series, featureNames.length, horizons, recipe.shuffled ? recipe.seed : undefined);
    const made = `${directory}.${process.pid}`;
    mkdirSync(made, { recursive: true });
    const weights = await pool.train({
      genome,
      data: data.rows,
      inheritedPath: undefined,
      provider: 'cpu',
      directory: made,
      key: 'run',
    });
    const { scaler, digest, population } = data;
    const { steps, seed } = recipe;
    const parts = { scaler, digest, sliceCount: slices.length, steps, loss: weights.loss, seed, population };
    writePolicy(made, manifestParts(genome, parts), { config: genome.model, values: readWeights(weights.path) });
    // Two tests that train the same policy at once: the second finds the first's.
    if (existsSync(directory)) rmSync(made, { recursive: true });
    else renameSync(made, directory);
  } finally {
    await pool.close();
  }
}

/** A policy that no training has touched, with opinions `loudness` times as strong: it trades, and knows nothing. */
export function untrained(
  directory: string,
  loudness: number,
  change: { readonly model?: Partial<Genome['model']>; readonly planner?: Partial<PlannerParameters> } = {},
): Candidate {
  const base = founder(featureNames.length, 5);
  const genome: Genome = {
    ...base,
    model: { ...base.model, ...change.model },
    planner: { ...base.planner, ...change.planner },
  };
  const weights = initialWeights(genome.model, 5);
  const head = parameterLayout(genome.model).parameters.find(({ name }) => name === 'head.mean.weight');
  assert(head !== undefined, 'the model has a head');
  for (let i = 0; i < head.size; i++) weights.values[head.offset + i] *= loudness;
  const zeros = new Array<number>(featureNames.length).fill(0);
  const scaler = { mean: zeros, deviation: zeros.map(() => 1), clip: 5 };
  const parts = { scaler, digest: NO_DATA, sliceCount: 0, steps: 0, loss: null, seed: 5 };
  writePolicy(directory, manifestParts(genome, parts), weights);
  return candidateOf(directory);
}

/** An outcome of a slice as a test wants it. */
export function outcomeOf(pnlUsd: number, change: Partial<SliceOutcome> = {}): SliceOutcome {
  return {
    pnl: { cross: 0, post: 0, hold: 0, fees: 0, total: pnlUsd * 1e6 },
    pnlUsd,
    fills: 10,
    decisions: 1000,
    flat: true,
    informationCoefficients: [0.2, 0.2, 0.2],
    decisionDigest: NO_DATA,
    ...change,
  };
}

const NO_DATA = sha256Of('');

function manifestParts(
  genome: Genome,
  made: {
    readonly scaler: Scaler;
    readonly digest: string;
    readonly sliceCount: number;
    readonly steps: number;
    readonly loss: number | null;
    readonly seed: number;
    readonly population?: PopulationReference[] | undefined;
  },
): ManifestParts {
  return {
    name: 'gate-test',
    featureNames: [...featureNames],
    featureDigest,
    decisionIntervalUs: environment.config.decisionIntervalUs,
    scaler: made.scaler,
    planner: genome.planner,
    seed: made.seed,
    parents: [],
    genome: genomeDigest(genome),
    data: { kind: 'simulated', description: `${made.sliceCount} slices`, digest: made.digest },
    commit: 'none',
    trials: 1,
    training: { steps: made.steps, loss: made.loss },
    reference: {
      informationCoefficient: null,
      pnlPerSliceUsd: null,
      ...(made.population && { features: made.population }),
    },
  };
}

/** Digest of the source that a trained policy is a function of. */
function sourceDigest(): string {
  const hash = createHash('sha256');
  for (const room of ['runtime', 'policies']) {
    const names = readdirSync(path.join(root, room), { recursive: true, encoding: 'utf8' });
    for (const name of names.filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts')).sort()) {
      hash.update(name).update(readFileSync(path.join(root, room, name)));
    }
  }
  return hash.digest('hex');
}
