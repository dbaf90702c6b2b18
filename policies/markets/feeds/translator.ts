import { Ladder } from '../../../runtime/book/ladder.ts';
import { DecimalScale } from '../../../runtime/fix/decimal.ts';
import { ACTION, ENTRY, MAX_ENTRIES, MAX_LOTS, MarketData } from '../../../runtime/fix/market-data.ts';
import { BadInput } from '../bad-input.ts';
import type { FeedEvent, FeedLevel } from './feed.ts';
import type { FeedInstrument } from './feed-instruments.ts';

const INT32_MAX = 0x7fffffff;

class SymbolState {
  readonly id: number;
  readonly prices: DecimalScale;
  readonly quantities: DecimalScale;
  readonly bids = new Ladder(1, 1024);
  readonly asks = new Ladder(-1, 1024);

  constructor(id: number, { instrument }: FeedInstrument) {
    this.id = id;
    this.prices = new DecimalScale(instrument.tickSize);
    this.quantities = new DecimalScale(instrument.lotSize);
  }
}

/** A feed's events into W and X: what a level becomes is turned into new, change and delete; what changes nothing is left out. */
export class FeedTranslator {
  /** What `next` made; reused. */
  readonly out = new MarketData();
  /** Events whose time was before the one ahead of them, and which take its time. */
  lateEvents = 0;
  /** Levels at prices that no book holds: beyond 2³¹ − 1 ticks, orders that nobody means. They are left out. */
  levelsOutOfRange = 0;
  readonly #symbols: ReadonlyMap<string, SymbolState>;

  constructor(instruments: ReadonlyMap<string, FeedInstrument>) {
    this.#symbols = new Map([...instruments].map(([symbol, found], id) => [symbol, new SymbolState(id, found)]));
  }

  /** @returns false when the event changes nothing. @throws BadInput */
  next(event: FeedEvent): boolean {
    const state = this.#symbols.get(event.symbol);
    if (state === undefined) throw new BadInput(event.where, 'is of an unknown symbol', event.symbol, 'a known one');
    const { out } = this;
    if (event.timeUs < out.timeUs) this.lateEvents++;
    out.timeUs = Math.max(out.timeUs, event.timeUs);
    out.snapshot = event.snapshot;
    out.count = 0;
    if (event.snapshot) {
      state.bids.clear();
      state.asks.clear();
    }
    for (const { price, quantity, aggressor } of event.trades) {
      const [ticks, lots] = this.#units(state, event, [price, quantity]);
      this.#put(event, state, ACTION.NEW, ENTRY.TRADE, ticks, lots, aggressor);
    }
    for (const level of event.bids) this.#set(state, event, ENTRY.BID, state.bids, level);
    for (const level of event.asks) this.#set(state, event, ENTRY.OFFER, state.asks, level);
    this.#trim(state, event, ENTRY.BID, state.bids);
    this.#trim(state, event, ENTRY.OFFER, state.asks);
    if (event.snapshot && out.count === 0) this.#put(event, state, ACTION.NEW, ENTRY.EMPTY, 0, 0, 0);
    return out.count > 0;
  }

  #set(state: SymbolState, event: FeedEvent, type: number, side: Ladder, level: FeedLevel): void {
    const [ticks, lots] = this.#units(state, event, level);
    if (Math.abs(ticks) > INT32_MAX) {
      this.levelsOutOfRange++;
      return;
    }
    const before = side.lotsAt(ticks);
    if (before === lots) return;
    const action = lots === 0 ? ACTION.DELETE : before === 0 ? ACTION.NEW : ACTION.CHANGE;
    if (lots === 0) side.remove(ticks);
    else side.set(ticks, lots);
    this.#put(event, state, action, type, ticks, lots, 0);
  }

  /** Levels behind the subscribed depth are no longer kept up to date by the venue. */
  #trim(state: SymbolState, event: FeedEvent, type: number, side: Ladder): void {
    const { depth = Number.POSITIVE_INFINITY } = event;
    while (side.count > depth) {
      const ticks = side.priceTicks(side.count - 1);
      side.remove(ticks);
      this.#put(event, state, ACTION.DELETE, type, ticks, 0, 0);
    }
  }

  #units({ prices, quantities }: SymbolState, { where }: FeedEvent, [price, quantity]: FeedLevel): [number, number] {
    const ticks = prices.parseText(price);
    if (Number.isNaN(ticks))
      throw new BadInput(where, 'has a price that is no whole number of ticks', price, prices.increment);
    const lots = quantities.parseText(quantity);
    if (!(lots >= 0 && lots <= MAX_LOTS))
      throw new BadInput(where, 'has a quantity out of range', quantity, '2^52 lots');
    return [ticks, lots];
  }

  #put(
    event: FeedEvent,
    { id }: SymbolState,
    action: number,
    type: number,
    ticks: number,
    lots: number,
    sign: number,
  ): void {
    const { out } = this;
    if (out.count === MAX_ENTRIES)
      throw new BadInput(event.where, 'has too many levels', 'more', `${MAX_ENTRIES} entries`);
    const i = out.count++;
    out.symbolId[i] = id;
    out.action[i] = action;
    out.entryType[i] = type;
    out.priceTicks[i] = ticks;
    out.quantityLots[i] = lots;
    out.aggressor[i] = sign;
  }
}
