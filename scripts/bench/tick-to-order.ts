/** How long an order takes from the message that caused it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { backtest } from '../../runtime/backtest.ts';
import { SystemClock, stopwatchNs } from '../../runtime/clock.ts';
import { connectTcp } from '../../runtime/fix/tcp-transport.ts';
import { SqliteJournal } from '../../runtime/journal/sqlite-journal.ts';
import { Runtime } from '../../runtime/runtime.ts';
import { simulatedMarket } from '../../runtime/venue/simulated-market.ts';
import { Child } from '../up/child.ts';
import { type Figure, figure, quantile } from './figure.ts';
import { tapped } from './tapped-transport.ts';
import { benchEnvironment, loudTrader } from './trader.ts';

const VENUE = path.resolve(import.meta.dirname, '../../runtime/venue/venue-main.ts');
const SEED = 7;
/** Event time of a run before the first that counts, while the compiler warms up. */
const WARM_UP_SECONDS = 60;

/**
 * In one process: from a decoded message to the order in the session's outgoing bytes. Book, features, inference,
 * planner, risk and the order's encoding are in it; framing and the journal's disk are not.
 *
 * Every repeat sends the same orders, so each order's least is told too: what the product takes, without the neighbours.
 */
export function benchInProcess(repeats: number, eventSeconds = 240): Figure[] {
  ordersInProcess(WARM_UP_SECONDS);
  const runs = Array.from({ length: repeats }, () => ordersInProcess(eventSeconds));
  const figures = quantiles('tickToOrderInProcess', runs);
  const [first = [], ...others] = runs;
  if (others.some(({ length }) => length !== first.length)) throw new Error('bench: repeats sent different orders');
  const least = first.map((_, order) => Math.min(...runs.map((tookUs) => tookUs[order] as number)));
  return [...figures, ...quantiles('tickToOrderInProcessLeastOfRepeats', [least])];
}

/**
 * Over loopback TCP, the venue in a process of its own: from the arrival of bytes to the order's bytes handed to the
 * operating system. Framing, decoding and the journal's commit are in it, and waiting behind what arrived in the same
 * read: the venue sends a step of 100 ms at once.
 */
export async function benchOverTcp(repeats: number, eventSeconds = 240): Promise<Figure[]> {
  await ordersOverTcp(WARM_UP_SECONDS);
  const runs: number[][] = [];
  for (let i = 0; i < repeats; i++) runs.push(await ordersOverTcp(eventSeconds));
  return quantiles('tickToOrderOverTcp', runs);
}

/** Microseconds of each order. */
function ordersInProcess(eventSeconds: number): number[] {
  const { config, limits } = benchEnvironment();
  const tookUs: number[] = [];
  let arrivedNs = 0;
  let ordering = false;
  const trader = loudTrader(config.instruments.length);
  try {
    backtest({
      market: simulatedMarket({ seed: SEED }),
      seed: SEED,
      seconds: eventSeconds,
      config,
      limits,
      policy: trader,
      observer: {
        onMessage: () => {
          arrivedNs = stopwatchNs();
        },
        onIntent: () => {
          ordering = true;
        },
        onDenial: () => {
          ordering = false;
        },
        onStage: (stage) => {
          if (stage !== 'decision') return;
          if (ordering) tookUs.push((stopwatchNs() - arrivedNs) / 1e3);
          ordering = false;
        },
      },
    });
  } finally {
    trader.forecaster.dispose();
  }
  return tookUs;
}

/** Microseconds of each chunk that led to an order. */
async function ordersOverTcp(eventSeconds: number): Promise<number[]> {
  const { config, limits } = benchEnvironment();
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-bench-'));
  const args = [
    '--seed',
    String(SEED),
    '--port',
    '0',
    '--speed',
    'max',
    '--steps',
    String(eventSeconds * 10),
    '--json',
  ];
  const venue = new Child('venue', VENUE, args, () => {});
  const trader = loudTrader(config.instruments.length);
  const journal = new SqliteJournal(path.join(folder, 'journal.sqlite'));
  try {
    const { port, timeUs } = await venue.next('listening');
    const runtime = new Runtime({
      config,
      limits,
      journal,
      sessionClock: new SystemClock(),
      startUs: timeUs as number,
      policy: trader,
      slot: 'bench',
    });
    const tookUs: number[] = [];
    let arrivedNs = 0;
    const transport = await connectTcp({ host: '127.0.0.1', port: port as number, timeoutSeconds: 10 });
    runtime.attach(
      tapped(transport, {
        onChunk: () => {
          arrivedNs = stopwatchNs();
        },
        onSent: (bytes) => {
          const tookNs = stopwatchNs() - arrivedNs;
          if (carriesOrder(bytes)) tookUs.push(tookNs / 1e3);
        },
      }),
    );
    const { code, complaint } = await venue.ended;
    if (code !== 0) throw new Error(`bench: the venue ended with code ${code}: ${complaint}`);
    return tookUs;
  } finally {
    venue.kill();
    await venue.ended;
    journal.close();
    trader.forecaster.dispose();
    rmSync(folder, { recursive: true });
  }
}

/** NewOrderSingle or OrderCancelReplaceRequest. */
function carriesOrder(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return text.includes('\u000135=D\u0001', 0, 'latin1') || text.includes('\u000135=G\u0001', 0, 'latin1');
}

/** Fewer orders would make a p99 of nothing but the slowest one. */
const ORDERS_NEEDED = 100;

function quantiles(name: string, runs: readonly (readonly number[])[]): Figure[] {
  for (const { length } of runs) {
    if (length < ORDERS_NEEDED)
      throw new Error(`bench: ${name} saw ${length} orders in a repeat, at least ${ORDERS_NEEDED} are needed`);
  }
  return ([50, 99] as const).map((share) =>
    figure(
      `${name}P${share}Us`,
      runs.map((tookUs) => quantile(tookUs, share / 100)),
    ),
  );
}
