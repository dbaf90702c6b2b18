import test from 'ava';
import fc from 'fast-check';
import type { Feature } from './feature.ts';
import { catalogue } from './index.ts';
import { findBrokenInvariant, findMissingInvariant } from './invariants.ts';
import { memoryless } from './memoryless.ts';
import { RandomEvents } from './random-events.ts';

const seeds = fc.integer({ min: 0, max: 1_000_000 });

test('every feature keeps its invariants in every market', (t) => {
  fc.assert(
    fc.property(seeds, (seed) => {
      t.is(findBrokenInvariant(catalogue, new RandomEvents(seed).take(150)), undefined);
    }),
    { numRuns: 15 },
  );
});

test('a feature without one of its invariants is named for it', (t) => {
  for (const feature of catalogue) t.is(findMissingInvariant(feature), undefined);
  const whole = catalogue[0] as Feature;
  for (const key of ['name', 'unit', 'bounds', 'mirror', 'create'] as const) {
    const { [key]: _, ...rest } = whole;
    t.is(findMissingInvariant(rest), key);
  }
  t.is(findMissingInvariant({ ...whole, bounds: { min: 1, max: 1 } }), 'bounds');
  t.is(findMissingInvariant({ ...whole, bounds: { min: 0, max: Number.POSITIVE_INFINITY } }), 'bounds');
});

const wide = { min: -1e12, max: 1e12 };
const broken: Record<string, Feature> = {
  bounds: memoryless('f', 'lots', { min: 0, max: 5 }, 'even', (book) => book.bidCount + book.askCount),
  mirror: memoryless('f', 'ratio', { min: 0, max: 1 }, 'odd', (book) => (book.bidCount > 0 ? 1 : 0)),
  'lot size': memoryless('f', 'lots', wide, 'even', (book) =>
    book.bidCount > 0 && book.askCount > 0 ? book.bidLots(0) + book.askLots(0) : 0,
  ),
  'price level': memoryless('f', 'ticks', wide, 'odd', (book) => (book.midHalfTicks() || 60_000) - 60_000),
};

for (const [invariant, feature] of Object.entries(broken)) {
  test(`broken: ${invariant}`, (t) => {
    const found = findBrokenInvariant([...catalogue, feature], new RandomEvents(3).take(300));
    t.is<string | undefined, string>(found?.invariant, invariant);
    t.is(findBrokenInvariant([feature], new RandomEvents(3).take(300))?.feature, 'f');
  });
}
