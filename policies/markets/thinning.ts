import { Backfill, type BookSnapshot } from '../../runtime/book/backfill.ts';
import type { Book } from '../../runtime/book/book.ts';
import type { BookView } from '../../runtime/book/book-view.ts';
import { Books } from '../../runtime/book/books.ts';
import type { BookChange } from '../../runtime/book/change.ts';
import type { BookIntegrityError } from '../../runtime/book/integrity.ts';
import type { MarketData } from '../../runtime/fix/market-data.ts';
import type { InstrumentTable } from '../../runtime/instrument.ts';
import { LogError } from '../../runtime/replay/log-error.ts';
import { MarketLog } from '../../runtime/replay/log-reader.ts';
import { type MarketFigures, MarketStatistics } from './statistics.ts';

/** What of two streams of one symbol is put side by side. */
export interface StreamFigures {
  readonly figures: MarketFigures;
  /** Signed flow at the best prices, lots, in each minute: added to the bid and taken from the ask, less the reverse. */
  readonly flowLots: readonly number[];
}

export interface ThinnedSymbol {
  readonly symbol: string;
  readonly snapshots: number;
  /** Snapshots whose book the synthetic stream did not give back exactly. */
  readonly mismatches: number;
  readonly actual: StreamFigures;
  readonly synthetic: StreamFigures;
  /** Pearson's correlation of the two signed flows, minute by minute. */
  readonly flowCorrelation: number;
}

const DEPTH = 1024;
const MINUTE_US = 60e6;

/**
 * Thins a log to snapshots every `everyUs`, makes a stream of them again, and holds that to the snapshots and to the log.
 *
 * @param onSynthetic is given each message of the synthetic stream, symbol after symbol at each snapshot; reused
 * @throws LogError
 */
export function thin(
  path: string,
  everyUs: number,
  onSynthetic: (message: MarketData) => void = () => {},
): ThinnedSymbol[] {
  const log = MarketLog.open(path);
  try {
    const books = new Books(log.instruments, DEPTH);
    const symbols = log.instruments.list.map((_, symbolId) => new Thinning(log.instruments, symbolId, onSynthetic));
    let nextUs = Math.ceil(log.metadata.timeUs.first / everyUs) * everyUs;
    const listener = {
      onChange: (book: Book, change: BookChange) => (symbols[book.symbolId] as Thinning).onActual(book, change),
      onIntegrity: ({ kind, seqNum }: BookIntegrityError) => {
        throw new LogError(path, `message ${seqNum} contradicts the book`, kind, 'a consistent log');
      },
    };
    for (let message = log.next(); message !== undefined; message = log.next()) {
      for (; message.timeUs > nextUs; nextUs += everyUs) {
        for (const [symbolId, symbol] of symbols.entries()) symbol.snapshot(books.of(symbolId), nextUs);
      }
      books.onMarketData(message, listener);
    }
    return symbols.map((symbol) => symbol.done());
  } finally {
    log.close();
  }
}

class Thinning {
  readonly #symbol: string;
  readonly #rebuilt: Books;
  readonly #symbolId: number;
  readonly #backfill: Backfill;
  readonly #actual = new StreamMeasure();
  readonly #synthetic = new StreamMeasure();
  #snapshots = 0;
  #mismatches = 0;

  constructor(instruments: InstrumentTable, symbolId: number, onSynthetic: (message: MarketData) => void) {
    this.#symbol = instruments.of(symbolId).symbol;
    this.#symbolId = symbolId;
    this.#rebuilt = new Books(instruments, DEPTH);
    const listener = {
      onChange: (book: Book, change: BookChange) => this.#synthetic.onChange(book, change),
      onIntegrity: () => {
        this.#mismatches++;
      },
    };
    this.#backfill = new Backfill(symbolId, (message) => {
      this.#rebuilt.onMarketData(message, listener);
      onSynthetic(message);
    });
  }

  onActual(book: BookView, change: BookChange): void {
    this.#actual.onChange(book, change);
  }

  snapshot(book: Book, timeUs: number): void {
    if (book.status !== 'live') return;
    this.#snapshots++;
    const refusal = this.#backfill.take(snapshotOf(book, timeUs));
    if (refusal !== undefined || !sameBook(book, this.#rebuilt.of(this.#symbolId))) this.#mismatches++;
  }

  done(): ThinnedSymbol {
    const [actual, synthetic] = [this.#actual.done(), this.#synthetic.done()];
    return {
      symbol: this.#symbol,
      snapshots: this.#snapshots,
      mismatches: this.#mismatches,
      actual,
      synthetic,
      flowCorrelation: correlation(actual.flowLots, synthetic.flowLots),
    };
  }
}

/** Statistics of one stream, and its signed flow (Cont, Kukanov, Stoikov 2014) by minute. */
class StreamMeasure {
  readonly #statistics = new MarketStatistics();
  readonly #flow = new Map<number, number>();
  #bid: readonly [number, number] = [Number.NEGATIVE_INFINITY, 0];
  #ask: readonly [number, number] = [Number.POSITIVE_INFINITY, 0];

  onChange(book: BookView, change: BookChange): void {
    this.#statistics.onChange(book, change);
    const bid =
      book.bidCount > 0
        ? ([book.bidPriceTicks(0), book.bidLots(0)] as const)
        : ([Number.NEGATIVE_INFINITY, 0] as const);
    const ask =
      book.askCount > 0
        ? ([book.askPriceTicks(0), book.askLots(0)] as const)
        : ([Number.POSITIVE_INFINITY, 0] as const);
    let flow = 0;
    if (bid[0] >= this.#bid[0]) flow += bid[1];
    if (bid[0] <= this.#bid[0]) flow -= this.#bid[1];
    if (ask[0] <= this.#ask[0]) flow -= ask[1];
    if (ask[0] >= this.#ask[0]) flow += this.#ask[1];
    this.#bid = bid;
    this.#ask = ask;
    const minute = Math.floor(change.timeUs / MINUTE_US);
    this.#flow.set(minute, (this.#flow.get(minute) ?? 0) + (change.snapshot ? 0 : flow));
  }

  done(): StreamFigures {
    const minutes = [...this.#flow.keys()];
    const [first, last] = [Math.min(...minutes), Math.max(...minutes)];
    const flowLots =
      minutes.length === 0 ? [] : Array.from({ length: last - first + 1 }, (_, i) => this.#flow.get(first + i) ?? 0);
    return { figures: this.#statistics.result(), flowLots };
  }
}

function snapshotOf(book: BookView, timeUs: number): BookSnapshot {
  return {
    timeUs,
    bids: Array.from({ length: book.bidCount }, (_, i) => [book.bidPriceTicks(i), book.bidLots(i)] as const),
    asks: Array.from({ length: book.askCount }, (_, i) => [book.askPriceTicks(i), book.askLots(i)] as const),
  };
}

function sameBook(a: BookView, b: BookView): boolean {
  if (a.bidCount !== b.bidCount || a.askCount !== b.askCount) return false;
  for (let i = 0; i < a.bidCount; i++) {
    if (a.bidPriceTicks(i) !== b.bidPriceTicks(i) || a.bidLots(i) !== b.bidLots(i)) return false;
  }
  for (let i = 0; i < a.askCount; i++) {
    if (a.askPriceTicks(i) !== b.askPriceTicks(i) || a.askLots(i) !== b.askLots(i)) return false;
  }
  return true;
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const n = Math.min(a.length, b.length);
  const mean = (values: readonly number[]) => values.slice(0, n).reduce((sum, value) => sum + value, 0) / n;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [da, db] = [(a[i] as number) - ma, (b[i] as number) - mb];
    ab += da * db;
    aa += da * da;
    bb += db * db;
  }
  return ab / Math.sqrt(aa * bb);
}
