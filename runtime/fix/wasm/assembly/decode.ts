/**
 * The fast path: one X (35=X) in the shape that venues really send, whole or not at all. AssemblyScript, compiled by
 * `npm run wasm`; `fast-path.ts` is its other side.
 *
 * Whatever is out of the ordinary makes `decode` answer 0, with nothing to undo: the generic path then reads the same
 * bytes and says what they are. So this file knows no errors, and every condition here is one more thing that is sound.
 */

const SOH: u32 = 1;
const EQUALS: u32 = 61;
const ZERO: u32 = 48;
const MINUS: u32 = 45;
const DOT: u32 = 46;

/** The same byte in every lane of a word. */
const LOW_BITS: u64 = 0x0101010101010101;
const HIGH_BITS: u64 = 0x8080808080808080;
const DOTS: u64 = 0x2e2e2e2e2e2e2e2e;
const ZEROS: u64 = 0x3030303030303030;
/** What a digit's lane must not reach 128 by. */
const ABOVE_NINE: u64 = 0x7676767676767676;

/** Bytes of text as one number, lowest address first. */
const BEGIN_A: u64 = 0x2e342e5849463d38; // "8=FIX.4."
const BEGIN_B: u32 = 0x3d390134; // "4", SOH, "9="
const TYPE_X: u32 = 0x583d3533; // "35=X"
const ACTION: u32 = 0x3d393732; // "279="
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
const ENTRIES_MAX: i32 = 4096;
/** Digits that cannot overflow an i64: 18. The arrays of entries are laid out by `MarketData.use`. */
const DIGITS_MAX: i32 = 18;
/** Beyond it a double is not exact, and the generic path refuses. */
const EXACT_MAX: i64 = (1 << 53) - 1;

/** Memory, laid out by `fast-path.ts`. */
@inline const POWERS: usize = 640;
@inline const KNOWN: usize = 832;
@inline const HEADER: usize = 1024;
@inline const TRAITS: usize = 2048;
@inline const SYMBOLS: usize = 4096;
/** Bytes of one symbol's row: its text as two words, its length, and the scales of price and size. */
@inline const SYMBOL_BYTES: usize = 64;

@inline
function byteAt(at: usize, offset: usize = 0): u32 {
  return <u32>load<u8>(at + offset);
}

let maxMessageBytes: usize = 0;
let entries: usize = 0;
let places: usize = 0;
let placeMask: u32 = 0;
/** The date that timestamps have, as its eight digits, and its first microsecond. */
let date: u64 = 0;
let dayUs: f64 = 0;

/** Where the next field begins, after a function that read one. */
let next: usize = 0;
let units: i64 = 0;

export function configure(maxBytes: usize, placesAt: usize, mask: u32, entriesAt: usize): void {
  maxMessageBytes = maxBytes;
  places = placesAt;
  placeMask = mask;
  entries = entriesAt;
  let power: i64 = 1;
  for (let i = 0; i <= DIGITS_MAX; i++, power *= 10) store<i64>(POWERS + (<usize>i << 3), power);
}

/** @param at where eight digits stand */
export function setDate(at: usize, firstUs: f64): void {
  date = load<u64>(at);
  dayUs = firstUs;
}

/** Where symbol `row` belongs among the places; `fast-path.ts` fills them by it. */
export function hashOf(row: i32): u32 {
  const at = SYMBOLS + <usize>row * SYMBOL_BYTES;
  return hash(load<u64>(at), load<u64>(at, 8));
}

/** The high bit of the first lane that is zero, and perhaps of later ones; 0 when none is. */
@inline
function zeroLanes(word: u64): u64 {
  return (word - LOW_BITS) & ~word & HIGH_BITS;
}

/** The first SOH from `at` on. */
@inline
function soh(at: usize): usize {
  let from = at;
  let found = zeroLanes(load<u64>(from) ^ LOW_BITS);
  while (found == 0) {
    from += 8;
    found = zeroLanes(load<u64>(from) ^ LOW_BITS);
  }
  return from + <usize>(ctz(found) >> 3);
}

@inline
function hash(low: u64, high: u64): u32 {
  const mixed = (low ^ (high * 0x9e3779b97f4a7c15)) * 0xff51afd7ed558ccd;
  return <u32>(mixed >> 40);
}

/** Sum of bytes modulo 256: sixteen at a time, each lane wraps by itself. */
export function sum(from: usize, to: usize): u32 {
  let lanes = i8x16.splat(0);
  let at = from;
  for (; at + 16 <= to; at += 16) lanes = i8x16.add(lanes, v128.load(at));
  const pairs = i16x8.extadd_pairwise_i8x16_u(lanes);
  const fours = i32x4.extadd_pairwise_i16x8_u(pairs);
  let total =
    i32x4.extract_lane(fours, 0) +
    i32x4.extract_lane(fours, 1) +
    i32x4.extract_lane(fours, 2) +
    i32x4.extract_lane(fours, 3);
  for (; at < to; at++) total += byteAt(at);
  return total & 0xff;
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
  if (load<u32>(body) != TYPE_X || byteAt(body, 4) != SOH) return 0;
  const bodyTo = body + length;
  if (bodyTo + 7 > end || byteAt(bodyTo - 1) != SOH || (load<u32>(bodyTo) & 0xffffff) != CHECKSUM) return 0;
  const hundreds = byteAt(bodyTo, 3) - ZERO;
  const tens = byteAt(bodyTo, 4) - ZERO;
  const ones = byteAt(bodyTo, 5) - ZERO;
  if (hundreds > 9 || tens > 9 || ones > 9 || byteAt(bodyTo, 6) != SOH) return 0;
  if (sum(start, bodyTo) != <u32>hundreds * 100 + <u32>tens * 10 + ones) return 0;
  const fields = header(body + 5, bodyTo);
  if (fields == 0 || !root(fields, bodyTo)) return 0;
  return group(next, bodyTo) ? bodyTo + 7 - start : 0;
}

/** 34, 49, 52 and 56, each once, in any order. @returns where the body begins, or 0 */
function header(from: usize, to: usize): usize {
  let at = from;
  let seen = 0;
  while (seen != 15) {
    if (at >= to) return 0;
    const tag = load<u32>(at) & 0xffffff;
    at += 3;
    const value = at;
    if (tag == SEQ_NUM) {
      let number: u32 = 0;
      let digit = byteAt(at) - ZERO;
      for (; digit <= 9; digit = byteAt(++at) - ZERO) number = number * 10 + digit;
      if (at == value || at - value > 9 || number == 0 || byteAt(at) != SOH || (seen & 1) != 0) return 0;
      store<u32>(HEADER, number);
      seen |= 1;
    } else if (tag == SENDING_TIME) {
      if ((seen & 2) != 0 || !timestamp(at, HEADER + 16)) return 0;
      at = next;
      seen |= 2;
    } else if (tag == SENDER || tag == TARGET) {
      const bit = tag == SENDER ? 4 : 8;
      at = soh(at);
      if (at == value || (seen & bit) != 0) return 0;
      const place: usize = tag == SENDER ? HEADER + 24 : HEADER + 32;
      store<u32>(place, <u32>value);
      store<u32>(place, <u32>at, 4);
      seen |= bit;
    } else return 0;
    at++;
  }
  return at;
}

/** What precedes the entries: TransactTime, one symbol for all, and whatever needs no attention. `next` is after 268. */
function root(from: usize, to: usize): bool {
  let at = from;
  let hasTime = false;
  rootSymbol = -1;
  while (at < to) {
    const word = load<u32>(at);
    if (word == COUNT) {
      at += 4;
      let count = 0;
      let digit = byteAt(at) - ZERO;
      for (; digit <= 9 && count <= ENTRIES_MAX; digit = byteAt(++at) - ZERO) count = count * 10 + digit;
      if (byteAt(at) != SOH || count < 1 || count > ENTRIES_MAX) return false;
      declared = count;
      next = at + 1;
      if (!hasTime) store<f64>(HEADER + 8, load<f64>(HEADER + 16));
      return true;
    }
    if ((word & 0xffffff) == TRANSACT_TIME) {
      if (hasTime || !timestamp(at + 3, HEADER + 8)) return false;
      hasTime = true;
      at = next + 1;
    } else if ((word & 0xffffff) == SYMBOL) {
      if (rootSymbol >= 0) return false;
      rootSymbol = symbolAt(at + 3);
      if (rootSymbol < 0) return false;
      at = next + 1;
    } else {
      at = skip(at);
      if (at == 0) return false;
    }
  }
  return false;
}

let rootSymbol: i32 = -1;
let declared: i32 = 0;

/**
 * The entries, up to the end of the body: 279 and 269, then 55, 270, 271 and 5797 in this order, as far as they are there,
 * and among them whatever needs no attention. An order that is known costs half of one that is asked for field by field.
 */
function group(from: usize, to: usize): bool {
  let at = from;
  let symbol = rootSymbol;
  let symbolText: u64 = 1;
  let symbolMask: u64 = 0;
  let symbolWidth: usize = 0;
  let count = 0;
  while (at < to) {
    const first = load<u64>(at);
    const second = load<u32>(at, 8);
    if (count == declared || (first & ENTRY_A_MASK) != ENTRY_A || (second & ENTRY_B_MASK) != ENTRY_B) return false;
    const action = (<u32>(first >> 32) & 0xff) - ZERO;
    const type = ((second >> 16) & 0xff) - ZERO;
    if (action > 2 || type > 2) return false;
    at += 12;
    if (load<u32>(at) != PRICE) at = others(at, SYMBOL, 0xffffff);
    if ((load<u32>(at) & 0xffffff) == SYMBOL) {
      const text = load<u64>(at, 3);
      if ((text & symbolMask) == symbolText) at += symbolWidth + 4;
      else {
        symbol = symbolAt(at + 3);
        symbolWidth = next - at - 3;
        // Up to seven characters and the SOH behind them.
        symbolMask = symbolWidth < 8 ? <u64>-1 >> (<u64>(7 - symbolWidth) << 3) : 0;
        symbolText = symbolWidth < 8 ? text & symbolMask : 1;
        at = next + 1;
      }
      at = others(at, PRICE, -1);
    }
    if (symbol < 0 || load<u32>(at) != PRICE) return false;
    const scales = SYMBOLS + <usize>symbol * SYMBOL_BYTES;
    const priceBytes = decimal(at + 4, scales + 24);
    const price = units;
    if (priceBytes == 0 || price > PRICE_MAX || price < -PRICE_MAX) return false;
    at += priceBytes + 5;
    let lots: i64 = 0;
    at = others(at, SIZE, -1);
    if (load<u32>(at) == SIZE) {
      const sizeBytes = decimal(at + 4, scales + 40);
      lots = units;
      if (sizeBytes == 0 || lots < 0 || lots > LOTS_MAX) return false;
      at = others(at + sizeBytes + 5, ACTION, -1);
    } else if (action != 2) return false;
    let aggressor: u32 = 0;
    if (load<u32>(at) == AGGRESSOR) {
      aggressor = byteAt(at, 5) - ZERO;
      if (byteAt(at, 4) != EQUALS || aggressor > 2 || byteAt(at, 6) != SOH) return false;
      at = others(at + 7, ACTION, -1);
    }
    const words = entries + (<usize>count << 2);
    const bytes = entries + <usize>count;
    store<f64>(words + (<usize>count << 2), select<f64>(0, <f64>lots, action == 2));
    store<i32>(words, <i32>price, 32768);
    store<i32>(words, symbol, 49152);
    store<i32>(words, 0, 65536);
    store<u8>(bytes, action, 81920);
    store<u8>(bytes, type, 86016);
    // 1 buyer and 2 seller as +1 and −1; 0 and absent are 0.
    store<u8>(bytes, type == 2 && aggressor != 0 ? 3 - 2 * aggressor : 0, 90112);
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
      const after = skip(at);
      if (after == 0) break;
      at = after;
    } else if (byteAt(at, 5) == SOH && byteAt(at, 4) != SOH) at += 6;
    else {
      const to = soh(at + 4);
      if (to == at + 4) break;
      at = to + 1;
    }
  }
  return at;
}

/** Where a tag of three digits and its `=` is kept once it was found to need no attention. */
@inline
function knownPlace(word: u32): usize {
  return KNOWN + (<usize>((word * 0x9e3779b1) >> 27) << 2);
}

/** The field after the value at `at`, or 0 when it is empty. */
@inline
function afterValue(at: usize): usize {
  const to = soh(at);
  return to == at ? 0 : to + 1;
}

/** Steps over a field that needs no attention, or 0: a tag that is malformed, or that means something here. */
function skip(from: usize): usize {
  let at = from;
  let tag = byteAt(at) - ZERO;
  if (tag < 1 || tag > 9) return 0;
  let digit = byteAt(++at) - ZERO;
  for (; digit <= 9; digit = byteAt(++at) - ZERO) {
    tag = tag * 10 + digit;
    if (tag > 9999999) return 0;
  }
  if (byteAt(at) != EQUALS || (tag < 2048 && byteAt(TRAITS + tag) != 0) || tag == 5797) return 0;
  if (at == from + 3) store<u32>(knownPlace(load<u32>(from)), load<u32>(from));
  return afterValue(at + 1);
}

/** The symbol whose text begins at `at`, or −1. `next` is after it. */
function symbolAt(at: usize): i32 {
  const to = soh(at);
  next = to;
  const length = to - at;
  if (length == 0 || length > 16) return -1;
  let low = load<u64>(at);
  let high: u64 = 0;
  if (length < 8) low &= (<u64>1 << (<u64>length * 8)) - 1;
  else if (length > 8) {
    high = load<u64>(at, 8);
    if (length < 16) high &= (<u64>1 << (<u64>(length - 8) * 8)) - 1;
  }
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

/**
 * Decimal text into `units` of a scale: how many decimals it has, and its mantissa. Up to seven characters without a sign
 * are read at once, whatever their number and wherever the dot is.
 * @returns how many characters it has, or 0
 */
function decimal(from: usize, scale: usize): usize {
  const word = load<u64>(from);
  const end = zeroLanes(word ^ LOW_BITS);
  // The lanes before the first SOH.
  const text = word & (((end & -end) >> 7) - 1);
  const length = <i32>(ctz(end) >> 3);
  const dot = zeroLanes(text ^ DOTS);
  const hasDot = <i32>(dot != 0);
  // All lanes when there is no dot.
  const whole = ((dot & -dot) >> 7) - 1;
  const digits = length - hasDot;
  const shift = <u64>(8 - digits) << 3;
  const lanes = (((text & whole) | ((text >> 8) & ~whole)) << shift) | (ZEROS & ((<u64>1 << shift) - 1));
  const values = lanes ^ ZEROS;
  const missing = load<i32>(scale) - (-hasDot & (length - 1 - <i32>(ctz(dot) >> 3)));
  if (end == 0 || digits < 1 || ((values | (values + ABOVE_NINE)) & HIGH_BITS) != 0 || <u32>missing > 10) {
    return decimalOfAnyLength(from, scale);
  }
  const pairs = values * 10 + (values >> 8);
  const number =
    ((pairs & 0x000000ff000000ff) * 0x000f424000000064 + ((pairs >> 16) & 0x000000ff000000ff) * 0x0000271000000001) >> 32;
  return scaled(<i64>number * load<i64>(POWERS + (<usize>missing << 3)), scale) ? length : 0;
}

/** Whole increments of a scale into `units`. */
@inline
function scaled(value: i64, scale: usize): bool {
  if (value > EXACT_MAX) return false;
  const mantissa = load<i64>(scale, 8);
  units = value;
  if (mantissa != 1) {
    if (value % mantissa != 0) return false;
    units = value / mantissa;
  }
  return true;
}

/** The same, byte by byte. */
function decimalOfAnyLength(from: usize, scale: usize): usize {
  let at = from;
  let byte = byteAt(at);
  const negative = byte == MINUS;
  if (negative) byte = byteAt(++at);
  const most = load<i32>(scale);
  const first = at;
  let value: i64 = 0;
  let decimals = -1;
  for (; byte != SOH; byte = byteAt(++at)) {
    const digit = byte - ZERO;
    if (digit <= 9) {
      value = value * 10 + digit;
      if (decimals >= 0) decimals++;
    } else if (byte == DOT && decimals < 0) decimals = 0;
    else return 0;
  }
  const digits = <i32>(at - first) - (decimals < 0 ? 0 : 1);
  if (digits < 1 || digits > DIGITS_MAX) return 0;
  let missing = most - (decimals < 0 ? 0 : decimals);
  if (digits + missing > DIGITS_MAX) return 0;
  for (; missing > 0; missing--) value *= 10;
  for (; missing < 0; missing++) {
    if (value % 10 != 0) return 0;
    value /= 10;
  }
  if (!scaled(value, scale)) return 0;
  if (negative) units = -units;
  return at - from;
}

@inline
function two(at: usize): u32 {
  const tens = byteAt(at) - ZERO;
  const ones = byteAt(at, 1) - ZERO;
  return tens > 9 || ones > 9 ? 100 : tens * 10 + ones;
}

/** A timestamp of the known date, to the millisecond or microsecond, in microseconds to `out`. `next` is after it. */
function timestamp(at: usize, out: usize): bool {
  if (load<u64>(at) != date) return false;
  if (byteAt(at, 8) != MINUS || byteAt(at, 11) != 58 || byteAt(at, 14) != 58 || byteAt(at, 17) != DOT) return false;
  const hours = two(at + 9);
  const minutes = two(at + 12);
  const seconds = two(at + 15);
  if (hours > 23 || minutes > 59 || seconds > 59) return false;
  let fraction: u32 = 0;
  let digits = 0;
  let to = at + 18;
  let digit = byteAt(to) - ZERO;
  for (; digit <= 9; digit = byteAt(++to) - ZERO) {
    fraction = fraction * 10 + digit;
    if (++digits > 6) return false;
  }
  if (byteAt(to) != SOH) return false;
  if (digits == 3) fraction *= 1000;
  else if (digits != 6) return false;
  store<f64>(out, dayUs + <f64>((hours * 60 + minutes) * 60 + seconds) * 1000000 + <f64>fraction);
  next = to;
  return true;
}
