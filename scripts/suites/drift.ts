/** `node scripts/suites/drift.ts [CASE]`: drift and backfill, on simulated markets that change and on recorded ones. */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DATA_SETS, loadDataSets } from '../../policies/markets/invariants/data-set.ts';
import { type MeasuredMarket, measureMarket } from '../../policies/markets/invariants/market-measure.ts';
import { backtest } from '../../runtime/backtest.ts';
import { readDocument } from '../../runtime/boot/documents.ts';
import { limits as limitsSchema, runtimeConfig } from '../../runtime/contract.ts';
import type { DriftWindow } from '../../runtime/drift/drift-monitor.ts';
import { PopulationCount, populationReference } from '../../runtime/drift/population-index.ts';
import { catalogue, features } from '../../runtime/features/index.ts';
import { fixture } from '../../runtime/fixtures.ts';
import type { DisableReason } from '../../runtime/planner/intent.ts';
import { simulatedMarket } from '../../runtime/venue/simulated-market.ts';
import { measureDetection } from '../drift/measure.ts';
import { hold, inFolder, Suite } from './suite.ts';
import { UpProcess } from './up-process.ts';

const root = path.resolve(import.meta.dirname, '../..');
const local = (file: string) => path.join(root, 'environments/local', file);
const suite = new Suite(process.argv[2]);

async function run(...args: readonly string[]) {
  const child = new UpProcess(args);
  const { code } = await child.ended;
  return { code, said: child.lines.at(-1) as Readonly<Record<string, unknown>> | undefined, stderr: child.stderr };
}

await suite.check('planted changes of the simulated market are told within five windows, quiet ones never', () => {
  const { quiet, changes } = measureDetection(1);
  hold(quiet.falseAlarms === 0, `${quiet.falseAlarms} false alarms in ${quiet.windows} windows`);
  for (const [change, { medianDelayWindows, missed }] of Object.entries(changes)) {
    hold(medianDelayWindows < 5 && missed === 0, `${change}: ${medianDelayWindows} windows, ${missed} missed`);
  }
});

/** Reasons for which a runtime stopped trading in a simulated hour and a bit, its policy approved on `reference`. */
function disabledOn(moved: boolean): { readonly reasons: Set<DisableReason>; readonly windows: DriftWindow[] } {
  const { population } = (loadDataSets(DATA_SETS)[0] as ReturnType<typeof loadDataSets>[number]).invariants;
  const reference = features.map(({ name }, f) => {
    const found = population[name] as { edges: number[]; shares: number[]; usualIndex: number };
    return moved && f < 4 ? { ...found, edges: found.edges.map((edge) => edge + 3) } : found;
  });
  const reasons = new Set<DisableReason>();
  const windows: DriftWindow[] = [];
  backtest({
    market: simulatedMarket({ seed: 3, informed: true }),
    seed: 3,
    config: readDocument(local('config.yaml'), runtimeConfig).value,
    limits: readDocument(local('limits.yaml'), limitsSchema).value,
    policy: {
      forecaster: { horizons: [16], reset: () => {}, step: (_symbolId, row, out) => out.mean.fill(row[7] as number) },
      planner: {
        horizon: 0,
        enterCosts: 100,
        postCosts: 100,
        exitCosts: 0,
        confidence: 0,
        riskPerClipUsd: 1,
        clipLots: 1,
        maxPositionClips: 1,
        maxHoldDecisions: 8,
      },
      reference: { informationCoefficient: null, features: reference },
    },
    seconds: 3700,
    observer: {
      onDisable: ({ reason }) => reasons.add(reason),
      onDriftWindow: (window) => windows.push(window),
    },
  });
  return { reasons, windows };
}

await suite.check(
  'a runtime whose market is another one than its policy was approved on disengages, and says why',
  () => {
    const { reasons, windows } = disabledOn(true);
    hold(windows.length > 0 && reasons.has('REGIME_DRIFT'), `${windows.length} windows, disabled by ${[...reasons]}`);
    const sound = disabledOn(false);
    hold(sound.windows.length > 0 && !sound.reasons.has('REGIME_DRIFT'), `${sound.windows[0]?.drift}`);
  },
);

await suite.check('the report holds on a day of the simulated market, and a broken invariant ends it with 1', () =>
  inFolder(async (folder) => {
    const sound = await run('drift-report', '--output', folder, '--json');
    hold(sound.code === 0, `exit ${sound.code}: ${sound.stderr}${JSON.stringify(sound.said)}`);
    for (const file of ['report.html', 'report.md', 'report.prom']) hold(existsSync(path.join(folder, file)), file);
    const sets = path.join(folder, 'sets');
    mkdirSync(sets);
    cpSync(DATA_SETS, sets, { recursive: true });
    const file = path.join(sets, 'simulated.json');
    const set = JSON.parse(readFileSync(file, 'utf8'));
    set.invariants.statistics['SIM-L'].spreadTicksMean = { low: 5, high: 6 };
    writeFileSync(file, JSON.stringify(set));
    const broken = await run('drift-report', '--output', folder, '--data-sets', sets, '--json');
    hold(broken.code === 1, `a broken invariant: exit ${broken.code}`);
    hold(JSON.stringify(broken.said).includes('SIM-L spreadTicksMean'), JSON.stringify(broken.said));
    delete set.invariants.population['ofi-ten'];
    writeFileSync(file, JSON.stringify(set));
    const missing = await run('drift-report', '--output', folder, '--data-sets', sets);
    hold(
      missing.code === 2 && missing.stderr.includes('ofi-ten'),
      `a missing one: exit ${missing.code} ${missing.stderr}`,
    );
  }),
);

const lobster = (symbol: string, levels: number) =>
  ['message', 'orderbook'].map(
    (kind) => `data/lob/lobster/${symbol}_2012-06-21_34200000_57600000_${kind}_${levels}.csv.gz`,
  );
const binance = (symbol: string) => ['08', '09'].map((day) => `data/lob/binance/spot_${symbol}_202408${day}.gz`);
/** 10:00 in New York on that day. */
const HALF_US = Date.UTC(2012, 5, 21, 14) * 1000;
const recordings: Readonly<Record<string, readonly [market: string, files: readonly string[], ...flags: string[]]>> = {
  AMZN: ['lobster', lobster('AMZN', 5), '--to', '37800'],
  AAPL: ['lobster', lobster('AAPL', 1), '--to', '37800'],
  BTCUSDT: ['binance', binance('btcusdt')],
  ETHUSDT: ['binance', binance('ethusdt')],
};
const absent = Object.values(recordings)
  .flatMap(([, files]) => files)
  .find((file) => fixture(file) === undefined);

if (absent !== undefined) {
  suite.skip('recorded markets: drift and backfill', `${absent} is not among the fixtures`);
} else {
  await inFolder(async (folder) => {
    const log = (name: string) => path.join(folder, `${name}.zst`);
    for (const [name, [market, files, ...flags]] of Object.entries(recordings)) {
      await run('import', market, ...files.map((file) => fixture(file) as string), '-o', log(name), ...flags, '--json');
    }
    for (const name of ['AMZN', 'BTCUSDT']) {
      await suite.check(`backfill: ${name} thinned to 1 s and 10 s rebuilds every snapshot`, async () => {
        const plot = path.join(folder, `${name}.svg`);
        const { code, said, stderr } = await run('backfill', log(name), '--plot', plot, '--json');
        hold(code === 0, stderr);
        const drawn = readFileSync(plot, 'utf8').match(/<polyline [^>]*points="[-\d., ]{20,}"/g) ?? [];
        hold(drawn.length === 4, `${drawn.length} lines are drawn, 2 for each of 2 intervals are expected`);
        for (const { everySeconds, symbols } of (said?.['thinned'] ?? []) as readonly Thinned[]) {
          for (const { snapshots, mismatches, flowCorrelation, actual, synthetic } of symbols) {
            hold(snapshots > 50 && mismatches === 0, `${mismatches} of ${snapshots} every ${everySeconds} s`);
            console.log(
              `        every ${everySeconds} s: ${snapshots} snapshots, events ${actual.events} → ${synthetic.events}, spread ${actual.spreadTicksMean.toFixed(2)} → ${synthetic.spreadTicksMean.toFixed(2)}, flow correlates ${flowCorrelation.toFixed(3)}`,
            );
            hold(flowCorrelation > 0.3, `signed flow correlates ${flowCorrelation}`);
          }
        }
      });
    }
    await suite.check('drift: AMZN against its own first half hour, and AAPL against AMZN', () => {
      const half = { fromUs: 0, toUs: HALF_US };
      const reference = measureMarket({ kind: 'log', path: log('AMZN'), ...half });
      const next = moved(reference, measureMarket({ kind: 'log', path: log('AMZN'), fromUs: HALF_US, toUs: Infinity }));
      const other = moved(reference, measureMarket({ kind: 'log', path: log('AAPL'), fromUs: 0, toUs: Infinity }));
      console.log(
        `        above 0.25: ${next.length} features in the next half hour, ${other.length} on the other asset`,
      );
      hold(other.length > 2 * next.length, `next: ${next}; other: ${other}`);
    });
    await suite.check(
      'scaled features of simulated and recorded assets lie side by side within their bands',
      async () => {
        const beside = ['--beside', ...Object.keys(recordings).map(log), '--output', folder, '--json'];
        const { code, said, stderr } = await run('drift-report', ...beside);
        hold(code === 0, `exit ${code}: ${stderr}${JSON.stringify(said)}`);
        const report = readFileSync(path.join(folder, 'report.html'), 'utf8');
        for (const name of Object.keys(recordings)) hold(report.includes(name), `${name} is not in the report`);
        for (const line of readFileSync(path.join(folder, 'report.md'), 'utf8').split('\n')) {
          if (line.includes('across')) console.log(`        ${line}`);
        }
        const sets = path.join(folder, 'narrow');
        cpSync(DATA_SETS, sets, { recursive: true });
        const file = path.join(sets, 'simulated.json');
        const set = JSON.parse(readFileSync(file, 'utf8'));
        set.invariants.scaledDeviationMax = 2;
        writeFileSync(file, JSON.stringify(set));
        const narrow = await run('drift-report', ...beside, '--data-sets', sets);
        hold(
          narrow.code === 1 && JSON.stringify(narrow.said).includes('across 7 assets, widest'),
          `a narrower band: exit ${narrow.code} ${JSON.stringify(narrow.said)}`,
        );
      },
    );
  });
}

interface Thinned {
  readonly everySeconds: number;
  readonly symbols: readonly {
    readonly snapshots: number;
    readonly mismatches: number;
    readonly flowCorrelation: number;
    readonly actual: { readonly events: number; readonly spreadTicksMean: number };
    readonly synthetic: { readonly events: number; readonly spreadTicksMean: number };
  }[];
}

/** Features of today whose population index against the reference is one to act on. */
function moved(reference: MeasuredMarket, today: MeasuredMarket): string[] {
  return catalogue.flatMap(({ name }, f) => {
    const column = ({ symbols }: MeasuredMarket) => symbols.flatMap(({ columns }) => columns[f] ?? []);
    const count = new PopulationCount(populationReference(column(reference)));
    for (const value of column(today)) count.add(value);
    return count.index() > 0.25 ? [name] : [];
  });
}

process.exitCode = suite.end();
