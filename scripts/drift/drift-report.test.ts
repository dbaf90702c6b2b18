import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { DATA_SETS, type DataSet, loadDataSets } from '../../policies/markets/invariants/data-set.ts';
import {
  dataSetInvariants,
  featureInvariants,
  holds,
  type Invariant,
} from '../../policies/markets/invariants/invariants.ts';
import { measureMarket } from '../../policies/markets/invariants/market-measure.ts';
import type { limits as limitsSchema } from '../../runtime/contract.ts';
import { catalogue } from '../../runtime/features/index.ts';
import { asHtml, asMarkdown, asMetrics } from './render.ts';
import { invariantsOf, parseMetrics } from './running.ts';

const [simulated] = loadDataSets(DATA_SETS) as [DataSet];
const today = measureMarket({ kind: 'simulated', informed: true, seed: 7, seconds: 900 });

/** The committed data sets in a folder of the test's, one of them changed. */
function folderWith(t: ExecutionContext, change: (set: Record<string, unknown>) => void): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-data-sets-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  cpSync(DATA_SETS, folder, { recursive: true });
  const file = path.join(folder, 'simulated.json');
  const set = JSON.parse(readFileSync(file, 'utf8'));
  change(set.invariants);
  writeFileSync(file, JSON.stringify(set));
  return folder;
}

test('every committed data set has all its invariants, those of every feature included', (t) => {
  t.true(loadDataSets(DATA_SETS).length > 0);
  t.deepEqual(Object.keys(simulated.invariants.population).sort(), catalogue.map(({ name }) => name).sort());
});

test('a data set without one of its invariants is refused by name, and so is one of a feature that is not there', (t) => {
  const missing = folderWith(t, (invariants) => {
    delete (invariants['population'] as Record<string, unknown>)['ofi-ten'];
  });
  t.throws(() => loadDataSets(missing), {
    message: /simulated\.json: invariants\.population.*has no deciles of ofi-ten/s,
  });
  const none = folderWith(t, (invariants) => {
    delete invariants['statistics'];
  });
  t.throws(() => loadDataSets(none), { message: /simulated\.json: invariants\.statistics/ });
  const unknown = folderWith(t, (invariants) => {
    const found = invariants['population'] as Record<string, unknown>;
    found['a-new-feature'] = found['spread'];
  });
  t.throws(() => loadDataSets(unknown), { message: /a-new-feature, which is no feature/ });
});

const failed = (found: readonly Invariant[]) =>
  found.filter((each) => !holds(each)).map(({ name, subject }) => `${name}: ${subject}`);

test('a broken invariant is found: each kind of them', (t) => {
  const { invariants } = simulated;
  const judge = (change: Partial<DataSet['invariants']>) =>
    failed(dataSetInvariants({ ...simulated, invariants: { ...invariants, ...change } }, today).invariants);
  const sound = judge({});
  const also = (change: Partial<DataSet['invariants']>) => judge(change).filter((each) => !sound.includes(each));
  t.deepEqual(also({ bookContradictionsMax: -1 }), ['book-integrity: simulated']);
  t.deepEqual(also({ informationCoefficient: 0.9 }), ['signal-index: simulated']);
  t.deepEqual(also({ scaledMedianMax: 0 }).length, 1);
  t.deepEqual(also({ scaledDeviationMax: 0.1 }).length, 1);
  const bands = invariants.statistics['SIM-S'] as DataSet['invariants']['statistics'][string];
  const statistics = { ...invariants.statistics, 'SIM-S': { ...bands, eventsPerSecond: { low: 1e6, high: 2e6 } } };
  t.deepEqual(also({ statistics }), ['market: SIM-S eventsPerSecond']);
  const moved = { edges: [100], shares: [0.5, 0.5], usualIndex: 0 };
  t.deepEqual(also({ population: { ...invariants.population, 'imbalance-best': moved } }), [
    'population-index: imbalance-best',
  ]);
  t.true(also({ statistics: {} }).length > 0, 'a symbol without bands');
});

test('features hold to their definitions, and the report says all of it in three forms', (t) => {
  const invariants = [
    ...featureInvariants(1),
    {
      name: 'made <up>',
      subject: 'a "test"',
      figure: Number.NaN,
      unit: '',
      reference: 0,
      low: 0,
      high: Number.POSITIVE_INFINITY,
    },
  ];
  t.deepEqual(failed(invariants), ['made <up>: a "test"']);
  const { scaled } = dataSetInvariants(simulated, today);
  const report = { title: 'today', invariants, scaled, skipped: ['something: no reason'] };
  t.regex(asMarkdown(report), /3 invariants, 1 broken\.\nNot measured: something: no reason\./);
  const html = asHtml(report);
  t.regex(html, /made &lt;up&gt;/);
  t.is([...html.matchAll(/<circle /g)].length, 3 * catalogue.length);
  t.regex(asMetrics(report), /emp_invariant_holds\{invariant="causality",subject="\d+ features"\} 1\n/);
  t.regex(asMetrics(report), /emp_invariant_figure\{invariant="made <up>",subject="a _test_"\} NaN\n/);
});

test('a running runtime’s figures are read from what it exposes', (t) => {
  const limits = { maxPositionLots: 50 } as ReturnType<typeof limitsSchema.parse>;
  const text = ['cross 5', 'post 2', 'hold -1', 'fees 3', 'total 3'].map((part) => {
    const [name, value] = part.split(' ');
    return `emp_pnl_usd{part="${name}"} ${value}`;
  });
  const sound = invariantsOf(parseMetrics([...text, 'emp_position_lots{symbol="A"} -50'].join('\n')), limits);
  t.deepEqual(failed(sound), []);
  const over = invariantsOf(parseMetrics([...text.slice(1), 'emp_position_lots{symbol="A"} -51'].join('\n')), limits);
  t.deepEqual(failed(over), ['attribution-residual: profit by origin', 'limits: largest position']);
});
