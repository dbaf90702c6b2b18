/**
 * What the venue's FIX face asks of a market. Two implement it: the simulated exchange with its agents
 * (`simulated-market.ts`) and a recorded log (`replay-exchange.ts`). A market knows order numbers and lots; clients'
 * order ids, statuses and positions are the order desk's.
 *
 * A market is a function of its construction and of the calls made to it at their event times: no clock, no wall time.
 * That is what lets the venue rebuild a lost minute by repeating its inputs.
 */
import type { TimeInForce } from '../execution/venue.ts';
import type { InstrumentTable, Side } from '../instrument.ts';

/** The trades of one event of one symbol, in order; reused, valid inside the callback only. */
export class MarketEvent {
  symbolId = 0;
  timeUs = 0;
  readonly tradePriceTicks: number[] = [];
  readonly tradeLots: number[] = [];
  /** +1 the buyer was the aggressor, −1 the seller, 0 unknown. */
  readonly tradeAggressor: number[] = [];
  /** Best prices at which a level changed; a side without change has the worst there is, an unknown one the best. */
  touchedBidTicks = Number.POSITIVE_INFINITY;
  touchedAskTicks = Number.NEGATIVE_INFINITY;

  start(symbolId: number, timeUs: number): void {
    this.touchedBidTicks = Number.POSITIVE_INFINITY;
    this.touchedAskTicks = Number.NEGATIVE_INFINITY;
    this.symbolId = symbolId;
    this.timeUs = timeUs;
    this.tradePriceTicks.length = 0;
    this.tradeLots.length = 0;
    this.tradeAggressor.length = 0;
  }

  addTrade(priceTicks: number, lots: number, aggressor: number): void {
    this.tradePriceTicks.push(priceTicks);
    this.tradeLots.push(lots);
    this.tradeAggressor.push(aggressor);
  }
}

/** One side of a book, best level first; refilled in place by `Market.levels`. */
export class Levels {
  count = 0;
  priceTicks = new Int32Array(32);
  lots = new Float64Array(32);

  clear(): void {
    this.count = 0;
  }

  push(priceTicks: number, lots: number): void {
    if (this.count === this.priceTicks.length) this.#grow();
    this.priceTicks[this.count] = priceTicks;
    this.lots[this.count] = lots;
    this.count++;
  }

  #grow(): void {
    const priceTicks = new Int32Array(2 * this.count);
    const lots = new Float64Array(2 * this.count);
    priceTicks.set(this.priceTicks);
    lots.set(this.lots);
    this.priceTicks = priceTicks;
    this.lots = lots;
  }
}

export interface MarketOrder {
  /** The desk's number of the order, from 1, never used twice. */
  readonly number: number;
  readonly symbolId: number;
  readonly side: Side;
  readonly priceTicks: number;
  readonly lots: number;
  readonly timeInForce: TimeInForce;
}

export interface MarketListener {
  /** An order of the participant traded; told before the `onEvent` that publishes the same trade. */
  onFill(orderNumber: number, lots: number, priceTicks: number, liquidity: 'maker' | 'taker'): void;
  /** One event of one symbol is complete: the book as `levels` gives it, the trades as listed. */
  onEvent(event: MarketEvent): void;
}

export interface Market {
  readonly instruments: InstrumentTable;
  /** Event time reached, µs since the epoch. */
  readonly timeUs: number;
  /** True when the market has no more events of its own: a log's end. The last book stays tradable. */
  readonly done: boolean;
  /** Highest price and largest quantity that an order may have. */
  priceTicksMax(symbolId: number): number;
  readonly orderLotsMax: number;
  /** Sets the one listener; before the first call that moves the market. */
  listen(listener: MarketListener): void;
  /** Runs every event with a time ≤ `timeUs`, in order. */
  advanceTo(timeUs: number): void;
  /** The public book, the participant's resting lots included; at most `depth` levels. */
  levels(symbolId: number, side: Side, depth: number, into: Levels): void;
  /** Takes what the limit allows, rests the remainder unless `ioc`. Returns the lots that rest. */
  submit(order: MarketOrder): number;
  /** Removes a resting order. Returns its lots; 0 when it does not rest. */
  cancel(orderNumber: number): number;
  /**
   * Gives a resting order a new price and new resting lots; it keeps its place in the queue only when the price stays
   * and the lots do not rise. Returns the lots that rest afterwards (a price that crosses trades first).
   */
  replace(orderNumber: number, priceTicks: number, lots: number): number;
  /** Everything that its factory needs to continue from here; JSON-serialisable. */
  state(): unknown;
  /** Releases what it holds open. */
  close(): void;
}

/** How a venue gets its market: new when `state` is undefined, else continued from what `state()` returned. */
export interface MarketFactory {
  /** Names the market and every setting that changes what it does: a state file belongs to exactly one. */
  readonly identity: string;
  open(state: unknown): Market;
}
