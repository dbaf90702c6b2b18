/**
 * One training step of a bare block, the shape and the work that peers are measured at: mean squared error of the block's
 * rows against a target, gradients, Adam on all weights.
 */

import { type AdamwSettings, adamw, adamwRates } from '../../../policies/graph/adamw.ts';
import { gradients } from '../../../policies/graph/backward.ts';
import { Graph, type Value } from '../../../policies/graph/graph.ts';
import { concat, reduceMean, reshape, slice, square, sub } from '../../../policies/graph/ops.ts';
import { serialise } from '../../../policies/graph/serialise.ts';
import { elements } from '../../../policies/graph/shape.ts';
import { kindOf } from '../../../policies/model/kinds.ts';
import { zeros } from '../../../policies/model/mixing.ts';
import type { ModelConfig } from '../../../runtime/contract.ts';
import { Engine, tensor } from '../../../runtime/inference/engine.ts';
import { Random } from '../../../runtime/random.ts';

export interface BlockStep {
  readonly parameters: number;
  /** @returns the loss before the update */
  run(): number;
}

const ADAM: AdamwSettings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, clipNorm: undefined };

/** The step as a model's bytes. */
export function blockStepModel(config: ModelConfig, batch: number, length: number): Uint8Array {
  const { parameters, states, sequence } = kindOf(config);
  const graph = new Graph();
  const count = parametersOf(config);
  const [theta, m, v] = ['theta', 'm', 'v'].map((name) => graph.input(name, [count])) as [Value, Value, Value];
  let from = 0;
  const values = parameters.map(({ shape }) => {
    from += elements(shape);
    return reshape(slice(theta, 0, from - elements(shape), from), shape);
  });
  const rows = graph.input('rows', [batch, length, config.dModel]);
  const mixing = sequence(rows);
  const named = new Map(parameters.map(({ name }, i) => [name, values[i] as Value]));
  const empty = states.map((shape) => zeros(graph, [batch, ...shape]));
  const out = mixing.block(mixing.enter(rows), empty, (name) => named.get(name) as Value).rows;
  const apart = square(sub(out, mixing.enter(graph.input('target', rows.shape))));
  const loss = reshape(reduceMean(apart, [...apart.shape.keys()]), [1]);
  const gradient = concat(
    gradients(loss, values).map((part, i) => reshape(part, [elements(parameters[i]?.shape ?? [])])),
    0,
  );
  const all = graph.constant([count], new Array(count).fill(1));
  const next = adamw({ theta, m, v }, gradient, graph.input('rates', [3]), all, ADAM);
  return serialise(graph, { next_theta: next.theta, next_m: next.m, next_v: next.v, loss });
}

export function blockStep(config: ModelConfig, batch: number, length: number, threads: number): BlockStep {
  const { parameters } = kindOf(config);
  const count = parametersOf(config);
  const engine = new Engine(blockStepModel(config, batch, length), { threads, spinning: threads > 1 });
  const random = Random.of('block-step');
  const shape = [batch, length, config.dModel];
  const noise = () =>
    tensor(
      Float32Array.from({ length: elements(shape) }, () => random.gaussian()),
      shape,
    );
  const start = new Float32Array(count);
  let at = 0;
  for (const { shape: own, draw } of parameters) {
    for (let i = 0; i < elements(own); i++) start[at++] = draw(random, i);
  }
  const vector = (data: Float32Array) => tensor(data, [count]);
  const sides = [start, new Float32Array(count)].map((weights) => ({
    theta: vector(weights),
    m: vector(new Float32Array(count)),
    v: vector(new Float32Array(count)),
  }));
  const rates = new Float32Array(3);
  const fixed = { rows: noise(), target: noise(), rates: tensor(rates, [3]) };
  const found = new Float32Array(1);
  let step = 0;
  return {
    parameters: count,
    run() {
      const [now, then] = step % 2 === 0 ? sides : sides.toReversed();
      rates.set(adamwRates(1e-3, ++step, ADAM));
      engine.run(
        { ...now, ...fixed },
        { next_theta: then?.theta ?? null, next_m: then?.m ?? null, next_v: then?.v ?? null, loss: tensor(found, [1]) },
      );
      return found[0] as number;
    },
  };
}

function parametersOf(config: ModelConfig): number {
  return kindOf(config).parameters.reduce((sum, { shape }) => sum + elements(shape), 0);
}
