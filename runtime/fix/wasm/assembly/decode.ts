/**
 * The fast path: one W or X (35=W, 35=X) in the shape that venues really send, whole or not at all. AssemblyScript, compiled
 * by `npm run wasm`; `fast-path.ts` is its other side.
 *
 * Whatever is out of the ordinary makes `decode` answer 0, with nothing to undo: the generic path then reads the same
 * bytes and says what they are. So this file knows no errors, and every condition here is one more thing that is sound.
 */
import {
  areDigits, byteAt, decimal, fillPowers, inShape, lengthIn, numberOf, rememberShape, scaled, shaped, SOH, soh, sum, timestamp, timestampEnd, units,
  valuesIn, ZERO,
} from './text';

export { setDate, sum } from './text';

const EQUALS: u32 = 61;

/** Bytes of text as one number, lowest address first. */
const BEGIN_A: u64 = 0x2e342e5849463d38; // "8=FIX.4."
const BEGIN_B: u32 = 0x3d390134; // "4", SOH, "9="
const TYPE_W: u32 = 0x573d3533; // "35=W"
const TYPE_X: u32 = 0x583d3533; // "35=X"
const ACTION: u32 = 0x3d393732; // "279="
const TYPE: u32 = 0x3d393632; // "269="
/** "279=", SOH, "26" and "9=", SOH around an action and a type of one byte each. */
const ENTRY_A: u64 = 0x36320100_3d393732;
const ENTRY_A_MASK: u64 = 0xffffff00_ffffffff;
const ENTRY_B: u32 = 0x01003d39;
const ENTRY_B_MASK: u32 = 0xff00ffff;
const PRICE: u32 = 0x3d303732; // "270="
const SIZE: u32 = 0x3d313732; // "271="
const COUNT: u32 = 0x3d383632; // "268="
const AGGRESSOR: u32 = 0x37393735; // "5797"
const SYMBOL: u32 = 0x3d3535; // "55="
const SEQ_NUM: u32 = 0x3d3433; // "34="
const SENDER: u32 = 0x3d3934; // "49="
const SENDING_TIME: u32 = 0x3d3235; // "52="
const TARGET: u32 = 0x3d3635; // "56="
const TRANSACT_TIME: u32 = 0x3d3036; // "60="
const CHECKSUM: u32 = 0x3d3031; // "10="

const PRICE_MAX: i64 = 0x7fffffff;
const LOTS_MAX: i64 = 1 << 50;
/** The arrays of entries are laid out by `MarketData.use`. */
const ENTRIES_MAX: u32 = 4096;
const DELETE: u32 = 2;
const TRADE: u32 = 2;

/** Memory, laid out by `fast-path.ts`. */
@inline const KNOWN: usize = 832;
@inline const HEADER: usize = 1024;
/** The header read last, and which of its bytes the next one's must equal. */
@inline const LAST: usize = 1152;
@inline const FIXED: usize = 1280;
@inline const LAST_BYTES: usize = 128;
@inline const TRAITS: usize = 2048;
@inline const SYMBOLS: usize = 4096;
/**
 * Bytes of one symbol's row: its text as two words and its length; the scales of price and size; what a whole size is
 * multiplied by, 0 where that is not all; the shape of its prices.
 */
@inline const SYMBOL_BYTES: usize = 128;
@inline const PRICE_SCALE: usize = 24;
@inline const SIZE_SCALE: usize = 40;
@inline const SIZE_FACTOR: usize = 56;
@inline const PRICE_SHAPE: usize = 64;

let maxMessageBytes: usize = 0;
let entries: usize = 0;
let places: usize = 0;
let placeMask: u32 = 0;

export function configure(maxBytes: usize, placesAt: usize, mask: u32, entriesAt: usize): void {
  maxMessageBytes = maxBytes;
  places = placesAt;
  placeMask = mask;
  entries = entriesAt;
  fillPowers();
}

/** Where symbol `row` belongs among the places; `fast-path.ts` fills them by it. */
export function hashOf(row: i32): u32 {
  const at = SYMBOLS + <usize>row * SYMBOL_BYTES;
  return hash(load<u64>(at), load<u64>(at, 8));
}

@inline
function hash(low: u64, high: u64): u32 {
  const mixed = (low ^ (high * 0x9e3779b97f4a7c15)) * 0xff51afd7ed558ccd;
  return <u32>(mixed >> 40);
}

/** Reads the message at `start` into the header block and the entries. @returns its length, or 0 */
export function decode(start: usize, end: usize): usize {
  if (start + 32 > end) return 0;
  if (load<u64>(start) != BEGIN_A || load<u32>(start, 8) != BEGIN_B) return 0;
  let at = start + 12;
  let length: usize = 0;
  for (let digits = 0; digits < 7; digits++, at++) {
    const digit = byteAt(at) - ZERO;
    if (digit > 9) break;
    length = length * 10 + digit;
  }
  if (byteAt(at) != SOH || length < 32 || length > maxMessageBytes) return 0;
  const body = at + 1;
  const type = load<u32>(body);
  if ((type != TYPE_X && type != TYPE_W) || byteAt(body, 4) != SOH) return 0;
  const bodyTo = body + length;
  if (bodyTo + 7 > end || byteAt(bodyTo - 1) != SOH || (load<u32>(bodyTo) & 0xffffff) != CHECKSUM) return 0;
  const hundreds = byteAt(bodyTo, 3) - ZERO;
  const tens = byteAt(bodyTo, 4) - ZERO;
  const ones = byteAt(bodyTo, 5) - ZERO;
  if (hundreds > 9 || tens > 9 || ones > 9 || byteAt(bodyTo, 6) != SOH) return 0;
  if (sum(start, bodyTo) != <u32>hundreds * 100 + <u32>tens * 10 + ones) return 0;
  const fields = header(body + 5, bodyTo);
  if (fields == 0) return 0;
  const group = root(fields, bodyTo);
  if (group == 0 || !readEntries(group, bodyTo, type == TYPE_W)) return 0;
  store<u32>(HEADER, <u32>(type == TYPE_W), 40);
  return bodyTo + 7 - start;
}

/** Digits up to nine, the whole of [from, to), as a number; −1 for anything else. */
@inline
function wholeNumber(from: usize, to: usize): i32 {
  if (to - from - 1 > 8) return -1;
  let number = 0;
  for (let at = from; at < to; at++) {
    const digit = byteAt(at) - ZERO;
    if (digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number;
}

/** The header read last: how long it is, and where in it its number and its time are. */
let lastLength: usize = 0;
let numberAt: usize = 0;
let numberDigits: usize = 0;
let timeAt: usize = 0;
let timeLength: usize = 0;
let senderAt: usize = 0;
let senderLength: usize = 0;
let targetAt: usize = 0;
let targetLength: usize = 0;

/** 34, 49, 52 and 56, each once. @returns where the body begins, or 0 */
@inline
function header(from: usize, to: usize): usize {
  const fields = headerLikeLast(from, to);
  return fields != 0 ? fields : headerInAnyOrder(from, to);
}

/** A header that differs from the one before in the digits of its number and time alone. */
@inline
function headerLikeLast(from: usize, to: usize): usize {
  const end = from + lastLength;
  if (lastLength == 0 || end > to) return 0;
  let differences = i8x16.splat(0);
  for (let i: usize = 0; i < lastLength; i += 16) {
    differences = v128.or(
      differences,
      v128.and(v128.xor(v128.load(from + i), v128.load(LAST + i)), v128.load(FIXED + i)),
    );
  }
  if (v128.any_true(differences)) return 0;
  const values = valuesIn(load<u64>(from + numberAt), numberDigits);
  const number = <i32>numberOf(values);
  const timeUs = timestamp(from + timeAt, from + timeAt + timeLength);
  if (!areDigits(values) || number < 1 || isNaN(timeUs)) return 0;
  store<u32>(HEADER, number);
  store<f64>(HEADER, timeUs, 16);
  store<u32>(HEADER, <u32>(from + senderAt), 24);
  store<u32>(HEADER, <u32>(from + senderAt + senderLength), 28);
  store<u32>(HEADER, <u32>(from + targetAt), 32);
  store<u32>(HEADER, <u32>(from + targetAt + targetLength), 36);
  return end;
}

/** Keeps a header, and of each byte whether the next one's must be the same. */
function rememberHeader(from: usize, to: usize): void {
  if (to - from > LAST_BYTES || numberDigits > 8) return;
  lastLength = to - from;
  memory.copy(LAST, from, lastLength);
  memory.fill(FIXED, 0, LAST_BYTES);
  memory.fill(FIXED, 0xff, lastLength);
  memory.fill(FIXED + numberAt, 0, numberDigits);
  memory.fill(FIXED + timeAt, 0, timeLength);
}

function headerInAnyOrder(from: usize, to: usize): usize {
  lastLength = 0;
  let at = from;
  let seen = 0;
  while (seen != 15) {
    if (at >= to) return 0;
    const tag = load<u32>(at) & 0xffffff;
    const value = at + 3;
    const end = soh(at);
    if (end <= value) return 0;
    let bit = 1;
    if (tag == SEQ_NUM) {
      const number = wholeNumber(value, end);
      if (number < 1) return 0;
      store<u32>(HEADER, number);
      numberAt = value - from;
      numberDigits = end - value;
    } else if (tag == SENDING_TIME) {
      bit = 2;
      const timeUs = timestamp(value, end);
      if (isNaN(timeUs)) return 0;
      store<f64>(HEADER, timeUs, 16);
      timeAt = value - from;
      timeLength = end - value;
    } else if (tag == SENDER) {
      bit = 4;
      senderAt = value - from;
      senderLength = end - value;
      store<u32>(HEADER, <u32>value, 24);
      store<u32>(HEADER, <u32>end, 28);
    } else if (tag == TARGET) {
      bit = 8;
      targetAt = value - from;
      targetLength = end - value;
      store<u32>(HEADER, <u32>value, 32);
      store<u32>(HEADER, <u32>end, 36);
    } else return 0;
    if ((seen & bit) != 0) return 0;
    seen |= bit;
    at = end + 1;
  }
  rememberHeader(from, at);
  return at;
}

let rootSymbol: i32 = -1;
let declared: i32 = 0;

/**
 * What precedes the entries: TransactTime, one symbol for all, and whatever needs no attention.
 * @returns where the entries begin, or 0
 */
function root(from: usize, to: usize): usize {
  let at = from;
  let timeUs = NaN;
  rootSymbol = -1;
  while (at < to) {
    const word = load<u32>(at);
    if ((word & 0xffffff) == TRANSACT_TIME) {
      if (!isNaN(timeUs)) return 0;
      const end = timestampEnd(at + 3);
      timeUs = timestamp(at + 3, end);
      if (isNaN(timeUs) || byteAt(end) != SOH) return 0;
      at = end + 1;
      continue;
    }
    const end = soh(at);
    if (word == COUNT) {
      declared = wholeNumber(at + 4, end);
      store<f64>(HEADER, isNaN(timeUs) ? load<f64>(HEADER, 16) : timeUs, 8);
      return declared < 1 || <u32>declared > ENTRIES_MAX ? 0 : end + 1;
    }
    if ((word & 0xffffff) == SYMBOL) {
      if (rootSymbol >= 0) return 0;
      rootSymbol = symbolAt(at + 3, end);
      if (rootSymbol < 0) return 0;
    } else if (!needsNoAttention(at, end)) return 0;
    at = end + 1;
  }
  return 0;
}

/** The symbol read last: its text and SOH where they fit a word, the lanes of them, its length, which one it is. */
let symbolText: u64 = 1;
let symbolMask: u64 = 0;
let symbolLength: usize = 0;
let namedSymbol: i32 = -1;

/**
 * The entries, up to the end of the body: 279 and 269 (a snapshot's: 269), then 55, 270, 271 and 5797 in this order, as far
 * as they are there, and among them whatever needs no attention. An order that is known costs half of one that is asked for
 * field by field.
 */
function readEntries(from: usize, to: usize, isSnapshot: bool): bool {
  const delimiter = isSnapshot ? TYPE : ACTION;
  let at = from;
  let symbol = rootSymbol;
  let count = 0;
  while (at < to) {
    if (count == declared) return false;
    let action: u32 = 0;
    let type: u32 = 0;
    if (isSnapshot) {
      if (load<u32>(at) != TYPE || byteAt(at, 5) != SOH) return false;
      type = byteAt(at, 4) - ZERO;
      at += 6;
    } else {
      const first = load<u64>(at);
      const second = load<u32>(at, 8);
      if ((first & ENTRY_A_MASK) != ENTRY_A || (second & ENTRY_B_MASK) != ENTRY_B) return false;
      action = (<u32>(first >> 32) & 0xff) - ZERO;
      type = ((second >> 16) & 0xff) - ZERO;
      at += 12;
    }
    if (action > 2 || type > 2) return false;
    if (load<u32>(at) != PRICE) at = others(at, SYMBOL, 0xffffff);
    if ((load<u32>(at) & 0xffffff) == SYMBOL) {
      const text = load<u64>(at, 3);
      if ((text & symbolMask) == symbolText) at += symbolLength + 4;
      else {
        const end = soh(at + 3);
        namedSymbol = symbolAt(at + 3, end);
        symbolLength = end - at - 3;
        // Up to seven characters and the SOH behind them.
        symbolMask = symbolLength < 8 ? <u64>-1 >> (<u64>(7 - symbolLength) << 3) : 0;
        symbolText = symbolLength < 8 ? text & symbolMask : 1;
        at = end + 1;
      }
      symbol = namedSymbol;
      at = others(at, PRICE, -1);
    }
    if (symbol < 0 || load<u32>(at) != PRICE) return false;
    const row = SYMBOLS + <usize>symbol * SYMBOL_BYTES;
    const shape = row + PRICE_SHAPE;
    const priceValues = load<u64>(at, 4) ^ load<u64>(shape);
    let price: i64 = 0;
    if (inShape(priceValues, shape)) {
      price = shaped(priceValues, shape);
      if (load<i64>(row, PRICE_SCALE + 8) != 1) {
        if (!scaled(price, row + PRICE_SCALE)) return false;
        price = units;
      }
      at += <usize>load<u32>(shape, 32) + 5;
    } else {
      const priceBytes = decimal(at + 4, row + PRICE_SCALE);
      price = units;
      if (priceBytes == 0 || price > PRICE_MAX || price < -PRICE_MAX) return false;
      rememberShape(at + 4, priceBytes, row + PRICE_SCALE, shape);
      at += priceBytes + 5;
    }
    let lots: i64 = 0;
    at = others(at, SIZE, -1);
    if (load<u32>(at) == SIZE) {
      const text = load<u64>(at, 4);
      let sizeBytes = lengthIn(text);
      const values = valuesIn(text, sizeBytes);
      const factor = load<i64>(row, SIZE_FACTOR);
      if (sizeBytes - 1 < 7 && areDigits(values) && factor != 0) lots = numberOf(values) * factor;
      else {
        sizeBytes = decimal(at + 4, row + SIZE_SCALE);
        lots = units;
      }
      if (sizeBytes == 0 || lots < 0 || lots > LOTS_MAX) return false;
      at = others(at + sizeBytes + 5, delimiter, -1);
    } else if (action != DELETE) return false;
    let aggressor: u32 = 0;
    if (load<u32>(at) == AGGRESSOR) {
      aggressor = byteAt(at, 5) - ZERO;
      if (byteAt(at, 4) != EQUALS || aggressor > 2 || byteAt(at, 6) != SOH) return false;
      at = others(at + 7, delimiter, -1);
    }
    const words = entries + (<usize>count << 2);
    const bytes = entries + <usize>count;
    store<f64>(words + (<usize>count << 2), <f64>select<i64>(0, lots, action == DELETE));
    store<i32>(words, <i32>price, 32768);
    store<i32>(words, symbol, 49152);
    store<i32>(words, 0, 65536);
    store<u8>(bytes, action, 81920);
    store<u8>(bytes, type, 86016);
    // 1 buyer and 2 seller as +1 and −1; 0 and absent are 0.
    store<u8>(bytes, type == TRADE && aggressor != 0 ? 3 - 2 * aggressor : 0, 90112);
    count++;
  }
  store<i32>(HEADER, count, 4);
  return at == to && count == declared;
}

/** Steps over fields that need no attention, up to the tag that is expected or any other that does. */
@inline
function others(from: usize, expected: u32, mask: u32): usize {
  let at = from;
  for (let word = load<u32>(at); (word & mask) != expected; word = load<u32>(at)) {
    if (load<u32>(knownPlace(word)) != word) {
      const end = soh(at);
      if (!needsNoAttention(at, end)) break;
      at = end + 1;
    } else if (byteAt(at, 5) == SOH && byteAt(at, 4) != SOH) at += 6;
    else {
      const end = soh(at + 4);
      if (end == at + 4) break;
      at = end + 1;
    }
  }
  return at;
}

/** Where a tag of three digits and its `=` is kept once it was found to need no attention. */
@inline
function knownPlace(word: u32): usize {
  return KNOWN + (<usize>((word * 0x9e3779b1) >> 27) << 2);
}

/** Whether the field in [from, to) is a tag that means nothing here and a value: no malformed one, and none that does. */
function needsNoAttention(from: usize, to: usize): bool {
  let at = from;
  let tag = byteAt(at) - ZERO;
  if (tag < 1 || tag > 9) return false;
  let digit = byteAt(++at) - ZERO;
  for (; digit <= 9; digit = byteAt(++at) - ZERO) {
    tag = tag * 10 + digit;
    if (tag > 9999999) return false;
  }
  if (byteAt(at) != EQUALS || (tag < 2048 && byteAt(TRAITS + tag) != 0) || tag == 5797) return false;
  if (at == from + 3) store<u32>(knownPlace(load<u32>(from)), load<u32>(from));
  return at + 1 < to;
}

/** The first eight bytes of a text of 1 to 16, zeros behind it. */
@inline
function lowWord(at: usize, length: usize): u64 {
  return length < 8 ? load<u64>(at) & ((<u64>1 << (<u64>length << 3)) - 1) : load<u64>(at);
}

@inline
function highWord(at: usize, length: usize): u64 {
  if (length <= 8) return 0;
  return length < 16 ? load<u64>(at, 8) & ((<u64>1 << (<u64>(length - 8) << 3)) - 1) : load<u64>(at, 8);
}

/** The symbol whose text is [from, to), or −1. */
function symbolAt(from: usize, to: usize): i32 {
  const length = to - from;
  if (length - 1 > 15) return -1;
  const low = lowWord(from, length);
  const high = highWord(from, length);
  let place = hash(low, high) & placeMask;
  let symbol = load<i32>(places + (<usize>place << 2)) - 1;
  while (symbol >= 0) {
    const row = SYMBOLS + <usize>symbol * SYMBOL_BYTES;
    if (load<u64>(row) == low && load<u64>(row, 8) == high && load<u32>(row, 16) == <u32>length) return symbol;
    place = (place + 1) & placeMask;
    symbol = load<i32>(places + (<usize>place << 2)) - 1;
  }
  return -1;
}
