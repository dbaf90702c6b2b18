import type { Dialect } from '../../../runtime/fix/venues/dialect.ts';
import type { VenueEntry } from '../../../runtime/fix/venues/entries.ts';
import { type VenueMessage, VenueReader } from '../../../runtime/fix/venues/reader.ts';
import { SeparatorFilter } from '../../../runtime/fix/venues/separators.ts';
import type { Feed, FeedEvent, FeedTrade } from './feed.ts';
import { openFix } from './fix-file.ts';
import { type KeyedSide, keyedSide } from './keyed-side.ts';

/**
 * Any venue's FIX market data, by its dialect: levels keyed by price, by level (1023), by entry id (278, 280) or by order
 * (37) become what each price has become. Implied prices are no orders of the book and are left out.
 *
 * What contradicts the book, a message that cannot be read, and a leap in the session's numbers are the recording's
 * problems. Where the dialect says that a book recovers by itself, a leap makes it unknown instead: it begins anew with what
 * is told next, and levels are told only as far as they are known from the best on.
 */
export function venueFeed(files: readonly string[], dialect: Dialect, fees: Pick<Feed, 'takerBps' | 'makerBps'>): Feed {
  return {
    description: `FIX market data (${dialect.name})`,
    ...fees,
    async *events() {
      const session = new VenueSession(dialect);
      for (const file of files) yield* session.eventsOf(file);
    },
  };
}

/** A problem of the session is no symbol's. */
const NOTHING = { symbol: '', timeUs: 0, snapshot: false, bids: [], asks: [], trades: [] } as const;

interface SymbolBook {
  readonly bids: KeyedSide;
  readonly asks: KeyedSide;
  /** The next event tells all there is. */
  begins: boolean;
}

class VenueSession {
  readonly #dialect: Dialect;
  readonly #books = new Map<string, SymbolBook>();
  readonly #lastNumber = new Map<string, number>();

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  async *eventsOf(file: string): AsyncGenerator<FeedEvent> {
    let found: FeedEvent[] = [];
    let count = 0;
    const dialect = this.#dialect;
    const { separator, chunks } = await openFix(file, dialect.begin.tag);
    const filter = new SeparatorFilter(separator);
    const reader = new VenueReader({
      dialect,
      inLines: true,
      summedSeparator: separator.summed,
      onMessage: (message) => found.push(...this.#events(`${file}: message ${++count}`, message)),
      onError: ({ kind, offset, text = '' }) => {
        const problem = `the message at byte ${filter.offsetInFile(offset)} is refused: ${kind} ${text}`.trim();
        found.push({ ...NOTHING, where: `${file}: message ${++count}`, problem });
      },
    });
    for await (const chunk of chunks) {
      reader.push(filter.push(chunk));
      yield* found;
      found = [];
    }
    reader.finish();
    yield* found;
  }

  *#events(where: string, { message, seqNum, timeUs, lost, entries }: VenueMessage): Generator<FeedEvent> {
    const sender = message.header.text(49) ?? '';
    const last = this.#lastNumber.get(sender);
    if (seqNum !== undefined) {
      // Sent again: what it says was said.
      if (message.header.text(43) === 'Y' && last !== undefined && seqNum <= last) return;
      this.#lastNumber.set(sender, seqNum);
    }
    if (lost === 'everything' && this.#dialect.marketData.recovery === 'snapshot') {
      yield { ...NOTHING, where, problem: `message ${seqNum} of ${sender} follows ${last}` };
    }
    if (message.msgType !== 'W' && message.msgType !== 'X') return;
    // Its number follows the one before it, or a problem was told instead.
    let witness: FeedEvent['witness'] = { continues: true };
    for (const symbol of new Set(entries.map((entry) => entry.symbol))) {
      if (symbol === undefined) continue;
      const gone = lost === 'everything' || lost?.has(symbol) === true;
      const own = entries.filter((entry) => entry.symbol === symbol);
      const told = this.#eventOf(symbol, own, message.msgType === 'W', gone);
      if (told === undefined) continue;
      yield { where, symbol, timeUs, ...told, ...(witness && !gone && { witness }) };
      witness = undefined;
    }
  }

  /** @returns undefined when the message changes nothing that is known of the symbol */
  #eventOf(
    symbol: string,
    entries: readonly VenueEntry[],
    isSnapshot: boolean,
    gone: boolean,
  ): Omit<FeedEvent, 'where' | 'symbol' | 'timeUs'> | undefined {
    const { marketData } = this.#dialect;
    const { recovery } = marketData;
    let book = this.#books.get(symbol);
    if (book === undefined) {
      book = { bids: keyedSide('bid', marketData), asks: keyedSide('ask', marketData), begins: recovery === 'natural' };
      this.#books.set(symbol, book);
    }
    const anew = () => {
      book.bids.clear();
      book.asks.clear();
      book.begins = true;
    };
    if (isSnapshot || (gone && recovery === 'natural')) anew();
    const trades: FeedTrade[] = [];
    let problem: string | undefined;
    for (const entry of entries) {
      const { type, price, size, aggressor } = entry;
      if (type === 'empty') anew();
      else if (type === 'bid') problem ??= book.bids.apply(entry);
      else if (type === 'offer') problem ??= book.asks.apply(entry);
      else if (type === 'trade' && price !== undefined && size !== undefined) {
        trades.push({ price, quantity: size, aggressor });
      } else if (type === 'unknown' && recovery === 'snapshot') {
        problem ??= `${entry.action} of the entry ${entry.reference ?? entry.key}, which is not there`;
      }
    }
    const [bids, asks] = [book.bids.changes(), book.asks.changes()];
    const snapshot = book.begins && (isSnapshot || bids.length + asks.length > 0 || entries.some(isEmptying));
    if (snapshot) book.begins = false;
    if (!snapshot && bids.length + asks.length + trades.length === 0 && problem === undefined) return undefined;
    return { snapshot, bids, asks, trades, ...(problem && { problem }) };
  }
}

function isEmptying({ type }: VenueEntry): boolean {
  return type === 'empty';
}
