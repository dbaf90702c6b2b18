import type { InstrumentTable } from '../instrument.ts';
import { latin1, parseDigits, SOH, ZERO } from './ascii.ts';
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
/** The four bytes "2xx=" as one number, compared at once by the fast path. */
const word = (text: string): number =>
  (text.charCodeAt(0) << 24) | (text.charCodeAt(1) << 16) | (text.charCodeAt(2) << 8) | text.charCodeAt(3);
const ACTION_WORD = word('279=');
const TYPE_WORD = word('269=');
const PRICE_WORD = word('270=');
const SIZE_WORD = word('271=');

/**
 * The body of one W or X into a reused `MarketData`.
 *
 * Entries may begin with 279 or 269, whichever comes first in the message; the order of the other fields is free and
 * unknown tags are tolerated. The fast path takes a whole entry in the order that our venue writes and otherwise takes
 * nothing: the generic path then reads the same bytes. Fuzzing holds the two to the same answers.
 */
export class MarketDataParser {
  readonly data = new MarketData();
  /** The first symbol of the message that is not configured, if any. */
  unknownSymbol: string | undefined;
  readonly #symbols: SymbolIndex;
  readonly #header: MessageHeader;
  readonly #times: TimestampCodec;
  readonly #fastPath: boolean;
  #rootSymbolFrom = 0;
  #rootSymbolTo = 0;
  /** The entry being read: which fields it has had, and where their values are. */
  #seen = 0;
  #judged = false;
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

  constructor(instruments: InstrumentTable, header: MessageHeader, times: TimestampCodec, fastPath: boolean) {
    this.#symbols = new SymbolIndex(instruments);
    this.#header = header;
    this.#times = times;
    this.#fastPath = fastPath;
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
    const fast = this.#fastPath && !this.data.snapshot;
    let delimiter = 0;
    let opened = 0;
    let inTrailer = false;
    for (;;) {
      const predicted = fast && !inTrailer && (opened === 0 || delimiter === 279) && startsAction(scanner);
      if (predicted) {
        this.#nextEntry(scanner, opened++, declared);
        delimiter = 279;
        if (this.#takeEntry(scanner)) continue;
        // Not in the predicted shape: the generic path reads the entry that was opened.
        scanner.next();
      } else {
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
      }
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
    this.#judged = false;
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
    if (!this.#judged) {
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
    }
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

  /**
   * The fast path: `279=a 269=b 55=symbol 270=price 271=size` (no 271 on a delete) of a configured symbol, sound in
   * every field; then true, with the entry judged and written. Otherwise false, and nothing has happened.
   */
  #takeEntry(scanner: FieldScanner): boolean {
    const { data } = this;
    const { bytes } = scanner;
    let at = scanner.at + 4;
    const action = bytes[at] - ZERO;
    if (action < 0 || action > 2 || bytes[at + 1] !== SOH) return false;
    at += 2;
    if (wordAt(bytes, at) !== TYPE_WORD) return false;
    const type = bytes[at + 4] - ZERO;
    if (type < 0 || type > 2 || bytes[at + 5] !== SOH) return false;
    at += 6;
    if (bytes[at] !== 53 || bytes[at + 1] !== 53 || bytes[at + 2] !== 61) return false;
    let from = at + 3;
    at = from;
    while (bytes[at] !== SOH) at++;
    const symbolId = this.#symbols.idAt(bytes, from, at);
    if (symbolId < 0) return false;
    at++;
    if (wordAt(bytes, at) !== PRICE_WORD) return false;
    from = at + 4;
    at = from;
    while (bytes[at] !== SOH) at++;
    const priceTicks = (this.#symbols.prices[symbolId] as DecimalScale).parse(bytes, from, at);
    if (!(priceTicks >= -INT32_MAX && priceTicks <= INT32_MAX)) return false;
    at++;
    let seen = ACTION_SEEN | TYPE_SEEN | SYMBOL_SEEN | PRICE_SEEN;
    let quantityLots = 0;
    if (wordAt(bytes, at) === SIZE_WORD) {
      from = at + 4;
      at = from;
      while (bytes[at] !== SOH) at++;
      quantityLots = (this.#symbols.quantities[symbolId] as DecimalScale).parse(bytes, from, at);
      if (!(quantityLots >= 0 && quantityLots <= MAX_LOTS)) return false;
      at++;
      seen |= SIZE_SEEN;
    } else if (action !== ACTION.DELETE || (at < scanner.end && wordAt(bytes, at) !== ACTION_WORD)) return false;
    this.#seen = seen;
    this.#judged = true;
    this.#type = type;
    const index = data.count;
    data.symbolId[index] = symbolId;
    data.action[index] = action;
    data.entryType[index] = type;
    data.priceTicks[index] = priceTicks;
    data.quantityLots[index] = action === ACTION.DELETE ? 0 : quantityLots;
    scanner.moveTo(at);
    return true;
  }
}

/** RptSeq (83), 1 to 2³¹ − 1. @throws Refusal */
function rptSeqAt(bytes: Uint8Array, from: number, to: number): number {
  const value = parseDigits(bytes, from, to);
  if (value < 1 || value > INT32_MAX) throw new Refusal('BAD_NUMBER', 83, latin1(bytes, from, to));
  return value;
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}

function startsAction(scanner: FieldScanner): boolean {
  return scanner.at < scanner.end && wordAt(scanner.bytes, scanner.at) === ACTION_WORD;
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
