import type { Book } from '../../runtime/book/book.ts';
import { Books } from '../../runtime/book/books.ts';
import type { BookChange } from '../../runtime/book/change.ts';
import type { BookIntegrityError } from '../../runtime/book/integrity.ts';
import type { Feature } from '../../runtime/features/feature.ts';
import { FeatureRows } from '../../runtime/features/rows.ts';
import type { MarketData } from '../../runtime/fix/market-data.ts';
import type { InstrumentTable } from '../../runtime/instrument.ts';
import { LogError } from '../../runtime/replay/log-error.ts';
import { MarketLog } from '../../runtime/replay/log-reader.ts';

/** One symbol's moment of decision: `row` is reused. */
export type OnDecision = (symbolId: number, timeUs: number, row: Float32Array, book: Book) => void;

/** Depth per side that books have room for at first. */
const DEPTH_LEVELS = 16;

/**
 * Feature rows of a stream of messages at the moments at which the runtime would decide: the first message of a symbol
 * at or after each multiple of the interval. The same books and features as the runtime's, nothing else of it.
 */
export class Decisions {
  readonly rows: FeatureRows;
  readonly books: Books;
  /** Called at every change of a book, before a decision on it. */
  onEachChange: ((book: Book, change: BookChange) => void) | undefined;
  readonly #intervalUs: number;
  readonly #nextUs: Float64Array;
  readonly #onDecision: OnDecision;

  constructor(instruments: InstrumentTable, features: readonly Feature[], intervalUs: number, onDecision: OnDecision) {
    this.rows = new FeatureRows(instruments.list.length, features);
    this.books = new Books(instruments, DEPTH_LEVELS);
    this.#intervalUs = intervalUs;
    this.#nextUs = new Float64Array(instruments.list.length);
    this.#onDecision = onDecision;
  }

  /** @throws RangeError when the message contradicts the book */
  onMessage(message: MarketData): void {
    this.books.onMarketData(message, this);
  }

  onChange(book: Book, change: BookChange): void {
    const { symbolId, timeUs } = change;
    this.rows.onChange(book, change);
    this.onEachChange?.(book, change);
    if (timeUs < this.#nextUs[symbolId]) return;
    this.#nextUs[symbolId] = (Math.floor(timeUs / this.#intervalUs) + 1) * this.#intervalUs;
    this.#onDecision(symbolId, timeUs, this.rows.row(symbolId), book);
  }

  onIntegrity({ kind, seqNum, priceTicks }: BookIntegrityError): void {
    throw new RangeError(`message ${seqNum} contradicts the book (${kind} at ${priceTicks})`);
  }
}

/** @param fromUs, toUs event time of the messages read: from ≤ time < to; the book before is rebuilt. @throws LogError */
export function decisionsOfLog(
  path: string,
  features: readonly Feature[],
  intervalUs: number,
  onDecision: (log: MarketLog, decisions: Decisions) => OnDecision,
  toUs = Number.POSITIVE_INFINITY,
): void {
  const log = MarketLog.open(path);
  let listener: OnDecision = () => {};
  const decisions = new Decisions(log.instruments, features, intervalUs, (...decision) => listener(...decision));
  listener = onDecision(log, decisions);
  try {
    for (let message = log.next(); message !== undefined && message.timeUs < toUs; message = log.next()) {
      decisions.onMessage(message);
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new LogError(path, 'contradicts itself', error.message, 'a consistent log', { cause: error });
  } finally {
    log.close();
  }
}
