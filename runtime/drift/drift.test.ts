import test from 'ava';
import fc from 'fast-check';
import { Random } from '../random.ts';
import { DriftMonitor, type DriftWindow } from './drift-monitor.ts';
import { driftRule } from './drift-rule.ts';
import { PopulationCount, populationReference } from './population-index.ts';
import { SignalPairs } from './signal-index.ts';

function gaussians(n: number, label: string, shift = 0, scale = 1): Float64Array {
  const random = Random.of('drift', label);
  return Float64Array.from({ length: n }, () => shift + scale * random.gaussian());
}

function indexOf(reference: Float64Array, values: Float64Array): number {
  const count = new PopulationCount(populationReference(reference));
  for (const value of values) count.add(value);
  return count.index();
}

test('population index: nothing for the same, more the farther, and the textbook figure', (t) => {
  const base = gaussians(5000, 'base');
  t.true(indexOf(base, gaussians(5000, 'again')) < 0.02);
  const shifted = [0.2, 0.5, 1, 2].map((shift) => indexOf(base, gaussians(5000, 'moved', shift)));
  for (let i = 1; i < shifted.length; i++) t.true((shifted[i] as number) > (shifted[i - 1] as number), `${shifted}`);
  // Two normal distributions a standard deviation apart: the continuous index is 1.
  t.true(Math.abs((shifted[2] as number) - 1) < 0.15, `${shifted[2]}`);
  t.true(indexOf(base, gaussians(5000, 'wide', 0, 2)) > 0.25);
});

test('population index: by hand, and on values that are mostly the same', (t) => {
  const count = new PopulationCount({ edges: [0], shares: [0.5, 0.5], usualIndex: 0 });
  t.is(count.index(), Number.NaN);
  for (let i = 0; i < 1000; i++) count.add(i < 900 ? -1 : 1);
  const p = 900.5 / 1001;
  t.is(count.index(), (p - 0.5) * Math.log(p / 0.5) + (1 - p - 0.5) * Math.log((1 - p) / 0.5));
  count.reset();
  t.is(count.total, 0);
  const mostly = Float64Array.from({ length: 1000 }, (_, i) => (i < 950 ? 1 : 2));
  const reference = populationReference(mostly);
  t.deepEqual(reference, { edges: [], shares: [1], usualIndex: 0 });
  const two = populationReference(Float64Array.from({ length: 1000 }, (_, i) => (i < 700 ? 1 : 2)));
  t.deepEqual(two, { edges: [2], shares: [0.7, 0.3], usualIndex: 0 });
  t.throws(() => populationReference([1, 2]), { message: 'deciles of 2 values, at least 100 are needed' });
  t.throws(() => populationReference(new Array(200).fill(Number.NaN)), { message: 'deciles: a value is not finite' });
});

test('population index: never negative, whatever the values', (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 100, maxLength: 200 }), (values) => {
      const count = new PopulationCount(populationReference(values));
      for (const value of values) count.add(value + 1);
      t.true(count.index() >= -1e-12);
    }),
    { numRuns: 50 },
  );
});

test('pairs: a forecast meets what happened a horizon later, in its own unit', (t) => {
  const pairs = new SignalPairs(2, 2);
  const mids = [100, 101, 103, 104, Number.NaN, 110];
  for (const [i, mid] of mids.entries()) {
    pairs.add(0, i, mid, 2);
    pairs.add(1, -i, mid, 2);
  }
  // Decisions 0→2 and 1→3 and 3→5 of each symbol; the one that ends without a mid is none, nor is one that begins so.
  t.is(pairs.count, 6);
  pairs.reset();
  pairs.add(0, 9, 120, 2);
  t.is(pairs.count, 0, 'begun without a mid');
  for (let i = 0; i < 3000; i++) pairs.add(0, i % 7, 120 + (i % 7), 1);
  t.true(Number.isFinite(pairs.correlation()));
});

const NAMES = ['a', 'b', 'c', 'd'];
const RULE = { ...driftRule, windowUs: 1_000_000, decisionsMin: 400 };

/** Windows of an invented market: a forecast that is right by `signal`, the first `moved` features moved by `shift`. */
function windows(count: number, signal: number, shift: number, moved = NAMES.length): DriftWindow[] {
  const random = Random.of('drift-windows', signal, shift);
  const reference = {
    informationCoefficient: 0.5,
    features: NAMES.map((name) => populationReference(gaussians(4000, name))),
  };
  const found: DriftWindow[] = [];
  const monitor = new DriftMonitor(reference, RULE, NAMES, 1, 1, (window) => found.push(window));
  let mid = 1000;
  let move = random.gaussian();
  for (let i = 0; i <= 500 * count; i++) {
    const forecast = signal * move + 1.7 * random.gaussian();
    monitor.onDecision(
      0,
      2000 * i,
      NAMES.map((_, f) => (f < moved ? shift : 0) + random.gaussian()),
      forecast,
      mid,
      1,
    );
    mid += move;
    move = random.gaussian();
  }
  return found;
}

test('a market as it was: no drift', (t) => {
  const found = windows(20, 1, 0);
  t.is(found.length, 20);
  t.deepEqual(
    found.filter(({ drift }) => drift !== undefined),
    [],
  );
  t.true(found.every(({ signalIndex }) => signalIndex > 0.6 && signalIndex < 1.4));
});

test('a signal that is gone, or has changed its sign, is drift after the windows that the rule asks for', (t) => {
  for (const signal of [0, -1]) {
    const [first, second] = windows(2, signal, 0) as [DriftWindow, DriftWindow];
    t.is(first.drift, undefined);
    t.regex(second.drift ?? '', /^signal index -?\d\.\d\d, below 0\.5 for 2 windows$/);
  }
});

test('features that have moved are drift at once, and are named', (t) => {
  const [first] = windows(1, 1, 1.5) as [DriftWindow];
  t.deepEqual(first.moved, [0, 1, 2, 3]);
  t.regex(first.drift ?? '', /^population index above 0\.25 for 4 features, 3 are drift: [a-d] \d\.\d\d, /);
});

test('one feature that has moved is drift when it stays so, beyond what is usual for it', (t) => {
  const found = windows(3, 1, 1.5, 1);
  t.deepEqual(
    found.map(({ drift }) => drift === undefined),
    [true, true, false],
  );
  t.regex(found[2]?.drift ?? '', /^population index of a \d\.\d\d, above its usual for 3 windows$/);
  const values = gaussians(5000, 'restless');
  const parts = Array.from({ length: 10 }, (_, i) => gaussians(500, `part ${i}`, i - 4.5));
  t.true(populationReference(values, parts).usualIndex > 1);
  t.is(populationReference(values, parts.slice(0, 5)).usualIndex, 0, 'too few to say');
});

test('a window with too little in it is not judged, and silence is no window', (t) => {
  const found: DriftWindow[] = [];
  const reference = { informationCoefficient: null, features: [populationReference(gaussians(4000, 'a'))] };
  const monitor = new DriftMonitor(reference, RULE, ['a'], 1, 1, (window) => found.push(window));
  const random = Random.of('quiet');
  for (let i = 0; i < 300; i++) monitor.onDecision(0, i, [random.gaussian()], 0, 1, 1);
  for (let i = 0; i < 500; i++) monitor.onDecision(0, 7_500_000 + i, [random.gaussian()], 0, 1, 1);
  monitor.onDecision(0, 8_100_000, [0], 0, 1, 1);
  t.deepEqual(
    found.map(({ endUs, decisions, signalIndex }) => [endUs, decisions, signalIndex]),
    [[8_000_000, 500, Number.NaN]],
  );
  t.throws(() => new DriftMonitor(reference, RULE, NAMES, 1, 1, () => {}), {
    message: 'drift: the reference has 1 features, the row 4',
  });
});
