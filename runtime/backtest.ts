import type { PnlParts } from './attribution/attribution.ts';
import type { Limits, RuntimeConfig } from './contract.ts';
import { memoryTransportPair } from './fix/memory-transport.ts';
import { MemoryJournal } from './journal/memory-journal.ts';
import type { TradedPolicy } from './pipeline.ts';
import { Runtime, type RuntimeObserver } from './runtime.ts';
import type { MarketFactory } from './venue/market.ts';
import { VenueServer } from './venue/server.ts';
import type { ExecutionRecord } from './venue/venue-state.ts';

/** Event time of one step of the venue. */
const STEP_US = 100_000;

export interface BacktestOptions {
  readonly market: MarketFactory;
  /** Seed of the venue's latencies. */
  readonly seed: number;
  readonly config: RuntimeConfig;
  readonly limits: Limits;
  readonly policy: TradedPolicy | undefined;
  /** Event time after which the venue closes and the runtime flattens; undefined: the market's own end. */
  readonly seconds?: number;
  /** Event time until which the runtime only watches, so that its features and model are warm. @default it never only watches */
  readonly tradeFromUs?: number;
  readonly observer?: RuntimeObserver;
  /** Before anything is sent. */
  onStart?(runtime: Runtime): void;
  /** After each step of the venue: for comparing its books with ours. */
  onStep?(venue: VenueServer, runtime: Runtime): void;
}

export interface BacktestResult {
  readonly pnl: PnlParts;
  readonly fills: number;
  readonly decisions: number;
  readonly decisionDigest: string;
  readonly steps: number;
  /** False when the market ended before the account was flat. */
  readonly flat: boolean;
  readonly venueExecutions: readonly ExecutionRecord[];
}

/**
 * The real runtime against the real venue, in one thread, over FIX in memory: as fast as it goes, and byte for byte
 * what the two processes do over TCP.
 */
export function backtest(options: BacktestOptions): BacktestResult {
  const { config, limits, policy, seed, market } = options;
  const venue = new VenueServer({
    market,
    seed,
    stepUs: STEP_US,
    // The environment's own names, whatever they are: it is judged before its venue knows it.
    venueCompId: config.venue.targetCompId,
    participantCompId: config.venue.senderCompId,
    ...(options.seconds === undefined ? {} : { endStep: Math.ceil((options.seconds * 1e6) / STEP_US) }),
  });
  let fills = 0;
  const journal = new MemoryJournal({ keep: [] });
  const runtime = new Runtime({
    config,
    limits,
    policy,
    journal,
    sessionClock: 'event',
    startUs: venue.timeUs,
    slot: 'backtest',
    observer: {
      ...options.observer,
      onFill: (fill) => {
        fills++;
        options.observer?.onFill?.(fill);
      },
    },
  });
  const { tradeFromUs = 0 } = options;
  const { disables } = runtime.pipeline;
  let watching = venue.timeUs < tradeFromUs;
  if (watching) disables.disable('MANUAL', venue.timeUs, 'it watches first');
  options.onStart?.(runtime);
  const [ours, theirs] = memoryTransportPair();
  venue.attach(theirs);
  runtime.attach(ours);
  while (!venue.done) {
    venue.step();
    if (watching && venue.timeUs >= tradeFromUs) {
      watching = false;
      disables.enable('MANUAL', venue.timeUs, 'it has watched');
    }
    options.onStep?.(venue, runtime);
  }
  const { pipeline } = runtime;
  return {
    pnl: pipeline.pnl(),
    fills,
    decisions: pipeline.decisions,
    decisionDigest: journal.decisionDigest(),
    steps: venue.steps,
    flat: runtime.instruments.list.every((_, symbolId) => venue.positionLots(symbolId) === 0),
    venueExecutions: [...venue.executions()],
  };
}
