/** The state-space blocks against their recurrence written as plain loops over rows, from the formulas and nothing else. */
import test from 'ava';
import type { Mamba3Model, SsdModel } from '../../runtime/contract.ts';
import { Random } from '../../runtime/random.ts';
import { Graph, type Value } from '../graph/graph.ts';
import { concat, slice, squeeze } from '../graph/ops.ts';
import { evaluate } from '../graph/session.ts';
import { kindOf } from './kinds.ts';
import { zeros } from './mixing.ts';
import { initialWeights } from './parameters.ts';
import { shardProjection } from './shards.ts';

type Parameters = ReturnType<typeof shardProjection>['parameters'];

const ROWS = 24;
const sizes = { features: 3, dModel: 6, heads: 2, headDim: 4, stateDim: 8, layers: 1, chunk: 8, horizons: [1] };
const mamba3 = { kind: 'mamba3', ...sizes, angles: 2, rank: 1, decay: 'softplus' } as const;
const configs: Record<string, SsdModel | Mamba3Model> = {
  ssd: { kind: 'ssd', ...sizes },
  mamba3,
  'mamba3 of rank 2 with heavy tails': { ...mamba3, rank: 2, decay: 'heavyTail' },
  'mamba3 that does not turn': { ...mamba3, angles: 0 },
};

const softplus = (x: number) => Math.log1p(Math.exp(x));
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const silu = (x: number) => x * sigmoid(x);
const range = (n: number) => Array.from({ length: n }, (_, i) => i);
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

/** @param series ROWS rows of dModel. @returns what the block adds to each */
function byLoop(config: SsdModel | Mamba3Model, parameters: Parameters, series: readonly number[][]): number[] {
  const { dModel, heads, headDim, stateDim } = config;
  const { rank, angles, heavy, plain } =
    config.kind === 'ssd'
      ? { rank: 1, angles: 0, heavy: false, plain: true }
      : { rank: config.rank, angles: config.angles, heavy: config.decay === 'heavyTail', plain: false };
  const at = (name: string, ...place: number[]): number => {
    const { shape, values } = parameters[name] as Parameters[string];
    return values[place.reduce((index, i, axis) => index * (shape[axis] as number) + i, 0)] as number;
  };
  const scalar = (name: string, head: number, x: readonly number[]) => sum(x.map((v, d) => v * at(name, head, d)));
  const ofHead = (name: string, head: number, x: readonly number[]) =>
    range(headDim).map((p) => sum(x.map((v, d) => v * at(name, head, d, p))));
  const vectors = (name: string, head: number, x: readonly number[], phi: readonly number[]) =>
    range(rank).map((r) => {
      const raw = range(stateDim).map((n) => sum(x.map((v, d) => v * at(name, d, r * stateDim + n))));
      if (plain) return raw.map((v, n) => v + at(`${name}Bias`, n));
      const length = Math.sqrt(sum(raw.map((v) => v * v)) / stateDim + 1e-5);
      const placed = raw.map((v, n) => (v / length) * at(`${name}Norm`, n) + at(`${name}Bias`, head, r, n));
      return placed.map((v, n) => {
        const turn = phi[n >> 1];
        if (turn === undefined) return v;
        const other = placed[n ^ 1] as number;
        return v * Math.cos(turn) + (n % 2 === 0 ? -other : other) * Math.sin(turn);
      });
    });
  const timesRank = (name: string, head: number, x: readonly number[]) =>
    range(rank).map((r) => x.map((v, p) => (rank === 1 ? v : v * at(name, head, r, p))));
  const out = range(ROWS * dModel).map(() => 0);
  for (const head of range(heads)) {
    const memory = range(stateDim).map(() => range(headDim).map(() => 0));
    const phi = range(angles).map(() => 0);
    let before: { keys: number[][]; values: number[][] } | undefined;
    series.forEach((x, t) => {
      const dt = softplus(scalar('timeStep', head, x) + at('timeStepBias', head, 0));
      const said = scalar('decay', head, x);
      const fast = heavy ? (said >= 0 ? 1 + said : 1 / (1 - said)) : softplus(said);
      const alpha = Math.exp(dt * Math.min(-fast, -1e-4));
      const lambda = plain ? 1 : sigmoid(scalar('trapezoid', head, x));
      for (const i of range(angles)) {
        phi[i] = (phi[i] as number) + Math.PI * Math.tanh(sum(x.map((v, d) => v * at('angle', d, i)))) * dt;
      }
      const [keys, queries] = [vectors('key', head, x, phi), vectors('query', head, x, phi)];
      const values = timesRank('valueRank', head, ofHead('value', head, x));
      const written = (pairs: typeof before, n: number, p: number) =>
        sum(range(rank).map((r) => (pairs?.keys[r]?.[n] ?? 0) * (pairs?.values[r]?.[p] ?? 0)));
      memory.forEach((row, n) => {
        for (const p of range(headDim)) {
          const earlier = (1 - lambda) * dt * alpha * written(before, n, p);
          row[p] = alpha * (row[p] as number) + earlier + lambda * dt * written({ keys, values }, n, p);
        }
      });
      before = { keys, values };
      const gates = timesRank('gateRank', head, ofHead('gate', head, x));
      for (const p of range(headDim)) {
        const mixed = sum(
          range(rank).map((r) => {
            const read = sum(memory.map((row, n) => (queries[r]?.[n] as number) * (row[p] as number)));
            const skipped = read + at('skip', head, 0, 0) * (values[r]?.[p] as number);
            return skipped * silu(gates[r]?.[p] as number) * (rank === 1 ? 1 : at('outputRank', head, r, p));
          }),
        );
        for (const d of range(dModel)) {
          const place = t * dModel + d;
          out[place] = (out[place] as number) + mixed * at('output', head, p, d);
        }
      }
    });
  }
  return out;
}

type Block = (config: SsdModel | Mamba3Model, graph: Graph, rows: Value, parameter: Part) => Value;
type Part = (name: string) => Value;

const forms: Record<string, Block> = {
  'in chunks': (config, graph, rows, parameter) => {
    const kind = kindOf(config);
    const mixing = kind.sequence(rows);
    const states = kind.states.map((shape) => zeros(graph, [1, ...shape]));
    return mixing.leave(mixing.block(mixing.enter(rows), states, parameter).rows);
  },
  'step by step': (config, graph, rows, parameter) => {
    const kind = kindOf(config);
    let states: readonly Value[] = kind.states.map((shape) => zeros(graph, [1, ...shape]));
    const out = range(ROWS).map((t) => {
      const row = squeeze(slice(rows, 1, t, t + 1), 1);
      const after = kind.step(row).block(row, states, parameter);
      states = after.states;
      return after.rows;
    });
    return concat(out, 0);
  },
};

for (const [name, config] of Object.entries(configs)) {
  for (const [form, block] of Object.entries(forms)) {
    test(`${name}, ${form}: the block is its recurrence`, (t) => {
      const random = Random.of(4, name);
      const weights = initialWeights(config, 3);
      const loud = { config, values: weights.values.map((value) => value + 0.5 * random.gaussian()) };
      const { parameters } = shardProjection(loud, 0, 0, 1);
      const series = range(ROWS).map(() => range(config.dModel).map(() => random.gaussian()));
      const graph = new Graph('float64');
      const rows = graph.input('rows', [1, ROWS, config.dModel]);
      const out = block(config, graph, rows, (part) => {
        const { shape, values } = parameters[part] as Parameters[string];
        return graph.constant(shape, values);
      });
      const found = evaluate(graph, { out }, { rows: series.flat() }).out.data;
      const expected = byLoop(config, parameters, series);
      t.true(expected.some((value) => Math.abs(value) > 1));
      expected.forEach((value, i) => {
        t.true(
          Math.abs(value - (found[i] as number)) < 1e-10 * Math.max(1, Math.abs(value)),
          `${i}: ${found[i]}, ${value}`,
        );
      });
    });
  }
}
