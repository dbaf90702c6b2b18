import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import {
  type AnyFeature,
  type ColumnFeature,
  type EventRow,
  findLookAhead,
  findOutOfBounds,
  loadFeatures,
} from './causality.ts';
import { catalogue, features } from './index.ts';
import { RandomEvents } from './random-events.ts';

const wide = { min: -1e12, max: 1e12 };
const seeds = fc.integer({ min: 0, max: 1_000_000 });
const column = (name: string, values: (rows: readonly EventRow[]) => number[]): ColumnFeature => ({
  name,
  unit: 'test',
  bounds: wide,
  column: values,
});

test('no feature of ours knows the future, bit for bit', (t) => {
  fc.assert(
    fc.property(seeds, (seed) => {
      t.is(findLookAhead(catalogue, new RandomEvents(seed).take(300), 4), undefined);
    }),
    { numRuns: 25 },
  );
});

test('every value is finite and within its bounds, in every market', (t) => {
  fc.assert(
    fc.property(seeds, (seed) => {
      t.is(findOutOfBounds(catalogue, new RandomEvents(seed).take(600)), undefined);
    }),
    { numRuns: 40 },
  );
});

test('the invented market reaches what the bounds must survive', (t) => {
  const events = new RandomEvents(1).take(5000);
  const rows: EventRow[] = [];
  const keepRows = column('rows', (all) => {
    rows.push(...all);
    return all.map(() => 0);
  });
  t.is(findOutOfBounds([keepRows], events), undefined);
  t.true(
    rows.some((row) => Number.isNaN(row.bidPriceTicks) && Number.isNaN(row.askPriceTicks)),
    'an empty book',
  );
  t.true(
    rows.some((row) => Number.isNaN(row.bidPriceTicks) !== Number.isNaN(row.askPriceTicks)),
    'one side',
  );
  t.true(
    rows.some((row) => row.bidPriceTicks === row.askPriceTicks),
    'a locked book',
  );
  t.true(
    rows.some((row) => row.askPriceTicks - row.bidPriceTicks > 300),
    'a wide spread',
  );
  t.true(
    rows.some((row) => row.bidLots > 1_000_000_000),
    'a huge level',
  );
});

const leaks: Record<string, AnyFeature> = {
  'the next mid': column('leak', (rows) => rows.map((_, i) => rows[i + 1]?.midHalfTicks || 0)),
  'a centred window': column('leak', (rows) =>
    rows.map((_, i) => rows.slice(Math.max(0, i - 2), i + 3).reduce((sum, row) => sum + row.bidLots, 0)),
  ),
  'scaling by the whole day': column('leak', (rows) => {
    const most = Math.max(...rows.map((row) => row.bidLots));
    return rows.map((row) => row.bidLots / most);
  }),
  'ranks among all': column('leak', (rows) => {
    const sorted = rows.map((row) => row.bidLots).sort((a, b) => a - b);
    return rows.map((row) => sorted.indexOf(row.bidLots));
  }),
  'filling from a later row': column('leak', (rows) =>
    rows.map((row, i) => row.buyLots || (rows.slice(i).find((later) => later.buyLots > 0)?.buyLots ?? 0)),
  ),
  'a state that outlives its run': leakThroughModule(),
};

/** Streams, but remembers what an earlier run of the same features saw later on. */
function leakThroughModule(): AnyFeature {
  let greatest = 0;
  return {
    name: 'leak',
    unit: 'test',
    bounds: wide,
    create: () => ({
      onChange(book) {
        if (book.bidCount > 0) greatest = Math.max(greatest, book.bidLots(0));
      },
      value: (book) => (book.bidCount > 0 ? book.bidLots(0) / greatest : 0),
    }),
  };
}

for (const [name, leak] of Object.entries(leaks)) {
  test(`caught: ${name}`, (t) => {
    const found = findLookAhead([...features, leak], new RandomEvents(3).take(300));
    t.is(found?.feature, 'leak');
    t.not(found?.before, found?.after);
    t.true((found?.eventIndex ?? Infinity) <= (found?.unchangedUpTo ?? -1));
  });
}

test('a sound column passes', (t) => {
  const trailing = column('trailing', (rows) =>
    rows.map((_, i) => rows.slice(Math.max(0, i - 4), i + 1).reduce((sum, row) => sum + row.bidLots, 0)),
  );
  t.is(findLookAhead([trailing], new RandomEvents(3).take(300)), undefined);
});

test('a value that leaves its bounds is found', (t) => {
  const narrow = catalogue.map((feature) => ({ ...feature, bounds: { min: -0.5, max: 0.5 } }));
  t.truthy(findOutOfBounds(narrow, new RandomEvents(3).take(300)));
  const short = column('short', () => []);
  t.deepEqual(findOutOfBounds([short], new RandomEvents(3).take(3)), {
    feature: 'short',
    eventIndex: 0,
    value: Number.NaN,
  });
});

test('features come from a folder, in the order of their files', async (t) => {
  const loaded = await loadFeatures(path.join(import.meta.dirname, 'set'));
  t.deepEqual(loaded.map((feature) => feature.name).sort(), catalogue.map((feature) => feature.name).sort());
});

test('a folder without features, and a module that exports none, are named', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-features-'));
  await t.throwsAsync(() => loadFeatures(folder), {
    message: `${folder}: has no features (0 modules), at least 1 is allowed`,
  });
  const file = path.join(folder, 'odd.mjs');
  writeFileSync(file, 'export const value = 1;\n');
  await t.throwsAsync(() => loadFeatures(folder), {
    message: `${file}: exports no feature (value), \`feature\` with name, unit, bounds and create or column is allowed`,
  });
});
