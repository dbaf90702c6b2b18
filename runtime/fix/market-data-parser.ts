import type { InstrumentTable } from '../instrument.ts';
import { latin1, parseDigits, ZERO } from './ascii.ts';
import { type DecimalScale, isDecimal } from './decimal.ts';
import type { FieldScanner } from './field-scanner.ts';
import { ACTION, ENTRY, MAX_ENTRIES, MAX_LOTS, MarketData } from './market-data.ts';
import type { MessageHeader } from './message-header.ts';
import { Refusal } from './refusal.ts';
import { SymbolIndex } from './symbol-index.ts';
import { isHeaderTag, isTrailerTag } from './tags.ts';
import type { TimestampCodec } from './timestamp.ts';

/** Fields of one entry that have been seen. */
const ACTION_SEEN = 1;
const TYPE_SEEN = 2;
const SYMBOL_SEEN = 4;
const PRICE_SEEN = 8;
const SIZE_SEEN = 16;
const AGGRESSOR_SEEN = 32;
const RPT_SEQ_SEEN = 64;

const INT32_MAX = 0x7fffffff;

/**
 * The body of one W or X into a reused `MarketData`.
 *
 * Entries may begin with 279 or 269, whichever comes first in the message; the order of the other fields is free and
 * unknown tags are tolerated. This is the generic path: it says what is wrong with whatever `FastPath` did not take.
 */
export class MarketDataParser {
  readonly data = new MarketData();
  /** The first symbol of the message that is not configured, if any. */
  unknownSymbol: string | undefined;
  readonly #symbols: SymbolIndex;
  readonly #header: MessageHeader;
  readonly #times: TimestampCodec;
  #rootSymbolFrom = 0;
  #rootSymbolTo = 0;
  /** The entry being read: which fields it has had, and where their values are. */
  #seen = 0;
  #action = 0;
  #type = 0;
  #aggressor = 0;
  #rptSeq = 0;
  #rootRptSeq = 0;
  #symbolId = -1;
  #symbolFrom = 0;
  #symbolTo = 0;
  #priceFrom = 0;
  #priceTo = 0;
  #sizeFrom = 0;
  #sizeTo = 0;

  constructor(instruments: InstrumentTable, header: MessageHeader, times: TimestampCodec) {
    this.#symbols = new SymbolIndex(instruments);
    this.#header = header;
    this.#times = times;
  }

  /** Reads the fields after MsgType into `data`. @throws Refusal, with nothing of `data` to be used */
  read(scanner: FieldScanner, snapshot: boolean): void {
    const { data } = this;
    const header = this.#header;
    header.reset();
    this.unknownSymbol = undefined;
    this.#rootSymbolTo = 0;
    this.#rootRptSeq = 0;
    data.snapshot = snapshot;
    data.count = 0;
    let timeUs = Number.NaN;
    let declared = -1;
    let inBody = false;
    while (declared < 0 && scanner.next()) {
      const { bytes, tag, from, to } = scanner;
      if (isHeaderTag(tag)) {
        if (inBody) throw new Refusal('OUT_OF_ORDER', tag, 'a header field after the body began');
        header.take(scanner);
        continue;
      }
      inBody = true;
      switch (tag) {
        case 55:
          if (this.#rootSymbolTo !== 0) throw new Refusal('DUPLICATE_TAG', tag);
          this.#rootSymbolFrom = from;
          this.#rootSymbolTo = to;
          break;
        case 60:
          if (!Number.isNaN(timeUs)) throw new Refusal('DUPLICATE_TAG', tag);
          timeUs = this.#times.parse(bytes, from, to);
          if (Number.isNaN(timeUs)) throw new Refusal('BAD_TIMESTAMP', tag, latin1(bytes, from, to));
          break;
        case 83:
          if (this.#rootRptSeq !== 0) throw new Refusal('DUPLICATE_TAG', tag);
          this.#rootRptSeq = rptSeqAt(bytes, from, to);
          break;
        case 268:
          declared = parseDigits(bytes, from, to);
          if (declared < 1 || declared > MAX_ENTRIES) {
            throw new Refusal('BAD_GROUP_COUNT', tag, `${latin1(bytes, from, to)}, 1 to ${MAX_ENTRIES} are allowed`);
          }
          break;
        case 269:
        case 270:
        case 271:
        case 279:
        case 5797:
          throw new Refusal('BAD_TAG', tag, 'a field of the entries before their count');
        default:
          if (isTrailerTag(tag)) throw new Refusal('MISSING_FIELD', 268);
      }
    }
    header.complete(false);
    if (declared < 0) throw new Refusal('MISSING_FIELD', 268);
    this.#readEntries(scanner, declared);
    data.seqNum = header.seqNum;
    data.possDup = header.possDup;
    data.timeUs = Number.isNaN(timeUs) ? header.sendingTimeUs : timeUs;
  }

  #readEntries(scanner: FieldScanner, declared: number): void {
    let delimiter = 0;
    let opened = 0;
    let inTrailer = false;
    for (;;) {
      if (!scanner.next()) break;
      const { tag } = scanner;
      if (isTrailerTag(tag)) {
        inTrailer = true;
        continue;
      }
      if (inTrailer) throw new Refusal('OUT_OF_ORDER', tag, 'a body field after the trailer began');
      if (isHeaderTag(tag)) throw new Refusal('OUT_OF_ORDER', tag, 'a header field after the body began');
      if (opened === 0) delimiter = this.#delimiter(tag);
      if (tag === delimiter) this.#nextEntry(scanner, opened++, declared);
      this.#takeField(scanner);
    }
    if (opened > 0) this.#closeEntry(scanner);
    if (opened !== declared) throw new Refusal('BAD_GROUP_COUNT', 268, `${opened} entries where ${declared} are said`);
  }

  #delimiter(firstTag: number): number {
    if (firstTag === 279 || firstTag === 269) return firstTag;
    throw new Refusal('MISSING_FIELD', this.data.snapshot ? 269 : 279);
  }

  /** Closes the entry before, if any, and opens the one with number `opened` (from 0). */
  #nextEntry(scanner: FieldScanner, opened: number, declared: number): void {
    if (opened > 0) this.#closeEntry(scanner);
    if (opened === declared) throw new Refusal('BAD_GROUP_COUNT', 268, `more entries than ${declared}`);
    this.#seen = 0;
    this.#aggressor = 0;
    this.#rptSeq = this.#rootRptSeq;
  }

  /** One field of an entry, in any order. */
  #takeField(scanner: FieldScanner): void {
    const { bytes, tag, from, to } = scanner;
    switch (tag) {
      case 279:
        this.#once(tag, ACTION_SEEN);
        this.#action = to - from === 1 ? bytes[from] - ZERO : -1;
        if (this.#action < 0 || this.#action > 2 || (this.data.snapshot && this.#action !== ACTION.NEW)) {
          throw new Refusal('BAD_ENUM', tag, latin1(bytes, from, to));
        }
        break;
      case 269:
        this.#once(tag, TYPE_SEEN);
        this.#type = to - from === 1 ? entryTypeOf(bytes[from]) : -1;
        if (this.#type < 0) throw new Refusal('BAD_ENUM', tag, latin1(bytes, from, to));
        break;
      case 55:
        this.#once(tag, SYMBOL_SEEN);
        this.#symbolFrom = from;
        this.#symbolTo = to;
        break;
      case 270:
        this.#once(tag, PRICE_SEEN);
        this.#priceFrom = from;
        this.#priceTo = to;
        break;
      case 271:
        this.#once(tag, SIZE_SEEN);
        this.#sizeFrom = from;
        this.#sizeTo = to;
        break;
      case 83:
        this.#once(tag, RPT_SEQ_SEEN);
        this.#rptSeq = rptSeqAt(bytes, from, to);
        break;
      case 5797: {
        this.#once(tag, AGGRESSOR_SEEN);
        const side = to - from === 1 ? bytes[from] - ZERO : -1;
        if (side < 0 || side > 2) throw new Refusal('BAD_ENUM', tag, latin1(bytes, from, to));
        this.#aggressor = side === 1 ? 1 : side === 2 ? -1 : 0;
        break;
      }
      case 268:
        throw new Refusal('DUPLICATE_TAG', tag);
    }
  }

  #once(tag: number, bit: number): void {
    if ((this.#seen & bit) !== 0) throw new Refusal('DUPLICATE_TAG', tag);
    this.#seen |= bit;
  }

  /** Judges the entry that was read and writes it to `data`. */
  #closeEntry(scanner: FieldScanner): void {
    const { data } = this;
    const { bytes } = scanner;
    const index = data.count;
    const seen = this.#seen;
    if ((seen & TYPE_SEEN) === 0) throw new Refusal('MISSING_FIELD', 269);
    if (!data.snapshot && (seen & ACTION_SEEN) === 0) throw new Refusal('MISSING_FIELD', 279);
    if (data.snapshot) this.#action = ACTION.NEW;
    this.#findSymbol(bytes);
    const isLevel = this.#type === ENTRY.BID || this.#type === ENTRY.OFFER || this.#type === ENTRY.TRADE;
    const deletes = this.#action === ACTION.DELETE;
    if (isLevel && (seen & PRICE_SEEN) === 0) throw new Refusal('MISSING_FIELD', 270);
    if (isLevel && !deletes && (seen & SIZE_SEEN) === 0) throw new Refusal('MISSING_FIELD', 271);
    const priceTicks = this.#number(bytes, (seen & PRICE_SEEN) !== 0, isLevel, 270, this.#priceFrom, this.#priceTo);
    const quantityLots = this.#number(bytes, (seen & SIZE_SEEN) !== 0, isLevel, 271, this.#sizeFrom, this.#sizeTo);
    data.symbolId[index] = this.#symbolId;
    data.action[index] = this.#action;
    data.entryType[index] = this.#type;
    data.priceTicks[index] = priceTicks;
    data.quantityLots[index] = deletes ? 0 : quantityLots;
    data.aggressor[index] = this.#type === ENTRY.TRADE ? this.#aggressor : 0;
    data.rptSeq[index] = this.#rptSeq;
    data.count = index + 1;
  }

  /** The entry's symbol: its own, else the previous entry's, else the root's. */
  #findSymbol(bytes: Uint8Array): void {
    let from = this.#symbolFrom;
    let to = this.#symbolTo;
    if ((this.#seen & SYMBOL_SEEN) === 0) {
      if (this.data.count > 0) {
        this.#symbolId = this.data.symbolId[this.data.count - 1];
        return;
      }
      if (this.#rootSymbolTo === 0) throw new Refusal('MISSING_FIELD', 55);
      from = this.#rootSymbolFrom;
      to = this.#rootSymbolTo;
    }
    this.#symbolId = this.#symbols.idAt(bytes, from, to);
    if (this.#symbolId < 0) this.unknownSymbol ??= latin1(bytes, from, to);
  }

  /**
   * A price (270) in ticks or a size (271) in lots; 0 when absent. Entries that make no book (statistics, unknown
   * symbols) are held to the syntax of a number only, and yield 0.
   */
  #number(bytes: Uint8Array, present: boolean, isLevel: boolean, tag: 270 | 271, from: number, to: number): number {
    if (!present) return 0;
    const isPrice = tag === 270;
    if (this.#symbolId < 0 || !isLevel) {
      if (isDecimal(bytes, from, to)) return 0;
      throw new Refusal(isPrice ? 'BAD_PRICE' : 'BAD_NUMBER', tag, latin1(bytes, from, to));
    }
    const scale = this.#scale(isPrice);
    const units = scale.parse(bytes, from, to);
    if (Number.isNaN(units) && scale.problem === 'OFF_INCREMENT') {
      throw new Refusal(isPrice ? 'OFF_TICK' : 'OFF_LOT', tag, latin1(bytes, from, to));
    }
    if (!(isPrice ? Math.abs(units) <= INT32_MAX : units >= 0 && units <= MAX_LOTS)) {
      throw new Refusal(isPrice ? 'BAD_PRICE' : 'BAD_NUMBER', tag, latin1(bytes, from, to));
    }
    return units;
  }

  #scale(isPrice: boolean): DecimalScale {
    return (isPrice ? this.#symbols.prices : this.#symbols.quantities)[this.#symbolId] as DecimalScale;
  }
}

/** RptSeq (83), 1 to 2³¹ − 1. @throws Refusal */
function rptSeqAt(bytes: Uint8Array, from: number, to: number): number {
  const value = parseDigits(bytes, from, to);
  if (value < 1 || value > INT32_MAX) throw new Refusal('BAD_NUMBER', 83, latin1(bytes, from, to));
  return value;
}

/** MDEntryType (269); −1 for what no FIX version has. */
function entryTypeOf(byte: number): number {
  if (byte === 48) return ENTRY.BID;
  if (byte === 49) return ENTRY.OFFER;
  if (byte === 50) return ENTRY.TRADE;
  if (byte === 74) return ENTRY.EMPTY;
  const isDigit = byte >= 48 && byte <= 57;
  const isLetter = (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122);
  return isDigit || isLetter ? ENTRY.OTHER : -1;
}
