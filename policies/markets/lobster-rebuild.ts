import type { BookView } from '../../runtime/book/book-view.ts';
import { Books } from '../../runtime/book/books.ts';
import type { BookIntegrityError } from '../../runtime/book/integrity.ts';
import { MarketLog } from '../../runtime/replay/log-reader.ts';
import { type LobsterOptions, LobsterTranslator, linesOf } from './lobster.ts';
import type { LobsterRow } from './lobster-row.ts';
import { LobsterSource } from './lobster-source.ts';

export interface RebuildReport {
  /** Rows compared with the book that the log gives. */
  readonly bookChecks: number;
  readonly bookMismatches: number;
  readonly firstBookMismatch: { readonly line: number; readonly problem: string } | undefined;
}

/**
 * Reads an imported log as the runtime would, decoder and books included, and compares its book with the exchange's
 * own after every line of the files it was made from.
 *
 * @throws BadInput, LogError
 */
export async function rebuildLobster(options: LobsterOptions): Promise<RebuildReport> {
  const source = await LobsterSource.open(options.messages, options.orderBook);
  const translator = new LobsterTranslator(source, options);
  const log = MarketLog.open(options.output);
  const books = new Books(log.instruments, source.levels);
  const unitsPerTick = Math.round(10_000 * Number(options.instrument.tickSize));
  let bookChecks = 0;
  let bookMismatches = 0;
  let firstBookMismatch: RebuildReport['firstBookMismatch'];
  let integrity: BookIntegrityError | undefined;
  const listener = {
    onChange() {},
    onIntegrity(error: BookIntegrityError) {
      integrity = error;
    },
  };
  const judge = (line: number, problem: string | undefined) => {
    if (problem === undefined) return;
    bookMismatches++;
    firstBookMismatch ??= { line, problem };
  };
  try {
    for await (const line of linesOf(source, options)) {
      if (translator.next(line)) {
        const message = log.next();
        if (message === undefined) {
          judge(line.line, 'the log ends before the files');
          break;
        }
        books.onMarketData(message, listener);
      }
      if (++bookChecks % 1000 === 0) options.signal?.throwIfAborted();
      judge(line.line, integrity?.kind ?? difference(books.of(0), line.row, unitsPerTick));
    }
    if (log.next() !== undefined) judge(0, 'the log goes on after the files');
  } finally {
    log.close();
  }
  return { bookChecks, bookMismatches, firstBookMismatch };
}

/** The first level in which a book is not the row. */
function difference(book: BookView, row: LobsterRow, unitsPerTick: number): string | undefined {
  for (let level = 0; 4 * level < row.length; level++) {
    const at = 4 * level;
    const ask = level < book.askCount ? `${book.askLots(level)} @ ${book.askPriceTicks(level) * unitsPerTick}` : 'none';
    const bid = level < book.bidCount ? `${book.bidLots(level)} @ ${book.bidPriceTicks(level) * unitsPerTick}` : 'none';
    const rowAsk = row[at + 1] > 0 ? `${row[at + 1]} @ ${row[at]}` : 'none';
    const rowBid = row[at + 3] > 0 ? `${row[at + 3]} @ ${row[at + 2]}` : 'none';
    if (ask !== rowAsk) return `ask level ${level + 1} is ${ask}, the row has ${rowAsk}`;
    if (bid !== rowBid) return `bid level ${level + 1} is ${bid}, the row has ${rowBid}`;
  }
  const levels = row.length / 4;
  const extra = Math.max(book.askCount, book.bidCount);
  return extra > levels ? `the book has ${extra} levels, the row ${levels}` : undefined;
}
