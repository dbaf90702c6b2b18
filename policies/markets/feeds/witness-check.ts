import type { Book } from '../../../runtime/book/book.ts';
import type { Levels } from '../../../runtime/book/levels.ts';
import { DecimalScale } from '../../../runtime/fix/decimal.ts';
import { krakenChecksum } from './checksum.ts';
import type { FeedEvent, FeedLevel } from './feed.ts';
import type { FeedInstrument } from './feed-instruments.ts';

const INT32_MAX = 0x7fffffff;
/** How often, in events, all levels are compared and not only those that were told. */
const EVERY = 100;

interface Scales {
  readonly prices: DecimalScale;
  readonly quantities: DecimalScale;
}

/** A symbol's book kept apart from all of the product's code: what the feed said of each price last. */
class PlainBook {
  readonly bids = new Map<number, number>();
  readonly asks = new Map<number, number>();
}

/**
 * Holds the books that a log gives to what the venue said of them: its checksums and best prices where it sends them,
 * the order of its updates, and levels against a plain map of what it said last.
 */
export class WitnessCheck {
  checksums = 0;
  bestPrices = 0;
  sequence = 0;
  levels = 0;
  readonly #instruments: ReadonlyMap<string, FeedInstrument>;
  readonly #scales: ReadonlyMap<string, Scales>;
  readonly #plain = new Map<string, PlainBook>();
  #events = 0;

  constructor(instruments: ReadonlyMap<string, FeedInstrument>) {
    this.#instruments = instruments;
    this.#scales = new Map(
      [...instruments].map(([symbol, { instrument }]) => [
        symbol,
        { prices: new DecimalScale(instrument.tickSize), quantities: new DecimalScale(instrument.lotSize) },
      ]),
    );
  }

  /** @param book the event's symbol after the event. @returns what is wrong, in words; undefined: nothing */
  next(event: FeedEvent, book: Book): string | undefined {
    if (event.witness?.continues) this.sequence++;
    return (
      event.problem ??
      this.#levelProblem(event, book) ??
      this.#checksumProblem(event, book) ??
      this.#bestProblem(event, book)
    );
  }

  #checksumProblem({ symbol, witness }: FeedEvent, book: Book): string | undefined {
    if (witness?.crc32 === undefined) return undefined;
    this.checksums++;
    const actual = krakenChecksum(book, this.#instruments.get(symbol) as FeedInstrument);
    return actual === witness.crc32 ? undefined : `the book's checksum is ${actual}, the venue says ${witness.crc32}`;
  }

  #bestProblem({ symbol, witness }: FeedEvent, book: Book): string | undefined {
    if (witness?.best === undefined) return undefined;
    const { bid, ask } = witness.best;
    this.bestPrices += 2;
    const said = `${this.#units(symbol, bid)} / ${this.#units(symbol, ask)}`;
    const ours = `${levelOf(book.bidCount, book.bidPriceTicks(0), book.bidLots(0))} / ${levelOf(book.askCount, book.askPriceTicks(0), book.askLots(0))}`;
    return said === ours ? undefined : `the best levels are ${ours}, the venue says ${said}`;
  }

  #levelProblem(event: FeedEvent, book: Book): string | undefined {
    if (!event.snapshot && event.bids.length + event.asks.length === 0) return undefined;
    let plain = this.#plain.get(event.symbol);
    if (plain === undefined || event.snapshot) {
      plain = new PlainBook();
      this.#plain.set(event.symbol, plain);
    }
    // Every level now and then and at a snapshot; in between the levels that were told, and how many there are.
    const all = event.snapshot || ++this.#events % EVERY === 0;
    return (
      this.#sideProblem('bid', event, event.bids, plain.bids, book.bids, all) ??
      this.#sideProblem('ask', event, event.asks, plain.asks, book.asks, all)
    );
  }

  #sideProblem(
    name: string,
    event: FeedEvent,
    told: readonly FeedLevel[],
    plain: Map<number, number>,
    side: Levels,
    all: boolean,
  ): string | undefined {
    const scale = this.#scales.get(event.symbol) as Scales;
    const touched: number[] = [];
    for (const [price, quantity] of told) {
      const ticks = scale.prices.parseText(price);
      if (Math.abs(ticks) > INT32_MAX) continue;
      const lots = scale.quantities.parseText(quantity);
      if (lots === 0) plain.delete(ticks);
      else plain.set(ticks, lots);
      touched.push(ticks);
    }
    const { depth = Number.POSITIVE_INFINITY } = event;
    while (plain.size > depth) {
      const further = (a: number, b: number) => (name === 'bid' ? Math.min(a, b) : Math.max(a, b));
      plain.delete([...plain.keys()].reduce(further));
    }
    for (const ticks of all ? plain.keys() : touched) {
      this.levels++;
      const [ours, said] = [side.lotsAt(ticks), plain.get(ticks) ?? 0];
      if (ours !== said) return `the ${name} at ${ticks} ticks is ${ours} lots, the venue said ${said}`;
    }
    return side.count === plain.size ? undefined : `the book has ${side.count} ${name}s, the venue said ${plain.size}`;
  }

  #units(symbol: string, [price, quantity]: FeedLevel): string {
    const scale = this.#scales.get(symbol);
    return `${scale?.quantities.parseText(quantity)} @ ${scale?.prices.parseText(price)}`;
  }
}

function levelOf(count: number, priceTicks: number, lots: number): string {
  return count > 0 ? `${lots} @ ${priceTicks}` : 'none';
}
