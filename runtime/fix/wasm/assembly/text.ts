/** Values as FIX writes them, read many bytes at a time: where they end, what they sum to, decimals and timestamps. */

export const SOH: u32 = 1;
export const ZERO: u32 = 48;
const MINUS: u32 = 45;
const DOT: u32 = 46;
const COLON: u32 = 58;

/** The same byte in every lane of a word. */
const LOW_BITS: u64 = 0x0101010101010101;
const HIGH_BITS: u64 = 0x8080808080808080;
const DOTS: u64 = 0x2e2e2e2e2e2e2e2e;
const ZEROS: u64 = 0x3030303030303030;
/** Added to a lane they leave its high bit alone when it is at most nine, and when it is zero. */
const UP_TO_NINE: u64 = 0x7676767676767676;
const ZERO_ALONE: u64 = 0x7f7f7f7f7f7f7f7f;

/** Digits that cannot overflow an i64. */
const DIGITS_MAX: i32 = 18;
/** Beyond it a double is not exact, and the generic path refuses. */
const EXACT_MAX: i64 = (1 << 53) - 1;

/** Memory: the powers of ten. */
@inline const POWERS: usize = 640;

/** What `decimal` read; it answers how long the text is. */
export let units: i64 = 0;

@inline
export function byteAt(at: usize, offset: usize = 0): u32 {
  return <u32>load<u8>(at + offset);
}

export function fillPowers(): void {
  let power: i64 = 1;
  for (let i = 0; i <= DIGITS_MAX; i++, power *= 10) store<i64>(POWERS + (<usize>i << 3), power);
}

/** The high bit of the first lane that is zero, and perhaps of later ones; 0 when none is. */
@inline
function zeroLanes(word: u64): u64 {
  return (word - LOW_BITS) & ~word & HIGH_BITS;
}

/** The first SOH from `at` on. */
@inline
export function soh(at: usize): usize {
  let from = at;
  let found = zeroLanes(load<u64>(from) ^ LOW_BITS);
  while (found == 0) {
    from += 8;
    found = zeroLanes(load<u64>(from) ^ LOW_BITS);
  }
  return from + <usize>(ctz(found) >> 3);
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

/** Eight digits' values, the first one lowest, as a number. */
@inline
export function numberOf(values: u64): i64 {
  const pairs = values * 10 + (values >> 8);
  return <i64>(
    (((pairs & 0x000000ff000000ff) * 0x000f424000000064 + ((pairs >> 16) & 0x000000ff000000ff) * 0x0000271000000001) >> 32)
  );
}

@inline
export function areDigits(values: u64): bool {
  return ((values | (values + UP_TO_NINE)) & HIGH_BITS) == 0;
}

/** Characters before the first SOH of a word; 8 when it has none. */
@inline
export function lengthIn(word: u64): usize {
  return <usize>(ctz(zeroLanes(word ^ LOW_BITS)) >> 3);
}

/** The first 1 to 8 characters of a word as the last values of eight. */
@inline
export function valuesIn(word: u64, length: usize): u64 {
  const shift = <u64>(8 - length) << 3;
  return ((word << shift) | (ZEROS & ((<u64>1 << shift) - 1))) ^ ZEROS;
}

/**
 * Decimal text into `units` of a scale: how many decimals it has, and its mantissa. Up to seven characters without a sign
 * are read at once, whatever their number and wherever the dot is.
 * @returns how many characters it has, or 0
 */
export function decimal(from: usize, scale: usize): usize {
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
  const values = valuesIn((text & whole) | ((text >> 8) & ~whole), digits);
  const missing = load<i32>(scale) - (-hasDot & (length - 1 - <i32>(ctz(dot) >> 3)));
  if (end == 0 || digits < 1 || !areDigits(values) || <u32>missing > 10) return decimalOfAnyLength(from, scale);
  return scaled(numberOf(values) * load<i64>(POWERS + (<usize>missing << 3)), scale) ? <usize>length : 0;
}

/** Whole increments of a scale into `units`. */
@inline
export function scaled(value: i64, scale: usize): bool {
  if (value > EXACT_MAX) return false;
  const mantissa = load<i64>(scale, 8);
  units = value;
  if (mantissa != 1) {
    units = value / mantissa;
    return units * mantissa == value;
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

/**
 * Keeps in five words how a price of at most seven characters is written, when it has all decimals of its scale: the next
 * one is most likely written so, and `shaped` then reads it without looking for its end or its dot. In each lane: what it holds beside a digit's value, and what keeps its high bit clear; the lanes that count;
 * those before a dot; how many characters.
 */
export function rememberShape(from: usize, length: usize, scale: usize, shape: usize): void {
  if (length > 7) return;
  let pattern = ZEROS;
  let limits = UP_TO_NINE;
  let whole: u64 = 0;
  let decimals = 0;
  for (let i: usize = 0; i <= length; i++) {
    const byte = byteAt(from, i);
    if (byte - ZERO <= 9) continue;
    if (byte != DOT && byte != SOH) return;
    const shift = <u64>i << 3;
    const lane = <u64>0xff << shift;
    pattern = (pattern & ~lane) | (<u64>byte << shift);
    limits = (limits & ~lane) | (ZERO_ALONE & lane);
    if (byte == DOT) {
      whole = (<u64>1 << shift) - 1;
      decimals = <i32>(length - 1 - i);
    }
  }
  if (decimals != load<i32>(scale)) return;
  store<u64>(shape, pattern);
  store<u64>(shape, limits, 8);
  store<u64>(shape, HIGH_BITS >> (<u64>(7 - length) << 3), 16);
  store<u64>(shape, whole, 24);
  store<u64>(shape, length, 32);
}

/** Whether a word is written in a shape, from what is left of it without the shape's pattern. */
@inline
export function inShape(values: u64, shape: usize): bool {
  return ((values | (values + load<u64>(shape, 8))) & load<u64>(shape, 16)) == 0;
}

/** The number that such a word is, in units of its last decimal. */
@inline
export function shaped(values: u64, shape: usize): i64 {
  const whole = load<u64>(shape, 24);
  return numberOf((((values & whole) << 8) | (values & ~whole)) << ((8 - load<u64>(shape, 32)) << 3));
}

/** The date that timestamps have, as its eight digits, and its first microsecond. */
let date: u64 = 0;
let dayUs: f64 = 0;
/** No two bytes. */
const NO_SECOND: u32 = 0xffffffff;
/** `-HH:MM:SS.` as it was read last, and the microsecond that it begins. */
let lastClock: u64 = 0;
let lastSecond: u32 = NO_SECOND;
let secondUs: f64 = 0;

/** @param at where eight digits stand */
export function setDate(at: usize, firstUs: f64): void {
  date = load<u64>(at);
  dayUs = firstUs;
  lastSecond = NO_SECOND;
}

/** Where a timestamp at `at` ends if it is one that `timestamp` reads, which then finds no SOH before it. */
@inline
export function timestampEnd(at: usize): usize {
  return byteAt(at, 21) == SOH ? at + 21 : at + 24;
}

/** Microseconds of the timestamp in [at, to), of the known date and to the millisecond or microsecond; NaN for any other. */
export function timestamp(at: usize, to: usize): f64 {
  const digits = to - at - 18;
  if (load<u64>(at) != date || (digits != 3 && digits != 6)) return NaN;
  if ((load<u64>(at, 8) != lastClock || <u32>load<u16>(at, 16) != lastSecond) && !takeSecond(at)) return NaN;
  const values = valuesIn(load<u64>(at, 18), digits);
  if (!areDigits(values)) return NaN;
  return secondUs + <f64>(numberOf(values) * (digits == 3 ? 1000 : 1));
}

function takeSecond(at: usize): bool {
  if (byteAt(at, 8) != MINUS || byteAt(at, 11) != COLON || byteAt(at, 14) != COLON || byteAt(at, 17) != DOT) return false;
  const hours = two(at + 9);
  const minutes = two(at + 12);
  const seconds = two(at + 15);
  if (hours > 23 || minutes > 59 || seconds > 59) return false;
  secondUs = dayUs + <f64>((hours * 60 + minutes) * 60 + seconds) * 1000000;
  lastClock = load<u64>(at, 8);
  lastSecond = load<u16>(at, 16);
  return true;
}

@inline
function two(at: usize): u32 {
  const tens = byteAt(at) - ZERO;
  const ones = byteAt(at, 1) - ZERO;
  return tens > 9 || ones > 9 ? 100 : tens * 10 + ones;
}
