import { ACTION, ENTRY, type MarketData } from '../fix/market-data.ts';
import type { InstrumentTable, Side } from '../instrument.ts';
import { type Levels, type Market, MarketEvent, type MarketListener, type MarketOrder } from './market.ts';
import { ReplayQueue, type RestingOrder } from './replay-queue.ts';
import { ReplaySide, type ReplaySideState } from './replay-side.ts';

interface ReplayBook {
  readonly bids: ReplaySide;
  readonly asks: ReplaySide;
  readonly ourBids: ReplayQueue;
  readonly ourAsks: ReplayQueue;
}

interface ReplayBookState {
  readonly bids: ReplaySideState;
  readonly asks: ReplaySideState;
  readonly ourBids: readonly RestingOrder[];
  readonly ourAsks: readonly RestingOrder[];
}

interface ReplayState {
  readonly timeUs: number;
  /** Messages applied. */
  readonly messages: number;
  readonly books: readonly ReplayBookState[];
}

/** Recorded W and X in order; each is valid until the next is asked for, undefined is the end. */
export interface Recording {
  next(): MarketData | undefined;
  /** Steps over messages that need not be looked at again. */
  skip(messages: number): void;
  close(): void;
}

/**
 * A recorded market: its levels and trades happen as they did, and our orders trade against them under price-time
 * priority (`ReplayQueue` states the assumptions). The published book is what the log shows, less what we took, plus
 * what we rest. Orders that the log holds do not react to ours: the one thing a recording cannot give.
 */
export class ReplayExchange implements Market {
  readonly instruments: InstrumentTable;
  readonly orderLotsMax = 1_000_000;
  readonly #recording: Recording;
  readonly #books: readonly ReplayBook[];
  readonly #event = new MarketEvent();
  #listener: MarketListener | undefined;
  #timeUs: number;
  #messages = 0;
  /** The message that comes next; undefined at the end. */
  #ahead: MarketData | undefined;

  /** @param state what `state()` returned; the recording is read from its beginning all the same */
  constructor(recording: Recording, instruments: InstrumentTable, state?: unknown) {
    const from = state as ReplayState | undefined;
    this.instruments = instruments;
    this.#recording = recording;
    this.#books = instruments.list.map((_, symbolId) => openBook(from?.books[symbolId]));
    if (from !== undefined) recording.skip(from.messages);
    this.#messages = from?.messages ?? 0;
    this.#ahead = recording.next();
    if (this.#ahead === undefined && this.#messages === 0)
      throw new Error('market log: no W or X message in it, at least one is needed');
    this.#timeUs = from?.timeUs ?? (this.#ahead as MarketData).timeUs;
  }

  get timeUs(): number {
    return this.#timeUs;
  }

  get done(): boolean {
    return this.#ahead === undefined;
  }

  /** A log bounds no price: what 32 bits hold, the wire's own bound. */
  priceTicksMax(): number {
    return 2 ** 31 - 1;
  }

  listen(listener: MarketListener): void {
    this.#listener = listener;
  }

  advanceTo(timeUs: number): void {
    while (this.#ahead !== undefined && this.#ahead.timeUs <= timeUs) {
      this.#timeUs = Math.max(this.#timeUs, this.#ahead.timeUs);
      if (!this.#ahead.possDup) this.#apply(this.#ahead);
      this.#readOn();
    }
    this.#timeUs = Math.max(this.#timeUs, timeUs);
  }

  levels(symbolId: number, side: Side, depth: number, into: Levels): void {
    const book = this.#book(symbolId);
    const recorded = side === 'buy' ? book.bids : book.asks;
    const ours = (side === 'buy' ? book.ourBids : book.ourAsks).orders;
    into.clear();
    let i = 0;
    let j = 0;
    while (into.count < depth && (i < recorded.levels.length || j < ours.length)) {
      const level = recorded.levels[i];
      const order = ours[j];
      const price =
        order === undefined || (level !== undefined && recorded.isBetter(level.priceTicks, order.priceTicks))
          ? (level as { priceTicks: number }).priceTicks
          : order.priceTicks;
      let lots = 0;
      if (level?.priceTicks === price) {
        lots = level.displayed - level.taken;
        i++;
      }
      for (; ours[j]?.priceTicks === price; j++) lots += (ours[j] as RestingOrder).lots;
      if (lots > 0) into.push(price, lots);
    }
  }

  submit(order: MarketOrder): number {
    this.#event.start(order.symbolId, this.#timeUs);
    const resting = this.#match(order);
    this.#listener?.onEvent(this.#event);
    return resting;
  }

  cancel(orderNumber: number): number {
    for (const [symbolId, book] of this.#books.entries()) {
      const lots = book.ourBids.leave(orderNumber) || book.ourAsks.leave(orderNumber);
      if (lots === 0) continue;
      this.#event.start(symbolId, this.#timeUs);
      this.#listener?.onEvent(this.#event);
      return lots;
    }
    return 0;
  }

  replace(orderNumber: number, priceTicks: number, lots: number): number {
    for (const [symbolId, book] of this.#books.entries()) {
      for (const queue of [book.ourBids, book.ourAsks]) {
        const order = queue.find(orderNumber);
        if (order === undefined) continue;
        this.#event.start(symbolId, this.#timeUs);
        let resting = lots;
        if (priceTicks === order.priceTicks && lots <= order.lots) {
          queue.reduce(order, order.lots - lots);
        } else {
          queue.leave(orderNumber);
          const side = queue === book.ourBids ? 'buy' : 'sell';
          resting = this.#match({ number: orderNumber, symbolId, side, priceTicks, lots, timeInForce: 'day' });
        }
        this.#listener?.onEvent(this.#event);
        return resting;
      }
    }
    return 0;
  }

  state(): ReplayState {
    const books = this.#books.map((book) => ({
      bids: book.bids.state(),
      asks: book.asks.state(),
      ourBids: book.ourBids.state(),
      ourAsks: book.ourAsks.state(),
    }));
    return { timeUs: this.#timeUs, messages: this.#messages, books };
  }

  close(): void {
    this.#recording.close();
  }

  /** Takes displayed lots up to the limit, then rests what a day order has left. */
  #match(order: MarketOrder): number {
    const book = this.#book(order.symbolId);
    const [opposite, own] = order.side === 'buy' ? [book.asks, book.ourBids] : [book.bids, book.ourAsks];
    let remaining = order.lots;
    for (const level of opposite.levels) {
      if (remaining === 0 || opposite.isBetter(order.priceTicks, level.priceTicks)) break;
      const lots = Math.min(remaining, level.displayed - level.taken);
      if (lots === 0) continue;
      level.taken += lots;
      remaining -= lots;
      this.#event.addTrade(level.priceTicks, lots, order.side === 'buy' ? 1 : -1);
      this.#listener?.onFill(order.number, lots, level.priceTicks, 'taker');
    }
    if (remaining === 0 || order.timeInForce === 'ioc') return 0;
    own.join(order.number, order.priceTicks, remaining);
    return remaining;
  }

  #readOn(): void {
    this.#ahead = this.#recording.next();
    this.#messages++;
  }

  /** One recorded message, one event for each symbol in it. */
  #apply(message: MarketData): void {
    for (let i = 0; i < message.count; i++) {
      const symbolId = message.symbolId[i];
      if (symbolId >= 0 && message.symbolId.indexOf(symbolId) === i) this.#applyTo(symbolId, message);
    }
  }

  #applyTo(symbolId: number, message: MarketData): void {
    const book = this.#book(symbolId);
    this.#event.start(symbolId, this.#timeUs);
    this.#trades(symbolId, book, message);
    if (message.snapshot) this.#removeUnlisted(symbolId, book, message);
    this.#levelChanges(symbolId, book, message);
    book.ourBids.settle();
    book.ourAsks.settle();
    this.#meetCrossing(book.ourBids, book.asks, -1);
    this.#meetCrossing(book.ourAsks, book.bids, 1);
    this.#listener?.onEvent(this.#event);
  }

  /** Trades come before the level changes of their message, whatever the order of entries. */
  #trades(symbolId: number, book: ReplayBook, message: MarketData): void {
    for (let i = 0; i < message.count; i++) {
      if (message.symbolId[i] !== symbolId || message.entryType[i] !== ENTRY.TRADE) continue;
      const price = message.priceTicks[i];
      const lots = message.quantityLots[i];
      const aggressor = message.aggressor[i] || inferAggressor(book, price);
      this.#event.addTrade(price, lots, aggressor);
      if (aggressor === 0) continue;
      const [hit, ours] = aggressor < 0 ? [book.bids, book.ourBids] : [book.asks, book.ourAsks];
      const level = hit.at(price);
      if (level !== undefined) level.tradedUnseen += lots;
      ours.onTrade(price, lots, (order, filled) => {
        this.#listener?.onFill(order.number, filled, order.priceTicks, 'maker');
      });
    }
  }

  #levelChanges(symbolId: number, book: ReplayBook, message: MarketData): void {
    for (let i = 0; i < message.count; i++) {
      if (message.symbolId[i] !== symbolId) continue;
      const type = message.entryType[i];
      if (type === ENTRY.BID) show(book.bids, book.ourBids, message.priceTicks[i], lotsShown(message, i));
      else if (type === ENTRY.OFFER) show(book.asks, book.ourAsks, message.priceTicks[i], lotsShown(message, i));
      else if (type === ENTRY.EMPTY) clear(book);
    }
  }

  /** A snapshot is the whole book: a level that it does not list is gone. */
  #removeUnlisted(symbolId: number, book: ReplayBook, message: MarketData): void {
    const listed = { buy: new Set<number>(), sell: new Set<number>() };
    for (let i = 0; i < message.count; i++) {
      if (message.symbolId[i] !== symbolId) continue;
      if (message.entryType[i] === ENTRY.BID) listed.buy.add(message.priceTicks[i]);
      if (message.entryType[i] === ENTRY.OFFER) listed.sell.add(message.priceTicks[i]);
    }
    for (const side of [book.bids, book.asks]) {
      for (const { priceTicks } of [...side.levels]) if (!listed[side.side].has(priceTicks)) side.show(priceTicks, 0);
    }
  }

  /** Recorded lots that arrived at or through our price would have met our order: they trade with it at its price. */
  #meetCrossing(ours: ReplayQueue, opposite: ReplaySide, aggressor: 1 | -1): void {
    for (const order of [...ours.orders]) {
      for (const level of opposite.levels) {
        if (order.lots === 0 || opposite.isBetter(order.priceTicks, level.priceTicks)) break;
        const lots = Math.min(order.lots, level.displayed - level.taken);
        if (lots === 0) continue;
        level.taken += lots;
        ours.reduce(order, lots);
        this.#event.addTrade(order.priceTicks, lots, aggressor);
        this.#listener?.onFill(order.number, lots, order.priceTicks, 'maker');
      }
    }
  }

  #book(symbolId: number): ReplayBook {
    const book = this.#books[symbolId];
    if (book === undefined) throw new RangeError(`symbol id ${symbolId} is not one of ${this.#books.length}`);
    return book;
  }
}

function openBook(state: ReplayBookState | undefined): ReplayBook {
  const bids = new ReplaySide('buy', state?.bids);
  const asks = new ReplaySide('sell', state?.asks);
  return {
    bids,
    asks,
    ourBids: new ReplayQueue(bids, state?.ourBids),
    ourAsks: new ReplayQueue(asks, state?.ourAsks),
  };
}

/** Applies one level of the log; a fall that no trade explains is a cancel. */
function show(side: ReplaySide, ours: ReplayQueue, priceTicks: number, displayed: number): void {
  const level = side.at(priceTicks);
  if (level !== undefined && displayed > 0 && displayed < level.displayed) {
    const fall = level.displayed - displayed;
    const traded = Math.min(fall, level.tradedUnseen);
    level.tradedUnseen -= traded;
    if (fall > traded) ours.onCancel(priceTicks, fall - traded, level.displayed - level.taken - traded);
  }
  side.show(priceTicks, displayed);
}

function clear(book: ReplayBook): void {
  for (const [side, ours] of [
    [book.bids, book.ourBids],
    [book.asks, book.ourAsks],
  ] as const) {
    side.clear();
    ours.forget();
  }
}

function lotsShown(message: MarketData, i: number): number {
  return message.action[i] === ACTION.DELETE ? 0 : message.quantityLots[i];
}

/** A print at or below the best bid was sold, at or above the best ask bought; inside the spread nobody can say. */
function inferAggressor(book: ReplayBook, priceTicks: number): 1 | -1 | 0 {
  const bid = book.bids.levels[0]?.priceTicks;
  const ask = book.asks.levels[0]?.priceTicks;
  if (bid !== undefined && priceTicks <= bid) return -1;
  if (ask !== undefined && priceTicks >= ask) return 1;
  return 0;
}
