import { Books } from '../runtime/book/books.ts';
import type { Side } from '../runtime/instrument.ts';
import { MarketLog } from '../runtime/replay/log-reader.ts';
import { Levels } from '../runtime/venue/market.ts';
import { replayMarket } from '../runtime/venue/replay-market.ts';
import { type BookDefect, difference } from './book-comparison.ts';

/** Levels a side that are compared: more than a log shows. */
const DEPTH = 500;

/**
 * A log's own messages, from its first on, in the runtime's books: none may contradict the book before it, and at every
 * event time the books are those of the venue that replays the log.
 *
 * @throws LogError when the log cannot be used
 */
export function findLogDefect(path: string): { readonly messages: number; readonly defect: BookDefect | undefined } {
  const log = MarketLog.open(path);
  const market = replayMarket(path).open(undefined);
  const symbols = log.instruments.list.map(({ symbol }) => symbol);
  const books = new Books(log.instruments, DEPTH);
  const touched = new Set<number>();
  let messages = 0;
  let defect: BookDefect | undefined;
  const found = (kind: BookDefect['kind'], symbolId: number, what: string) => {
    defect ??= { kind, symbol: symbols[symbolId] ?? 'no known symbol', message: messages, what };
  };
  const levels = (symbolId: number, side: Side) => {
    const into = new Levels();
    market.levels(symbolId, side, DEPTH, into);
    return into;
  };
  const compareTouched = () => {
    for (const id of touched) {
      const what = difference(books.of(id), { bids: levels(id, 'buy'), asks: levels(id, 'sell') });
      if (what !== undefined) found('mismatch', id, what);
    }
    touched.clear();
  };
  try {
    market.listen({ onFill: () => {}, onEvent: () => {} });
    let timeUs = market.timeUs;
    for (let message = log.next(); message !== undefined && defect === undefined; message = log.next()) {
      if (message.timeUs > timeUs) {
        market.advanceTo(timeUs);
        compareTouched();
        timeUs = message.timeUs;
      }
      messages++;
      books.onMarketData(message, {
        onChange: (book) => touched.add(book.symbolId),
        onIntegrity: ({ kind, symbolId, priceTicks }) => found('refusal', symbolId, `${kind} at price ${priceTicks}`),
      });
    }
    market.advanceTo(timeUs);
    if (defect === undefined) compareTouched();
    return { messages, defect };
  } finally {
    market.close();
    log.close();
  }
}
