import type { StructuredMessage } from '../../../runtime/fix/structured/fields.ts';
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
      yield* session.end();
    },
  };
}

/** NoRelatedSym: the instruments of a SecurityList. */
const INSTRUMENTS_TAG = 146;
/** A problem of the session is no symbol's. */
const NOTHING = { symbol: '', timeUs: 0, snapshot: false, bids: [], asks: [], trades: [] } as const;

class SymbolBook {
  readonly bids: KeyedSide;
  readonly asks: KeyedSide;
  /** The next event tells all there is. */
  begins: boolean;
  /** What the event at hand has brought so far, beside levels; empty once it was told. */
  event: { snapshot: boolean; emptied: boolean; gone: boolean; trades: FeedTrade[]; problem: string | undefined };

  constructor({ marketData }: Dialect) {
    this.bids = keyedSide('bid', marketData);
    this.asks = keyedSide('ask', marketData);
    this.begins = marketData.recovery === 'natural';
    this.event = nothingYet();
  }

  beginAnew(): void {
    this.bids.clear();
    this.asks.clear();
    this.begins = true;
  }
}

function nothingYet(): SymbolBook['event'] {
  return { snapshot: false, emptied: false, gone: false, trades: [], problem: undefined };
}

class VenueSession {
  readonly #dialect: Dialect;
  readonly #books = new Map<string, SymbolBook>();
  readonly #lastNumber = new Map<string, number>();
  readonly #decimals = new Map<string, FeedEvent['decimals']>();
  /** Books of the event at hand. */
  readonly #open = new Map<string, SymbolBook>();

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

  /** After the last file. */
  *end(): Generator<FeedEvent> {
    for (const symbol of this.#open.keys()) {
      yield { ...NOTHING, where: symbol, problem: 'the recording ends in the middle of an event' };
    }
  }

  *#events(where: string, { message, seqNum, timeUs, lost, entries, ...told }: VenueMessage): Generator<FeedEvent> {
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
    if (message.msgType === 'y') this.#learnDecimals(message);
    if (message.msgType !== 'W' && message.msgType !== 'X') return;
    for (const symbol of new Set(entries.map((entry) => entry.symbol))) {
      if (symbol === undefined) continue;
      const gone = lost === 'everything' || lost?.has(symbol) === true;
      const own = entries.filter((entry) => entry.symbol === symbol);
      this.#open.set(symbol, this.#apply(symbol, own, message.msgType === 'W', gone));
    }
    if (!told.endsEvent) return;
    // Its number follows the one before it, or a problem was told instead.
    let continues = true;
    for (const [symbol, book] of this.#open) {
      const { gone } = book.event;
      const event = eventOf(book);
      if (event === undefined) continue;
      const crc32 = told.checksum === undefined ? {} : { crc32: Number(told.checksum) };
      const witness = { ...(continues && !gone && { continues }), ...crc32 };
      const decimals = this.#decimals.get(symbol);
      yield { where, symbol, timeUs, ...event, witness, ...(decimals && { decimals }) };
      continues = false;
    }
    this.#open.clear();
  }

  #apply(symbol: string, entries: readonly VenueEntry[], isSnapshot: boolean, gone: boolean): SymbolBook {
    const { recovery } = this.#dialect.marketData;
    let book = this.#books.get(symbol);
    if (book === undefined) {
      book = new SymbolBook(this.#dialect);
      this.#books.set(symbol, book);
    }
    const { event } = book;
    // A snapshot in several messages begins with the first of them.
    if ((isSnapshot && !event.snapshot) || (gone && recovery === 'natural')) book.beginAnew();
    event.snapshot ||= isSnapshot;
    event.gone ||= gone;
    for (const entry of entries) {
      const { type, price, size, aggressor } = entry;
      if (type === 'empty') {
        book.beginAnew();
        event.emptied = true;
      } else if (type === 'bid') event.problem ??= book.bids.apply(entry);
      else if (type === 'offer') event.problem ??= book.asks.apply(entry);
      else if (type === 'trade' && price !== undefined && size !== undefined) {
        event.trades.push({ price, quantity: size, aggressor });
      } else if (type === 'unknown' && recovery === 'snapshot') {
        event.problem ??= `${entry.action} of the entry ${entry.reference ?? entry.key}, which is not there`;
      }
    }
    return book;
  }

  /** Of a SecurityList (y), where the venue's checksum needs them. */
  #learnDecimals({ body }: StructuredMessage): void {
    const { checksum } = this.#dialect.marketData;
    if (checksum === undefined) return;
    for (const one of body.group(INSTRUMENTS_TAG)) {
      const [symbol, price, quantity] = [55, checksum.priceDecimals, checksum.quantityDecimals].map((tag) =>
        one.text(tag),
      );
      if (symbol === undefined || price === undefined || quantity === undefined) continue;
      this.#decimals.set(symbol, { price: Number(price), quantity: Number(quantity) });
    }
  }
}

/** What the event that ends here makes of a symbol; undefined when it changes nothing that is known of it. */
function eventOf(book: SymbolBook): Pick<FeedEvent, 'snapshot' | 'bids' | 'asks' | 'trades' | 'problem'> | undefined {
  const { snapshot: isSnapshot, emptied, trades, problem } = book.event;
  book.event = nothingYet();
  const [bids, asks] = [book.bids.changes(), book.asks.changes()];
  const levels = bids.length + asks.length;
  const snapshot = book.begins && (isSnapshot || emptied || levels > 0);
  if (snapshot) book.begins = false;
  if (!snapshot && levels + trades.length === 0 && problem === undefined) return undefined;
  return { snapshot, bids, asks, trades, ...(problem && { problem }) };
}
