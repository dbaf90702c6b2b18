import { assert } from '../assert.ts';
import { InstrumentTable } from '../instrument.ts';
import type { BookEvent, Sign } from './book-event.ts';
import type { MatchingBook, OrderKind } from './matching-book.ts';
import type { SymbolProfile } from './profile.ts';
import { profiles as allProfiles } from './profiles.ts';
import { FIRST_AGENT_OWNER, SymbolMarket } from './symbol-market.ts';

export interface ExchangeOptions {
  readonly seed: number;
  /** When participants from outside may come, µs since the epoch. Agents have traded for `warmUpSeconds` by then. */
  readonly startUs: number;
  /** False: private events happen all the same, and nobody trades on them. @default true */
  readonly informed?: boolean;
  /** @default all of `profiles` */
  readonly profiles?: readonly SymbolProfile[];
  /** Long enough for books to fill and makers to learn. @default 900 */
  readonly warmUpSeconds?: number;
}

export interface ExchangeListener {
  /** One command, an agent's or a participant's, has changed one book. The event is reused: valid inside only. */
  onEvent(event: BookEvent): void;
}

/** What `Exchange.state()` returns: JSON-serialisable. */
export interface ExchangeState {
  readonly timeUs: number;
  readonly markets: readonly unknown[];
}

/**
 * A simulated exchange: one matching book per symbol, each with its own agents, in one order of event time. Everything
 * follows from the options and the commands given from outside at their event times; how time is advanced, in large steps
 * or small, changes nothing. A participant from outside is an owner number below `FIRST_AGENT_OWNER`.
 */
export class Exchange {
  readonly instruments: InstrumentTable;
  readonly #markets: readonly SymbolMarket[];
  #listener: ExchangeListener | undefined;
  #timeUs: number;

  constructor(options: ExchangeOptions, state?: ExchangeState) {
    const { seed, startUs, informed = true, profiles = allProfiles, warmUpSeconds = 900 } = options;
    const openUs = startUs - Math.round(warmUpSeconds * 1e6);
    assert(Number.isSafeInteger(startUs) && openUs >= 0, `startUs ${startUs} less the warm-up must be a time`);
    this.instruments = new InstrumentTable(profiles.map((profile) => profile.instrument));
    this.#markets = profiles.map(
      (profile, id) =>
        new SymbolMarket(id, profile, { seed, informed, startUs: openUs }, (event) => this.#listener?.onEvent(event)),
    );
    this.#timeUs = openUs;
    if (state === undefined) {
      this.advanceTo(startUs);
    } else {
      this.#timeUs = state.timeUs;
      this.#markets.forEach((market, i) => {
        market.restore(state.markets[i] as ReturnType<SymbolMarket['state']>);
      });
    }
  }

  /** Continues from `state()` of an exchange with the same options. */
  static restore(options: ExchangeOptions, state: ExchangeState): Exchange {
    return new Exchange(options, state);
  }

  /** Event time reached, µs since the epoch. */
  get timeUs(): number {
    return this.#timeUs;
  }

  /** The one listener; events of the warm-up are not told. */
  listen(listener: ExchangeListener): void {
    this.#listener = listener;
  }

  /** Runs every agent that is due at or before `timeUs`, in order of time, then of symbol. */
  advanceTo(timeUs: number): void {
    assert(timeUs >= this.#timeUs, `event time cannot go back from ${this.#timeUs} to ${timeUs}`);
    for (;;) {
      let first = this.#markets[0] as SymbolMarket;
      for (let i = 1; i < this.#markets.length; i++) {
        const market = this.#markets[i] as SymbolMarket;
        if (market.nextUs < first.nextUs) first = market;
      }
      if (first.nextUs > timeUs) break;
      first.runNext();
    }
    this.#timeUs = timeUs;
  }

  /** To be read, not written: commands go through the exchange. */
  book(symbolId: number): MatchingBook {
    return this.#market(symbolId).book;
  }

  /**
   * Enters an order now, after matching. Returns its id, with which the rest of it rests (`book(…).lotsOf(id)` lots);
   * 0 when it is post-only and would have traded. Its trades are told before this returns.
   */
  submit(owner: number, symbolId: number, sign: Sign, priceTicks: number, lots: number, kind: OrderKind): number {
    assert(owner >= 0 && owner < FIRST_AGENT_OWNER, `owner ${owner} is outside 0…${FIRST_AGENT_OWNER - 1}`);
    const market = this.#market(symbolId);
    return market.outside(this.#timeUs, () => market.submit(owner, sign, priceTicks, lots, kind));
  }

  /** Returns the lots cancelled; 0 when the order is gone. */
  cancel(symbolId: number, orderId: number): number {
    const market = this.#market(symbolId);
    return market.outside(this.#timeUs, () => market.cancel(orderId));
  }

  /** Returns the lots that rest afterwards; 0 when the order is gone, or is by now. See `MatchingBook.replace`. */
  replace(symbolId: number, orderId: number, priceTicks: number, lots: number): number {
    const market = this.#market(symbolId);
    return market.outside(this.#timeUs, () => market.replace(orderId, priceTicks, lots));
  }

  /** Everything that changes. With the same options, `restore` continues exactly from here. */
  state(): ExchangeState {
    return { timeUs: this.#timeUs, markets: this.#markets.map((market) => market.state()) };
  }

  /** The symbol's market with its agents' secrets: for measurement, never for a participant. */
  inspect(symbolId: number): SymbolMarket {
    return this.#market(symbolId);
  }

  #market(symbolId: number): SymbolMarket {
    const market = this.#markets[symbolId];
    assert(market !== undefined, `no symbol ${symbolId} of ${this.#markets.length}`);
    return market;
  }
}
