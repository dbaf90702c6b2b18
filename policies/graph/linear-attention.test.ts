/** The engine's kernel and the parts that stand for it in double precision are one recurrence, written here as a plain loop. */
import test from 'ava';
import { Random } from '../../runtime/random.ts';
import { gradients } from './backward.ts';
import { type FloatDtype, Graph } from './graph.ts';
import { linearAttention } from './linear-attention.ts';
import { reduceSum } from './ops.ts';
import { evaluate } from './session.ts';

interface Sizes {
  readonly streams: number;
  readonly rows: number;
  readonly heads: number;
  readonly groups: number;
  readonly state: number;
  readonly width: number;
}

function inputsOf(graph: Graph, { streams, rows, heads, groups, state, width }: Sizes) {
  return {
    queries: graph.input('queries', [streams, rows, groups * state]),
    keys: graph.input('keys', [streams, rows, groups * state]),
    values: graph.input('values', [streams, rows, heads * width]),
    memory: graph.input('memory', [streams, heads, state, width]),
    logDecay: graph.input('logDecay', [streams, rows, heads]),
  };
}

type Feeds = Record<keyof ReturnType<typeof inputsOf>, number[]>;

function byLoop({ streams, rows, heads, groups, state, width }: Sizes, feeds: Feeds) {
  const memory = [...feeds.memory];
  const output: number[] = [];
  const at = (values: readonly number[], index: number) => values[index] as number;
  for (let s = 0; s < streams; s++) {
    for (let t = 0; t < rows; t++) {
      const row = s * rows + t;
      for (let h = 0; h < heads; h++) {
        const group = Math.floor(h / (heads / groups));
        const kept = Math.exp(at(feeds.logDecay, row * heads + h));
        for (let p = 0; p < width; p++) {
          let read = 0;
          for (let n = 0; n < state; n++) {
            const place = ((s * heads + h) * state + n) * width + p;
            const shared = (row * groups + group) * state + n;
            const written = at(feeds.keys, shared) * at(feeds.values, (row * heads + h) * width + p);
            memory[place] = at(memory, place) * kept + written;
            read += at(feeds.queries, shared) * at(memory, place);
          }
          output.push(read);
        }
      }
    }
  }
  return { output, after: memory };
}

const held = test.macro((t, sizes: Sizes, dtype: FloatDtype) => {
  const graph = new Graph(dtype);
  const inputs = inputsOf(graph, sizes);
  const random = Random.of('linear attention', ...Object.values(sizes));
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape }]) => {
      const draw = name === 'logDecay' ? () => -random.float() : () => Math.fround(random.gaussian());
      return [name, Array.from({ length: shape.reduce<number>((a, b) => a * Number(b), 1) }, draw)];
    }),
  ) as Feeds;
  const { output, memory: after } = linearAttention(inputs);
  const found = evaluate(graph, { output, after }, feeds);
  const expected = byLoop(sizes, feeds);
  const largest = dtype === 'float64' ? 1e-13 : 1e-6;
  for (const name of ['output', 'after'] as const) {
    t.is(found[name].data.length, expected[name].length);
    const scale = Math.max(...expected[name].map(Math.abs));
    const apart = expected[name].map((value, i) => Math.abs(value - (found[name].data[i] as number)));
    t.true(Math.max(...apart) <= largest * scale, `${name}: ${Math.max(...apart) / scale} apart`);
  }
});

for (const dtype of ['float32', 'float64'] as const) {
  const sizes = { streams: 3, rows: 1, heads: 4, groups: 1, state: 5, width: 7 };
  test(`${dtype}: one row, keys of all heads`, held, sizes, dtype);
  test(`${dtype}: several rows, keys of some heads`, held, { ...sizes, rows: 4, groups: 2 }, dtype);
  test(`${dtype}: keys of each head`, held, { ...sizes, rows: 2, groups: 4 }, dtype);
  test(`${dtype}: one number a head`, held, { ...sizes, rows: 2, state: 1, width: 1 }, dtype);
  test(`${dtype}: states as large as are usual`, held, { ...sizes, rows: 2, heads: 2, state: 64, width: 64 }, dtype);
}

test('shapes that do not fit are named', (t) => {
  const graph = new Graph();
  const inputs = inputsOf(graph, { streams: 1, rows: 2, heads: 2, groups: 1, state: 4, width: 3 });
  t.throws(() => linearAttention({ ...inputs, logDecay: inputs.values }), {
    message:
      /^LinearAttention: shapes do not fit \(queries 1×2×4, keys 1×2×4, values 1×2×6, memory 1×2×4×3, logDecay 1×2×6\), at policies/,
  });
});

test('it has no gradient, and says so', (t) => {
  const graph = new Graph();
  const inputs = inputsOf(graph, { streams: 1, rows: 1, heads: 2, groups: 2, state: 4, width: 3 });
  const loss = reduceSum(linearAttention(inputs).output, [0, 1, 2]);
  t.throws(() => gradients(loss, [inputs.values]), { message: /^LinearAttention: no gradient rule \(inputs 1×1×8, / });
});
