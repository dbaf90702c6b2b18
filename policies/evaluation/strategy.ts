import { readFileSync } from 'node:fs';
import type { PlannerParameters, Scaler } from '../../runtime/contract.ts';
import type { Forecast, Forecaster } from '../../runtime/inference/forecast.ts';
import { StepForecaster } from '../../runtime/inference/step-forecaster.ts';
import { loadPolicy } from '../../runtime/policy/load.ts';
import { Random } from '../../runtime/random.ts';
import type { Genome } from '../evolution/genome.ts';
import { architectureOf } from '../model/architecture.ts';
import { stepModel } from '../model/export.ts';
import { initialWeights, type Weights } from '../model/parameters.ts';

/** Who trades a slice; plain data, so that it can go to a worker. */
export type Strategy =
  | { readonly kind: 'policy'; readonly directory: string }
  /** The policy's own forecasts with signs drawn at random: same sizes and turnover, no information. */
  | { readonly kind: 'random'; readonly directory: string; readonly seed: number }
  /** The policy's architecture with weights that no training has touched. */
  | {
      readonly kind: 'untrained';
      readonly directory: string;
      readonly seed: number;
      readonly planner: PlannerParameters;
    }
  | { readonly kind: 'genome'; readonly genome: Genome; readonly weightsPath: string; readonly scaler: Scaler };

export interface Trader {
  readonly forecaster: Forecaster;
  readonly planner: PlannerParameters;
  dispose(): void;
}

/** @throws InputError when a policy's folder is not what it says */
export function traderOf(strategy: Strategy, symbols: number): Trader {
  if (strategy.kind === 'genome') {
    const { genome, weightsPath, scaler } = strategy;
    return served({ config: genome.model, values: readWeights(weightsPath) }, scaler, genome.planner, symbols);
  }
  const policy = loadPolicy(strategy.directory);
  const { manifest } = policy;
  if (strategy.kind === 'untrained') {
    return served(
      initialWeights(architectureOf(manifest.model), strategy.seed),
      manifest.scaler,
      strategy.planner,
      symbols,
    );
  }
  const forecaster = new StepForecaster(policy, symbols);
  const dispose = () => forecaster.dispose();
  if (strategy.kind === 'policy') return { forecaster, planner: manifest.planner, dispose };
  return { forecaster: new RandomSigns(forecaster, symbols, strategy.seed), planner: manifest.planner, dispose };
}

function served(weights: Weights, scaler: Scaler, planner: PlannerParameters, symbols: number): Trader {
  const model = {
    manifest: { model: weights.config, scaler },
    models: { step: stepModel(weights) },
    directory: 'in memory',
  };
  const forecaster = new StepForecaster(model, symbols);
  return { forecaster, planner, dispose: () => forecaster.dispose() };
}

export function readWeights(path: string): Float32Array {
  const bytes = readFileSync(path);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/** Another forecaster with the sign of its means drawn anew after each spell of the longest horizon. */
class RandomSigns implements Forecaster {
  readonly horizons: readonly number[];
  readonly #inner: Forecaster;
  readonly #random: Random;
  readonly #signs: number[];
  readonly #left: number[];

  constructor(inner: Forecaster, symbols: number, seed: number) {
    this.horizons = inner.horizons;
    this.#inner = inner;
    this.#random = Random.of(seed, 'random-signs');
    this.#signs = new Array(symbols).fill(1);
    this.#left = new Array(symbols).fill(0);
  }

  step(symbolId: number, row: Float32Array, out: Forecast): void {
    this.#inner.step(symbolId, row, out);
    if (this.#left[symbolId] === 0) {
      this.#signs[symbolId] = this.#random.bernoulli(0.5) ? 1 : -1;
      this.#left[symbolId] = 1 + this.#random.integer(2 * (this.horizons.at(-1) ?? 1));
    }
    (this.#left[symbolId] as number)--;
    for (let i = 0; i < out.mean.length; i++) out.mean[i] *= this.#signs[symbolId] as number;
  }

  reset(): void {
    this.#inner.reset();
  }
}
