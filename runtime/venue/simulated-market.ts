import { assert } from '../assert.ts';
import type { InstrumentTable, Side } from '../instrument.ts';
import type { BookEvent, Sign } from '../sim/book-event.ts';
import { Exchange, type ExchangeOptions, type ExchangeState } from '../sim/exchange.ts';
import { MAX_LOTS } from '../sim/matching-book.ts';
import { profiles as allProfiles } from '../sim/profiles.ts';
import {
  type Levels,
  type Market,
  MarketEvent,
  type MarketFactory,
  type MarketListener,
  type MarketOrder,
} from './market.ts';

/** The participant's owner number at the exchange; agents have others, and nothing else tells them apart. */
const OWNER = 1;
/** When simulated markets open unless told: a Monday, 9:30 in New York. */
export const SIMULATED_START_US = Date.UTC(2026, 0, 5, 14, 30) * 1000;

export interface SimulatedMarketOptions {
  readonly seed: number;
  /** @default true */
  readonly informed?: boolean;
  /** @default SIMULATED_START_US */
  readonly startUs?: number;
  /** @default all of the simulator's */
  readonly profiles?: NonNullable<ExchangeOptions['profiles']>;
  /** @default the exchange's */
  readonly warmUpSeconds?: number;
}

/** The simulated exchange with its agents as a market for the venue. */
export function simulatedMarket(options: SimulatedMarketOptions): MarketFactory {
  const { seed, informed = true, startUs = SIMULATED_START_US, profiles = allProfiles, warmUpSeconds = 900 } = options;
  const symbols = profiles.map((profile) => profile.instrument.symbol);
  return {
    identity: `simulated ${JSON.stringify({ seed, informed, startUs, symbols, warmUpSeconds })}`,
    open: (state) => new SimulatedMarket({ seed, informed, startUs, profiles, warmUpSeconds }, state),
  };
}

interface SimulatedMarketState {
  readonly exchange: ExchangeState;
  /** [order number, symbol id, exchange's order id] of what rests. */
  readonly resting: readonly (readonly [number, number, number])[];
}

interface Resting {
  readonly symbolId: number;
  readonly id: number;
}

class SimulatedMarket implements Market {
  readonly instruments: InstrumentTable;
  readonly orderLotsMax = MAX_LOTS;
  readonly done = false;
  readonly #exchange: Exchange;
  readonly #profiles: NonNullable<ExchangeOptions['profiles']>;
  readonly #event = new MarketEvent();
  readonly #resting = new Map<number, Resting>();
  /** The exchange's order id → order number, for each symbol. */
  readonly #numbers: readonly Map<number, number>[];
  #listener: MarketListener | undefined;
  #timeUs: number;
  /** The order whose command the exchange is carrying out. */
  #acting = 0;

  constructor(options: ExchangeOptions & Required<Pick<ExchangeOptions, 'profiles'>>, state: unknown) {
    const from = state as SimulatedMarketState | undefined;
    this.#exchange = from === undefined ? new Exchange(options) : Exchange.restore(options, from.exchange);
    this.#profiles = options.profiles;
    this.instruments = this.#exchange.instruments;
    this.#numbers = this.instruments.list.map(() => new Map());
    this.#timeUs = this.#exchange.timeUs;
    for (const [number, symbolId, id] of from?.resting ?? []) this.#keep(number, symbolId, id);
    this.#exchange.listen({ onEvent: (event) => this.#onEvent(event) });
  }

  get timeUs(): number {
    return this.#timeUs;
  }

  priceTicksMax(symbolId: number): number {
    return (this.#profiles[symbolId]?.priceLimitTicks ?? 1) - 1;
  }

  listen(listener: MarketListener): void {
    this.#listener = listener;
  }

  advanceTo(timeUs: number): void {
    if (timeUs <= this.#exchange.timeUs) return;
    this.#exchange.advanceTo(timeUs);
    this.#timeUs = timeUs;
  }

  levels(symbolId: number, side: Side, depth: number, into: Levels): void {
    const book = this.#exchange.book(symbolId);
    const levels = side === 'buy' ? book.bids : book.asks;
    const wanted = Math.min(depth, levels.levels);
    into.clear();
    for (let price = levels.bestTicks; into.count < wanted; price = levels.behind(price)) {
      into.push(price, levels.lotsAt(price));
      // Behind the last wanted one lies nothing that is worth a search to the end of the prices.
      if (into.count === wanted) return;
    }
  }

  submit(order: MarketOrder): number {
    const sign: Sign = order.side === 'buy' ? 1 : -1;
    this.#acting = order.number;
    const { symbolId, priceTicks, lots, timeInForce } = order;
    const id = this.#exchange.submit(OWNER, symbolId, sign, priceTicks, lots, timeInForce);
    this.#acting = 0;
    const rests = this.#exchange.book(symbolId).lotsOf(id);
    if (rests > 0) this.#keep(order.number, symbolId, id);
    return rests;
  }

  cancel(orderNumber: number): number {
    const resting = this.#resting.get(orderNumber);
    if (resting === undefined) return 0;
    this.#drop(orderNumber, resting);
    return this.#exchange.cancel(resting.symbolId, resting.id);
  }

  replace(orderNumber: number, priceTicks: number, lots: number): number {
    const resting = this.#resting.get(orderNumber);
    if (resting === undefined) return 0;
    this.#acting = orderNumber;
    const rests = this.#exchange.replace(resting.symbolId, resting.id, priceTicks, lots);
    this.#acting = 0;
    if (rests === 0) this.#drop(orderNumber, resting);
    return rests;
  }

  state(): SimulatedMarketState {
    return {
      exchange: this.#exchange.state(),
      resting: [...this.#resting].map(([number, { symbolId, id }]) => [number, symbolId, id]),
    };
  }

  close(): void {}

  #onEvent(event: BookEvent): void {
    const { symbolId } = event;
    this.#timeUs = event.timeUs;
    this.#event.start(symbolId, event.timeUs);
    this.#event.touchedBidTicks = Number.NEGATIVE_INFINITY;
    this.#event.touchedAskTicks = Number.POSITIVE_INFINITY;
    for (let i = 0; i < event.levelCount; i++) {
      const price = event.levelPriceTicks[i];
      if (event.levelSign[i] > 0) this.#event.touchedBidTicks = Math.max(this.#event.touchedBidTicks, price);
      else this.#event.touchedAskTicks = Math.min(this.#event.touchedAskTicks, price);
    }
    for (let i = 0; i < event.tradeCount; i++) {
      const priceTicks = event.tradePriceTicks[i];
      const lots = event.tradeLots[i];
      this.#event.addTrade(priceTicks, lots, event.takerSign);
      if (event.takerOwner === OWNER) this.#listener?.onFill(this.#acting, lots, priceTicks, 'taker');
      if (event.tradeMakerOwner[i] === OWNER) this.#onMakerFill(symbolId, event.tradeMakerOrder[i], lots, priceTicks);
    }
    for (let i = 0; i < event.preventedCount; i++) {
      assert(event.preventedOwner[i] !== OWNER, 'the desk let an order meet its own owner');
    }
    this.#listener?.onEvent(this.#event);
  }

  #onMakerFill(symbolId: number, id: number, lots: number, priceTicks: number): void {
    const number = this.#numbers[symbolId]?.get(id);
    assert(number !== undefined, `the exchange traded order ${id} of the participant, which does not rest`);
    const resting = this.#resting.get(number) as Resting;
    if (this.#exchange.book(symbolId).lotsOf(id) === 0) this.#drop(number, resting);
    this.#listener?.onFill(number, lots, priceTicks, 'maker');
  }

  #keep(number: number, symbolId: number, id: number): void {
    this.#resting.set(number, { symbolId, id });
    this.#numbers[symbolId]?.set(id, number);
  }

  #drop(number: number, { symbolId, id }: Resting): void {
    this.#resting.delete(number);
    this.#numbers[symbolId]?.delete(id);
  }
}
