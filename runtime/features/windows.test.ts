import test from 'ava';
import fc from 'fast-check';
import { bounded, DecayedLevel, DecayedSum, RelativeFlow } from './windows.ts';

const START_US = 1_600_000_000_000_000;
const steps = fc.array(
  fc.record({ waitUs: fc.integer({ min: 0, max: 3_000_000 }), x: fc.integer({ min: -1000, max: 1000 }) }),
  { minLength: 1, maxLength: 60 },
);

function timed(all: readonly { waitUs: number; x: number }[]): { timeUs: number; x: number }[] {
  let timeUs = START_US;
  return all.map(({ waitUs, x }) => {
    timeUs += waitUs;
    return { timeUs, x };
  });
}

function close(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));
}

test('a decayed sum is the sum of its decayed parts', (t) => {
  fc.assert(
    fc.property(steps, (all) => {
      const sum = new DecayedSum(1_500_000);
      const seen = timed(all);
      for (const { timeUs, x } of seen) sum.add(timeUs, x);
      const now = (seen.at(-1)?.timeUs ?? 0) + 700_000;
      const expected = seen.reduce((total, { timeUs, x }) => total + x * Math.exp((timeUs - now) / 1_500_000), 0);
      t.true(close(sum.at(now), expected), `${sum.at(now)} ${expected}`);
    }),
  );
});

test('a decayed level is the time-weighted mean of what was held', (t) => {
  fc.assert(
    fc.property(steps, (all) => {
      const tauUs = 1_500_000;
      const level = new DecayedLevel(tauUs);
      const seen = timed(all);
      for (const { timeUs, x } of seen) level.hold(timeUs, x);
      const now = (seen.at(-1)?.timeUs ?? 0) + 700_000;
      // Before the first, the first level is taken to have held forever.
      const first = seen[0] as { timeUs: number; x: number };
      let expected = first.x * Math.exp((first.timeUs - now) / tauUs);
      for (const [i, { timeUs, x }] of seen.entries()) {
        const until = seen[i + 1]?.timeUs ?? now;
        expected += x * (Math.exp((until - now) / tauUs) - Math.exp((timeUs - now) / tauUs));
      }
      t.true(close(level.at(now), expected), `${level.at(now)} ${expected}`);
    }),
  );
});

test('nothing yet: a sum is 0, a level NaN, a flow 0', (t) => {
  t.is(new DecayedSum(1).at(START_US), 0);
  t.is(new DecayedLevel(1).at(START_US), Number.NaN);
  t.is(new RelativeFlow(1, 10).at(START_US), 0);
});

test('an earlier time counts as the latest', (t) => {
  const sum = new DecayedSum(1000);
  sum.add(START_US, 4);
  sum.add(START_US - 5000, 2);
  t.is(sum.at(START_US - 9000), 6);
  t.is(sum.at(START_US), 6);
});

test('steady flow is usual: 1 with one sign, and 0 long after it ended', (t) => {
  const flow = new RelativeFlow(5_000_000, 100_000_000);
  for (let i = 0; i < 3000; i++) flow.add(START_US + i * 200_000, 3);
  const endUs = START_US + 3000 * 200_000;
  t.true(Math.abs(flow.at(endUs) - 1) < 0.03, `${flow.at(endUs)}`);
  t.is(flow.at(endUs + 1e12), 0);
});

test('the first amount is what is usual so far', (t) => {
  const flow = new RelativeFlow(5_000_000, 100_000_000);
  flow.add(START_US, -700);
  t.true(Math.abs(flow.at(START_US) + 1) < 0.03, `${flow.at(START_US)}`);
});

test('bounded holds to its bounds, and NaN to what stands for it', (t) => {
  t.is(bounded(5, 0, 3), 3);
  t.is(bounded(-5, 0, 3), 0);
  t.is(bounded(2, 0, 3), 2);
  t.is(bounded(Number.NaN, 0, 3, 3), 3);
  t.is(bounded(Infinity, -1, 1), 1);
});
