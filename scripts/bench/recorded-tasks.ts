/** Recorded markets as tasks: AMZN, BTC and ETH, where their data is at hand. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { datasetOf } from '../../policies/evaluation/dataset.ts';
import { record, type SymbolSeries } from '../../policies/evaluation/recording.ts';
import { logPart } from '../../policies/evaluation/slices.ts';
import { forwardReturns } from '../../policies/training/labels.ts';
import { joinRows } from '../../policies/training/rows.ts';
import { scaleRows } from '../../policies/training/scaler.ts';
import type { Task } from '../../policies/training/tasks/task.ts';
import { FeatureRows } from '../../runtime/features/rows.ts';
import { fixture } from '../../runtime/fixtures.ts';
import { MarketLog } from '../../runtime/replay/log-reader.ts';
import { main as importMarket } from '../import.ts';
import { benchEnvironment } from './trader.ts';

const HORIZONS = [8, 40, 120];
const lob = (file: string) => fixture(`data/lob/${file}`);
/** The second file goes on where the first ends. */
const days = (pair: string) => ['20240808', '20240809'].map((day) => lob(`binance/spot_${pair}_${day}.gz`));

const MARKETS: Readonly<
  Record<string, { readonly files: readonly (string | undefined)[]; readonly import: readonly string[] }>
> = {
  AMZN: {
    files: ['message', 'orderbook'].map((kind) => lob(`lobster/AMZN_2012-06-21_34200000_57600000_${kind}_5.csv.gz`)),
    import: ['lobster', '--from', '34200', '--to', '37800'],
  },
  BTC: { files: days('btcusdt'), import: ['binance'] },
  ETH: { files: days('ethusdt'), import: ['binance'] },
};

/** The last part of each market is the test, as its gates' held-out slices are. A task is the same for every seed. */
export async function recordedTasks(): Promise<Record<string, (seed: number) => Task>> {
  const tasks: Record<string, (seed: number) => Task> = {};
  for (const [name, market] of Object.entries(MARKETS)) {
    const files = market.files.filter((file) => file !== undefined);
    if (files.length < market.files.length) {
      process.stderr.write(`SKIP: ${name}: its recorded market is not here (EMP_FIXTURES names the folder)\n`);
      continue;
    }
    const task = await recordedTask(name, files, market.import);
    tasks[name] = () => task;
  }
  return tasks;
}

async function recordedTask(name: string, files: readonly string[], how: readonly string[]): Promise<Task> {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-bench-'));
  try {
    const log = path.join(folder, 'log.zst');
    const [market = '', ...flags] = how;
    const code = await importMarket([market, ...files, '-o', log, ...flags]);
    if (code !== 0) throw new Error(`${name}: its import ended with ${code}`);
    const opened = MarketLog.open(log);
    opened.close();
    const { config: usual, limits } = benchEnvironment();
    const config = { ...usual, instruments: [...opened.metadata.instruments] };
    const series = (purpose: 'training' | 'held-out') => {
      const { firstUs, fromUs, toUs } = logPart(log, purpose);
      return record({ kind: 'log', path: log, openUs: firstUs, fromUs, toUs }, config, limits, HORIZONS);
    };
    const features = FeatureRows.names.length;
    const { rows, scaler } = datasetOf(series('training'), features, HORIZONS);
    const held = series('held-out').map(({ rows: raw, midTicks, unitTicks }: SymbolSeries) => ({
      x: scaleRows(raw, scaler),
      y: forwardReturns({ mid: midTicks, volatility: unitTicks }, HORIZONS),
    }));
    const test = joinRows(held, features, HORIZONS.length);
    return { name, asks: 'what a real market does next', training: rows, test, noise: null, classes: false };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
