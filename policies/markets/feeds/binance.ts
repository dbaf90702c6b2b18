import { BadInput } from '../bad-input.ts';
import { type BinanceRecord, binanceRecords } from './binance-records.ts';
import type { Feed, FeedEvent, FeedWitness } from './feed.ts';

/** 0.1 % for both sides: Binance's published spot fees of the smallest volume. */
const FEE_BPS = 10;

type Update = Extract<BinanceRecord, { kind: 'update' }>;
type Snapshot = Extract<BinanceRecord, { kind: 'snapshot' }>;
type Best = Extract<BinanceRecord, { kind: 'best' }>;

/**
 * Binance's depth streams with the snapshot that they continue. The rules are the venue's own ("how to manage a local
 * order book correctly"): updates that the snapshot covers are dropped, the first one applied straddles its id, and each
 * one after it follows the one before.
 */
export function binanceFeed(files: readonly string[]): Feed {
  return {
    description: 'Binance depth stream',
    takerBps: FEE_BPS,
    makerBps: FEE_BPS,
    async *events() {
      const symbols = new Map<string, BinanceBook>();
      let unnamed: Snapshot | undefined;
      const of = (symbol: string) => {
        let book = symbols.get(symbol);
        if (book === undefined) {
          book = new BinanceBook(symbol);
          symbols.set(symbol, book);
        }
        return book;
      };
      for await (const record of binanceRecords(files)) {
        if (record.kind === 'snapshot' && record.symbol === undefined && symbols.size === 0) unnamed = record;
        else if (record.kind === 'snapshot') yield* of(record.symbol ?? onlyOne(symbols, record)).onSnapshot(record);
        else if (record.kind === 'best') of(record.symbol).onBest(record);
        else if (record.kind === 'trade') yield* of(record.symbol).onTrade(record);
        else {
          const book = of(record.symbol);
          if (unnamed !== undefined) yield* book.onSnapshot(unnamed);
          unnamed = undefined;
          yield* book.onUpdate(record);
        }
      }
      for (const book of symbols.values()) book.assertBegun();
    },
  };
}

/** A snapshot does not say whose it is; where only one symbol is recorded there is no doubt. */
function onlyOne(symbols: ReadonlyMap<string, BinanceBook>, { where }: Snapshot): string {
  const [name] = symbols.keys();
  if (symbols.size === 1 && name !== undefined) return name;
  throw new BadInput(where, 'does not say which symbol it is of', [...symbols.keys()].join(', '), 'one symbol');
}

/** Puts one symbol's snapshot and updates together. */
class BinanceBook {
  readonly #symbol: string;
  readonly #best = new Map<number, Best>();
  #snapshot: Snapshot | undefined;
  /** Updates that wait for a snapshot. */
  #waiting: Update[] = [];
  /** Id of the last change that the book has; undefined before it has begun. */
  #last: number | undefined;
  #tradeStream: string | undefined;

  constructor(symbol: string) {
    this.#symbol = symbol;
  }

  *onSnapshot(snapshot: Snapshot): Generator<FeedEvent> {
    if (this.#last !== undefined && snapshot.last <= this.#last) return;
    this.#snapshot = snapshot;
    this.#last = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const update of waiting) yield* this.onUpdate(update);
  }

  *onUpdate(update: Update): Generator<FeedEvent> {
    if (this.#last !== undefined) {
      yield this.#event(update, this.#last === (update.previous ?? update.first - 1) ? undefined : this.#last);
      return;
    }
    const snapshot = this.#snapshot;
    if (snapshot === undefined) {
      this.#waiting.push(update);
      return;
    }
    const futures = update.previous !== undefined;
    if (futures ? update.last < snapshot.last : update.last <= snapshot.last) return;
    const { where, bids, asks } = snapshot;
    // A snapshot has no event time. It is told with the first update that goes beyond it, never before it was true.
    yield { where, symbol: this.#symbol, timeUs: update.timeUs, snapshot: true, bids, asks, trades: [] };
    const straddles = update.first <= (futures ? snapshot.last : snapshot.last + 1);
    yield this.#event(update, straddles ? undefined : snapshot.last);
  }

  *onTrade({ where, symbol, timeUs, stream, trade }: Extract<BinanceRecord, { kind: 'trade' }>): Generator<FeedEvent> {
    this.#tradeStream ??= stream;
    if (this.#last === undefined || this.#tradeStream !== stream) return;
    yield { where, symbol, timeUs, snapshot: false, bids: [], asks: [], trades: [trade] };
  }

  /** Best prices come ahead of the update that leads to them. */
  onBest(best: Best): void {
    this.#best.set(best.last, best);
  }

  /** @throws BadInput when no snapshot was found for it */
  assertBegun(): void {
    if (this.#last !== undefined) return;
    throw new BadInput(this.#symbol, 'has no snapshot with updates that continue it', 'none', 'a depth snapshot');
  }

  /** @param follows the id that the update should follow, and does not */
  #event({ where, symbol, timeUs, bids, asks, first, last }: Update, follows: number | undefined): FeedEvent {
    this.#last = last;
    const best = this.#best.get(last);
    for (const known of this.#best.keys()) if (known <= last) this.#best.delete(known);
    const witness: FeedWitness = { continues: true, ...(best && { best: { bid: best.bid, ask: best.ask } }) };
    const problem = follows === undefined ? undefined : `updates ${follows + 1} to ${first - 1} are missing`;
    return { where, symbol, timeUs, snapshot: false, bids, asks, trades: [], witness, ...(problem && { problem }) };
  }
}
