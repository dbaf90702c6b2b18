import { createHash } from 'node:crypto';
import { Random } from '../../runtime/random.ts';
import type { Archive } from '../archive/archive.ts';
import {
  crossover,
  founder,
  type Genome,
  genomeDigest,
  type Mutation,
  mutateModel,
  mutatePlanner,
  mutateTraining,
} from './genome.ts';

/** Weights on disk, named by their digest. */
export interface TrainedWeights {
  readonly path: string;
  readonly digest: string;
  readonly loss: number | null;
  /** How it fell: means of equal spells of the training, nats a label; empty where nothing was trained. */
  readonly curve: readonly number[];
}

/** How an individual did on the selection slices. */
export interface Evaluation {
  /** Profit after costs per slice, USD. */
  readonly pnlUsd: readonly number[];
  readonly fills: number;
  readonly informationCoefficient: number | null;
}

/** Where the work is done: worker threads here, a cluster's Jobs elsewhere. Each unit is a function of its arguments. */
export interface Workshop {
  /** Digest of everything that a result depends on besides the arguments: data, limits, code. */
  readonly digest: string;
  readonly features: number;
  train(genome: Genome, inherited: TrainedWeights | undefined): Promise<TrainedWeights>;
  evaluate(genome: Genome, weights: TrainedWeights): Promise<Evaluation>;
}

export interface Individual {
  readonly id: string;
  readonly generation: number;
  readonly genome: Genome;
  readonly parents: readonly string[];
  readonly mutation: string;
  readonly weights: TrainedWeights;
  readonly evaluation: Evaluation;
  readonly score: number;
}

export interface EvolutionSettings {
  readonly seed: number;
  readonly generations: number;
  /** Individuals kept from one generation to the next. */
  readonly population: number;
  /** New individuals a generation. */
  readonly offspring: number;
  /** Models trained from nothing in generation zero. */
  readonly founders: number;
}

export interface GenerationReport {
  readonly generation: number;
  readonly generations: number;
  /** Best first. */
  readonly survivors: readonly Individual[];
  readonly candidates: number;
}

/** What is wanted before it exists: a genome, whose weights it begins from, and how it came about. */
interface Plan extends Mutation {
  readonly parents: readonly Individual[];
  /** `keep` the first parent's weights, train `on` from them, or train from `nothing`. */
  readonly weights: 'keep' | 'on' | 'nothing';
}

/**
 * Evolution over genomes: generation zero varies a founder, every further one mutates and crosses the best of all so
 * far. A function of settings and workshop: interrupted and started again it finds finished units in the archive and
 * ends with the same champion.
 *
 * @returns everybody alive at the end, best first
 */
export async function evolve(
  settings: EvolutionSettings,
  workshop: Workshop,
  archive: Archive,
  hooks: {
    readonly signal: AbortSignal;
    onGeneration(report: GenerationReport): void;
    onIndividual(individual: Individual): void;
  },
): Promise<readonly Individual[]> {
  const runId = digestOf(workshop.digest, JSON.stringify(settings)).slice(7, 19);
  await archive.beginRun({ id: runId, seed: settings.seed, settings });
  let alive: readonly Individual[] = [];
  let candidates = 0;
  for (let generation = 0; generation <= settings.generations; generation++) {
    const random = Random.of(settings.seed, 'evolution', generation);
    const plans =
      generation === 0 ? found(settings, workshop.features, random) : breed(alive, settings.offspring, random);
    const born = await Promise.all(
      plans.map(async (plan) => {
        hooks.signal.throwIfAborted();
        const individual = await realise(plan, generation, workshop, archive);
        await archive.saveIndividual({
          runId,
          id: individual.id,
          generation,
          genome: individual.genome,
          parents: [...individual.parents],
          mutation: individual.mutation,
          weights: individual.weights.digest,
          score: individual.score,
        });
        hooks.onIndividual(individual);
        return individual;
      }),
    );
    candidates += born.length;
    alive = select([...alive, ...born], settings.population);
    hooks.onGeneration({ generation, generations: settings.generations, survivors: alive, candidates });
  }
  return alive;
}

function found(settings: EvolutionSettings, features: number, random: Random): Plan[] {
  const plans: Plan[] = [];
  for (let i = 0; i < settings.founders; i++) {
    const genome = founder(features, random.integer(1 << 30));
    plans.push({ genome, description: 'founder', parents: [], weights: 'nothing' });
    const variants = Math.floor(settings.population / settings.founders) - 1;
    for (let v = 0; v < variants; v++) {
      const { genome: variant, description } = mutatePlanner(genome, random);
      plans.push({ genome: variant, description: `founder, ${description}`, parents: [], weights: 'nothing' });
    }
  }
  return plans;
}

function breed(alive: readonly Individual[], offspring: number, random: Random): Plan[] {
  return Array.from({ length: offspring }, (_, i): Plan => {
    const parent = tournament(alive, random);
    const other = tournament(alive, random);
    const kind = random.float();
    if (i === 0) return { ...mutateTraining(parent.genome, random), parents: [parent], weights: 'on' };
    if (kind < 0.08) return { ...mutateModel(parent.genome, random), parents: [parent], weights: 'nothing' };
    if (kind < 0.3)
      return { ...crossover(parent.genome, other.genome, random), parents: [parent, other], weights: 'keep' };
    return { ...mutatePlanner(parent.genome, random), parents: [parent], weights: 'keep' };
  });
}

/** The better of two drawn at random. */
function tournament(alive: readonly Individual[], random: Random): Individual {
  const [first, second] = [random.pick(alive), random.pick(alive)];
  return first.score >= second.score ? first : second;
}

async function realise(plan: Plan, generation: number, workshop: Workshop, archive: Archive): Promise<Individual> {
  const { genome } = plan;
  const inherited = plan.weights === 'nothing' ? undefined : plan.parents[0]?.weights;
  const trainKey = digestOf(
    'train',
    workshop.digest,
    JSON.stringify([genome.model, genome.training]),
    inherited?.digest ?? '',
  );
  const weights =
    plan.weights === 'keep' && inherited !== undefined
      ? inherited
      : await archive.unit(trainKey, 'train', () => workshop.train(genome, inherited));
  const id = digestOf(genomeDigest(genome), weights.digest);
  const evaluation = await archive.unit(digestOf('evaluate', workshop.digest, id), 'evaluate', () =>
    workshop.evaluate(genome, weights),
  );
  return {
    id: id.slice(7, 19),
    generation,
    genome,
    parents: plan.parents.map((parent) => parent.id),
    mutation: plan.description,
    weights,
    evaluation,
    score: scoreOf(evaluation.pnlUsd),
  };
}

/** Mean profit a slice less one standard error: what it earns, as far as these few slices can tell. */
export function scoreOf(pnlUsd: readonly number[]): number {
  const n = pnlUsd.length;
  const mean = pnlUsd.reduce((sum, value) => sum + value, 0) / n;
  if (n < 2) return mean;
  const variance = pnlUsd.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  return mean - Math.sqrt(variance / n);
}

function select(everybody: readonly Individual[], population: number): readonly Individual[] {
  const distinct = new Map(everybody.map((individual) => [individual.id, individual]));
  return [...distinct.values()].sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1)).slice(0, population);
}

function digestOf(...parts: string[]): string {
  return `sha256:${createHash('sha256').update(JSON.stringify(parts)).digest('hex')}`;
}
