import { mean } from '../policies/evaluation/significance.ts';
import { slicesOf } from '../policies/evaluation/slices.ts';
import type { Strategy } from '../policies/evaluation/strategy.ts';
import { founder, mutatePlanner } from '../policies/evolution/genome.ts';
import type { PlannerParameters } from '../runtime/contract.ts';
import { Random } from '../runtime/random.ts';
import type { Candidate, GateContext, SliceRuns } from './gate.ts';
import { thresholds } from './thresholds.ts';

const { untrainedVariants, untrainedSelectionSlices, simulatedSliceSeconds, recordedSliceSeconds } = thresholds.edge;

/**
 * What the candidate would be without training: its architecture and scaler with weights as they were drawn, and the
 * planner, of several tried, that earns most with them on selection slices. Undefined when none of them trades: then
 * it is the same as doing nothing.
 */
export async function bestUntrained(
  { directory, manifest }: Candidate,
  { market, seed }: Pick<GateContext, 'market' | 'seed'>,
  runs: SliceRuns,
): Promise<Strategy | undefined> {
  const seconds = market.kind === 'simulated' ? simulatedSliceSeconds : recordedSliceSeconds;
  const slices = slicesOf(market, 'selection', seed, untrainedSelectionSlices, seconds);
  const earned = await Promise.all(
    variantsOf(manifest, seed).map(async ({ planner, weightSeed }) => {
      const strategy: Strategy = { kind: 'untrained', directory, seed: weightSeed, planner };
      const outcomes = await Promise.all(slices.map((slice) => runs.evaluate(strategy, slice)));
      const fills = outcomes.reduce((sum, outcome) => sum + outcome.fills, 0);
      return { strategy, fills, usd: mean(outcomes.map(({ pnlUsd }) => pnlUsd)) };
    }),
  );
  const trading = earned.filter(({ fills }) => fills > 0).sort((a, b) => b.usd - a.usd);
  return trading[0]?.strategy;
}

/** The candidate's own planner, and mutants of it, each with weights of its own. */
function variantsOf(
  manifest: Candidate['manifest'],
  seed: number,
): { planner: PlannerParameters; weightSeed: number }[] {
  const random = Random.of(seed, 'untrained', manifest.genome);
  return Array.from({ length: untrainedVariants }, (_, i) => ({
    planner: i === 0 ? manifest.planner : mutant(manifest, random),
    weightSeed: random.integer(2 ** 31),
  }));
}

function mutant({ model, planner, seed }: Candidate['manifest'], random: Random): PlannerParameters {
  const base = founder(model.features, seed);
  const genome = { ...base, model: { ...base.model, horizons: model.horizons }, planner };
  return mutatePlanner(mutatePlanner(genome, random).genome, random).genome.planner;
}
