import { ENTRY } from '../fix/market-data.ts';
import type { InstrumentTable, Side } from '../instrument.ts';
import { type Levels, type Market, MarketEvent, type MarketListener, type MarketOrder } from './market.ts';
import type { Recording } from './recording.ts';
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
  readonly message: number;
  readonly books: readonly ReplayBookState[];
}

/**
 * A recorded market: its levels and trades happen as they did, and our orders trade against them under price-time
 * priority (`ReplayQueue` states the assumptions). The published book is what the log shows, less what we took, plus
 * what we rest. Orders that the log holds do not react to ours: the one thing a recording cannot give.
 */
export class ReplayExchange implements Market {
  readonly instruments: InstrumentTable;
  readonly #recording: Recording;
  readonly #books: readonly ReplayBook[];
  readonly #event = new MarketEvent();
  #listener: MarketListener | undefined;
  #timeUs: number;
  /** The next message to apply. */
  #message: number;

  constructor(recording: Recording, instruments: InstrumentTable, state?: unknown) {
    if (recording.messages === 0) throw new Error('market log: no W or X message in it, at least one is needed');
    const from = state as ReplayState | undefined;
    this.instruments = instruments;
    this.#recording = recording;
    this.#books = instruments.list.map((_, symbolId) => openBook(from?.books[symbolId]));
    this.#timeUs = from?.timeUs ?? recording.timeUs(0);
    this.#message = from?.message ?? 0;
  }

  get timeUs(): number {
    return this.#timeUs;
  }

  get done(): boolean {
    return this.#message >= this.#recording.messages;
  }

  listen(listener: MarketListener): void {
    this.#listener = listener;
  }

  advanceTo(timeUs: number): void {
    while (!this.done && this.#recording.timeUs(this.#message) <= timeUs) {
      this.#timeUs = Math.max(this.#timeUs, this.#recording.timeUs(this.#message));
      this.#apply(this.#message++);
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
    return { timeUs: this.#timeUs, message: this.#message, books };
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

  /** One recorded message, one event for each symbol in it. */
  #apply(message: number): void {
    const end = this.#recording.endEntry(message);
    const begin = this.#recording.firstEntry(message);
    for (let entry = begin; entry < end; entry++) {
      const symbolId = this.#recording.symbolId(entry);
      if (!this.#appearsBefore(symbolId, begin, entry)) this.#applyTo(symbolId, message);
    }
  }

  #appearsBefore(symbolId: number, begin: number, entry: number): boolean {
    for (let i = begin; i < entry; i++) if (this.#recording.symbolId(i) === symbolId) return true;
    return false;
  }

  #applyTo(symbolId: number, message: number): void {
    const book = this.#book(symbolId);
    this.#event.start(symbolId, this.#timeUs);
    this.#trades(symbolId, book, message);
    if (this.#recording.isSnapshot(message)) this.#removeUnlisted(symbolId, book, message);
    this.#levelChanges(symbolId, book, message);
    book.ourBids.settle();
    book.ourAsks.settle();
    this.#meetCrossing(book.ourBids, book.asks, -1);
    this.#meetCrossing(book.ourAsks, book.bids, 1);
    this.#listener?.onEvent(this.#event);
  }

  /** Trades come before the level changes of their message, whatever the order of entries. */
  #trades(symbolId: number, book: ReplayBook, message: number): void {
    const log = this.#recording;
    for (let entry = log.firstEntry(message); entry < log.endEntry(message); entry++) {
      if (log.symbolId(entry) !== symbolId || log.entryType(entry) !== ENTRY.TRADE) continue;
      const price = log.priceTicks(entry);
      const lots = log.lots(entry);
      const aggressor = log.aggressor(entry) || inferAggressor(book, price);
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

  #levelChanges(symbolId: number, book: ReplayBook, message: number): void {
    const log = this.#recording;
    for (let entry = log.firstEntry(message); entry < log.endEntry(message); entry++) {
      if (log.symbolId(entry) !== symbolId) continue;
      const type = log.entryType(entry);
      if (type === ENTRY.BID) show(book.bids, book.ourBids, log.priceTicks(entry), log.lots(entry));
      else if (type === ENTRY.OFFER) show(book.asks, book.ourAsks, log.priceTicks(entry), log.lots(entry));
      else if (type === ENTRY.EMPTY) clear(book);
    }
  }

  /** A snapshot is the whole book: a level that it does not list is gone. */
  #removeUnlisted(symbolId: number, book: ReplayBook, message: number): void {
    const log = this.#recording;
    const listed = { buy: new Set<number>(), sell: new Set<number>() };
    for (let entry = log.firstEntry(message); entry < log.endEntry(message); entry++) {
      if (log.symbolId(entry) !== symbolId) continue;
      if (log.entryType(entry) === ENTRY.BID) listed.buy.add(log.priceTicks(entry));
      if (log.entryType(entry) === ENTRY.OFFER) listed.sell.add(log.priceTicks(entry));
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

/** A print at or below the best bid was sold, at or above the best ask bought; inside the spread nobody can say. */
function inferAggressor(book: ReplayBook, priceTicks: number): 1 | -1 | 0 {
  const bid = book.bids.levels[0]?.priceTicks;
  const ask = book.asks.levels[0]?.priceTicks;
  if (bid !== undefined && priceTicks <= bid) return -1;
  if (ask !== undefined && priceTicks >= ask) return 1;
  return 0;
}
