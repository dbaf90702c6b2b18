/** Trains kinds of model alike on one task and says how well each does on rows it has not seen. */
import { stopwatchNs } from '../../runtime/clock.ts';
import type { Mamba3Model, ModelConfig } from '../../runtime/contract.ts';
import { rankCorrelation } from '../../runtime/drift/rank-correlation.ts';
import { Engine, tensor } from '../../runtime/inference/engine.ts';
import { sequenceModel } from '../model/export.ts';
import { kindOf } from '../model/kinds.ts';
import type { Kind } from '../model/mixing.ts';
import { stateShapes } from '../model/network.ts';
import { parameterLayout, type Weights } from '../model/parameters.ts';
import { type Rows, rowCount } from './rows.ts';
import type { BatchShape } from './step-graph.ts';
import { train } from './trainer.ts';

export interface Recipe {
  readonly steps: number;
  readonly learningRate: number;
  readonly shape: BatchShape;
  readonly threads?: number;
  /** @default the config's own block */
  readonly kind?: Kind;
}

/** How well forecasts of the test rows are; over all horizons. */
export interface Score {
  /** Negative log-likelihood, nats a label. */
  readonly nats: number;
  /** 1 − mean squared error over the labels' mean square about their mean. */
  readonly r2: number;
  /** Spearman's rank correlation of mean and label. */
  readonly rankCorrelation: number;
  /** Share of rows whose largest forecast is that of the largest label. */
  readonly accuracy: number;
  readonly trainingSeconds: number;
}

export async function trainAndTest(
  config: ModelConfig,
  training: Rows,
  test: Rows,
  seed: number,
  { kind, ...recipe }: Recipe,
): Promise<Score> {
  const beganNs = stopwatchNs();
  const { weights } = await train({ config, data: training, seed, ...recipe, ...(kind === undefined ? {} : { kind }) });
  const trainingSeconds = (stopwatchNs() - beganNs) / 1e9;
  return { ...score(weights, test, kind), trainingSeconds };
}

/** Runs each segment of the rows through the sequence form, from an empty state. */
export function score(
  weights: Weights,
  rows: Rows,
  kind: Kind = kindOf(weights.config),
): Omit<Score, 'trainingSeconds'> {
  const { config } = weights;
  const engine = new Engine(sequenceModel(weights, kind));
  const means: number[] = [];
  const labels: number[] = [];
  let nats = 0;
  let right = 0;
  let asked = 0;
  rows.segments.forEach((from, segment) => {
    const to = rows.segments[segment + 1] ?? rowCount(rows);
    const x = rows.x.subarray(from * rows.features, to * rows.features);
    const states = stateShapes(config).map((shape, i) => {
      const whole = [1, ...shape];
      return [`state_${i}`, tensor(new Float32Array(whole.reduce((a, b) => a * b)), whole)] as const;
    });
    const feeds = { features: tensor(x, [1, to - from, rows.features]), ...Object.fromEntries(states) };
    const forecast = engine.run(feeds, { forecast: null })['forecast']?.data as Float32Array;
    for (let row = from; row < to; row++) {
      const best = { forecast: -1, label: -1, of: Number.NEGATIVE_INFINITY, labelOf: Number.NEGATIVE_INFINITY };
      for (let h = 0; h < rows.horizons; h++) {
        const label = rows.y[row * rows.horizons + h] as number;
        if (Number.isNaN(label)) continue;
        const at = 2 * ((row - from) * rows.horizons + h);
        const [mean, logScale] = [forecast[at] as number, forecast[at + 1] as number];
        nats += logScale + 0.5 * ((label - mean) / Math.exp(logScale)) ** 2 + 0.5 * Math.log(2 * Math.PI);
        means.push(mean);
        labels.push(label);
        if (mean > best.of) [best.forecast, best.of] = [h, mean];
        if (label > best.labelOf) [best.label, best.labelOf] = [h, label];
      }
      if (best.label < 0) continue;
      asked++;
      if (best.forecast === best.label) right++;
    }
  });
  engine.dispose();
  if (labels.length === 0) throw new RangeError('comparison: no label of the test rows is known');
  const average = labels.reduce((a, b) => a + b, 0) / labels.length;
  const squares = (of: (i: number) => number) => labels.reduce((sum, label, i) => sum + (label - of(i)) ** 2, 0);
  return {
    nats: nats / labels.length,
    r2: 1 - squares((i) => means[i] as number) / squares(() => average),
    rankCorrelation: rankCorrelation(means, labels),
    accuracy: right / asked,
  };
}

export function parameterCount(config: ModelConfig): number {
  return parameterLayout(config).size;
}

/** A baseline of as many parameters as `config` has, as nearly as a whole number of hidden units allows. */
export function baselineOf(kind: 'lstm' | 'mlp', config: ModelConfig): ModelConfig {
  const { features, dModel, layers, horizons } = config;
  return nearest(parameterCount(config), (hidden) => ({ kind, features, dModel, hidden, layers, horizons }));
}

/** The plain block with as many parameters as `config` has, as nearly as a whole number of values in its state allows. */
export function plainBlockOf(config: Mamba3Model): ModelConfig {
  const { features, dModel, heads, headDim, layers, chunk, horizons } = config;
  return nearest(parameterCount(config), (stateDim) => {
    return { kind: 'ssd', features, dModel, heads, headDim, stateDim, layers, chunk, horizons };
  });
}

function nearest(wanted: number, of: (size: number) => ModelConfig): ModelConfig {
  let size = 1;
  while (parameterCount(of(size)) < wanted) size++;
  const apart = (other: number) => Math.abs(parameterCount(of(other)) - wanted);
  return of(size > 1 && apart(size - 1) < apart(size) ? size - 1 : size);
}
