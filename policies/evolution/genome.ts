import { createHash } from 'node:crypto';
import { z } from 'zod';
import { plannerParameters, ssdModel } from '../../runtime/contract.ts';
import type { Random } from '../../runtime/random.ts';

/** Everything about a policy that evolution may choose; limits are not among it. */
export const genomeSchema = z.strictObject({
  model: ssdModel,
  training: z.strictObject({
    steps: z.int().positive(),
    learningRate: z.number().positive(),
    seed: z.int().nonnegative().describe('initial weights and batch order'),
  }),
  planner: plannerParameters,
});
export type Genome = z.infer<typeof genomeSchema>;

/** Digest of a genome's canonical text, "sha256:…". */
export function genomeDigest(genome: Genome): string {
  return `sha256:${createHash('sha256')
    .update(JSON.stringify(genomeSchema.parse(genome)))
    .digest('hex')}`;
}

/** A change to a genome, in words, and whether the parent's weights still fit. */
export interface Mutation {
  readonly genome: Genome;
  readonly description: string;
}

/** The first genome of a search; generation zero varies it. */
export function founder(features: number, seed: number): Genome {
  return {
    model: {
      kind: 'ssd',
      features,
      dModel: 32,
      heads: 2,
      headDim: 16,
      stateDim: 16,
      layers: 1,
      chunk: 32,
      horizons: [8, 40, 120],
    },
    training: { steps: 1200, learningRate: 1e-2, seed },
    planner: {
      horizon: 1,
      enterCosts: 2.5,
      postCosts: 5,
      exitCosts: 2,
      confidence: 0.1,
      riskPerClipUsd: 4,
      clipLots: 200,
      maxPositionClips: 2,
      maxHoldDecisions: 160,
    },
  };
}

/** Changes one or two planner parameters; the model stays as it is. */
export function mutatePlanner(parent: Genome, random: Random): Mutation {
  const planner = { ...parent.planner };
  const changes: string[] = [];
  const changeCount = 1 + random.integer(2);
  for (let i = 0; i < changeCount; i++) {
    const name = random.pick([
      'horizon',
      'enterCosts',
      'exitCosts',
      'postCosts',
      'confidence',
      'maxPositionClips',
      'maxHoldDecisions',
    ] as const);
    const before = planner[name];
    const factor = Math.exp(0.5 * random.gaussian());
    if (name === 'horizon') planner.horizon = random.integer(parent.model.horizons.length);
    else if (name === 'maxPositionClips') planner.maxPositionClips = 1 + random.integer(4);
    else if (name === 'maxHoldDecisions')
      planner.maxHoldDecisions = Math.max(8, Math.min(960, Math.round(planner.maxHoldDecisions * factor)));
    else planner[name] = round(Math.max(0.01, planner[name] * factor));
    changes.push(`${name} ${before} → ${planner[name]}`);
  }
  return { genome: { ...parent, planner }, description: changes.join(', ') };
}

/** Trains the parent's weights further, at another learning rate and in another batch order. */
export function mutateTraining(parent: Genome, random: Random): Mutation {
  const learningRate = round(
    Math.min(3e-2, Math.max(1e-3, parent.training.learningRate * Math.exp(0.5 * random.gaussian()))),
    6,
  );
  const training = { ...parent.training, learningRate, seed: random.integer(1 << 30) };
  return { genome: { ...parent, training }, description: `trained on, learning rate ${learningRate}` };
}

/** Another size of model; its weights start anew. */
export function mutateModel(parent: Genome, random: Random): Mutation {
  const sizes = [8, 16, 32].filter((size) => size !== parent.model.stateDim);
  const stateDim = random.pick(sizes);
  const training = { ...parent.training, seed: random.integer(1 << 30) };
  return {
    genome: { ...parent, model: { ...parent.model, stateDim }, training },
    description: `state ${parent.model.stateDim} → ${stateDim}`,
  };
}

/** The first parent's model with a mix of both parents' planner parameters. */
export function crossover(first: Genome, second: Genome, random: Random): Mutation {
  const planner = { ...first.planner };
  const taken: string[] = [];
  for (const name of Object.keys(planner) as (keyof Genome['planner'])[]) {
    if (planner[name] === second.planner[name] || !random.bernoulli(0.5)) continue;
    planner[name] = second.planner[name];
    taken.push(name);
  }
  return {
    genome: { ...first, planner },
    description: taken.length === 0 ? 'crossover, nothing taken' : `took ${taken.join(', ')}`,
  };
}

function round(value: number, digits = 3): number {
  return Number(value.toFixed(digits));
}
