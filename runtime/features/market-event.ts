import type { Book } from '../book/book.ts';
import { Books } from '../book/books.ts';
import type { BookChange } from '../book/change.ts';
import { ACTION, ENTRY, MarketData } from '../fix/market-data.ts';
import { InstrumentTable, type Side } from '../instrument.ts';

/** One event of one symbol's market, as plain data: what a level became and what traded. */
export interface MarketEvent {
  readonly timeUs: number;
  /** The levels are all there are, and the book before is forgotten. */
  readonly snapshot: boolean;
  /** Quantities after the event; 0 removes the level. */
  readonly levels: readonly { readonly side: Side; readonly priceTicks: number; readonly lots: number }[];
  readonly trades: readonly { readonly priceTicks: number; readonly lots: number; readonly aggressor: 1 | -1 | 0 }[];
}

const ONE_SYMBOL = new InstrumentTable([
  {
    symbol: 'ONE',
    tickSize: '0.01',
    lotSize: '1',
    microUsdPerHalfTickLot: 5000,
    takerFeeMicroUsdPerLot: 0,
    makerFeeMicroUsdPerLot: 0,
  },
]);

/** Plays events into a book, through the same code that messages take. The first event must be a snapshot. */
export class EventPlayer {
  readonly #books = new Books(ONE_SYMBOL, 16);
  readonly #data = new MarketData();

  get book(): Book {
    return this.#books.of(0);
  }

  /** @throws RangeError when the event contradicts the book */
  play(event: MarketEvent, onChange: (book: Book, change: BookChange) => void): void {
    const data = this.#data;
    data.count = 0;
    data.seqNum++;
    data.snapshot = event.snapshot;
    data.timeUs = event.timeUs;
    for (const { priceTicks, lots, aggressor } of event.trades) {
      this.#put(ACTION.NEW, ENTRY.TRADE, priceTicks, lots, aggressor);
    }
    for (const { side, priceTicks, lots } of event.levels) {
      const ladder = side === 'buy' ? this.book.bids : this.book.asks;
      const known = !event.snapshot && ladder.indexOf(priceTicks) >= 0;
      if (lots === 0 && !known) continue;
      const action = lots === 0 ? ACTION.DELETE : known ? ACTION.CHANGE : ACTION.NEW;
      this.#put(action, side === 'buy' ? ENTRY.BID : ENTRY.OFFER, priceTicks, lots, 0);
    }
    if (data.count === 0) this.#put(ACTION.NEW, ENTRY.OTHER, 0, 0, 0);
    this.#books.onMarketData(data, {
      onChange,
      onIntegrity: (error) => {
        throw new RangeError(`event ${data.seqNum} contradicts the book (${error.kind} at ${error.priceTicks})`);
      },
    });
  }

  #put(action: number, type: number, priceTicks: number, lots: number, aggressor: number): void {
    const data = this.#data;
    const i = data.count++;
    data.symbolId[i] = 0;
    data.action[i] = action;
    data.entryType[i] = type;
    data.priceTicks[i] = priceTicks;
    data.quantityLots[i] = lots;
    data.aggressor[i] = aggressor;
  }
}
