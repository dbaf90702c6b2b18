import { DOT, latin1, MINUS, writeInteger, ZERO } from './ascii.ts';

/** Longest decimal text that is read; longer ones cannot be exact and are refused. */
const MAX_TEXT_BYTES = 20;

/** Why `parse` answered NaN: not a decimal number (or too large to be exact), or not a whole number of increments. */
export type DecimalProblem = 'MALFORMED' | 'OFF_INCREMENT';

/**
 * Decimal text ⇄ an integer count of increments (ticks or lots), in integer arithmetic only.
 *
 * Reads `-`, digits and one point, nothing else: no `+`, no exponent, no spaces, no NaN. Leading and trailing zeros
 * are as good as absent, as FIX says. Writes as many decimals as the increment has.
 */
export class DecimalScale {
  readonly increment: string;
  /** Set by a `parse` that answered NaN. */
  problem: DecimalProblem = 'MALFORMED';
  readonly #decimals: number;
  /** The increment, times ten to the power of its decimals. */
  readonly #mantissa: number;
  readonly #powers: readonly number[];
  readonly #scratch = new Uint8Array(64);

  /** @param increment decimal text above zero, such as "0.01", "0.5", "25" */
  constructor(increment: string) {
    const match = /^(\d{1,15})(?:\.(\d{1,12}))?$/.exec(increment);
    const mantissa = match === null ? 0 : Number(`${match[1]}${match[2] ?? ''}`);
    if (match === null || mantissa === 0 || !Number.isSafeInteger(mantissa)) {
      throw new RangeError(`increment is not usable ("${increment}"), a positive decimal such as "0.01" is allowed`);
    }
    this.increment = increment;
    this.#decimals = (match[2] ?? '').length;
    this.#mantissa = mantissa;
    this.#powers = Array.from({ length: this.#decimals + 1 }, (_, power) => 10 ** power);
  }

  /** Increments in `bytes[from, to)`, or NaN with `problem` set. */
  parse(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    const negative = bytes[at] === MINUS;
    if (negative) at++;
    if (to - from > MAX_TEXT_BYTES) return this.#refuse('MALFORMED');
    const most = this.#decimals;
    let value = 0;
    let digits = 0;
    let decimals = -1;
    let beyond = 0;
    for (; at < to; at++) {
      const byte = bytes[at];
      const digit = byte - ZERO;
      if (digit >= 0 && digit <= 9) {
        digits++;
        if (decimals === most) {
          beyond |= digit;
          continue;
        }
        value = value * 10 + digit;
        if (decimals >= 0) decimals++;
      } else if (byte === DOT && decimals < 0) decimals = 0;
      else return this.#refuse('MALFORMED');
    }
    if (digits === 0) return this.#refuse('MALFORMED');
    if (decimals < most) value *= this.#powers[most - Math.max(decimals, 0)] as number;
    if (value > Number.MAX_SAFE_INTEGER) return this.#refuse('MALFORMED');
    if (beyond !== 0) return this.#refuse('OFF_INCREMENT');
    if (this.#mantissa !== 1) {
      if (value % this.#mantissa !== 0) return this.#refuse('OFF_INCREMENT');
      value /= this.#mantissa;
    }
    return negative && value !== 0 ? -value : value;
  }

  /** `parse` of a string. */
  parseText(text: string): number {
    if (text.length > MAX_TEXT_BYTES) return this.#refuse('MALFORMED');
    for (let i = 0; i < text.length; i++) this.#scratch[i] = Math.min(text.charCodeAt(i), 0xff);
    return this.parse(this.#scratch, 0, text.length);
  }

  format(units: number): string {
    return latin1(this.#scratch, 0, this.write(units, this.#scratch, 0));
  }

  /** Writes the decimal and returns the position after it; at most 32 bytes. */
  write(units: number, out: Uint8Array, at: number): number {
    const value = units * this.#mantissa;
    if (!Number.isSafeInteger(value)) {
      throw new RangeError(`${units} × ${this.increment} is not exact, whole counts below 2^53 in total are allowed`);
    }
    if (this.#decimals === 0) return writeInteger(value, out, at);
    let position = at;
    let rest = value;
    if (value < 0) {
      out[position++] = MINUS;
      rest = -value;
    }
    const power = this.#powers[this.#decimals] as number;
    const whole = Math.floor(rest / power);
    position = writeInteger(whole, out, position);
    out[position++] = DOT;
    let fraction = rest - whole * power;
    for (let i = position + this.#decimals - 1; i >= position; i--) {
      const next = Math.floor(fraction / 10);
      out[i] = ZERO + (fraction - next * 10);
      fraction = next;
    }
    return position + this.#decimals;
  }

  #refuse(problem: DecimalProblem): number {
    this.problem = problem;
    return Number.NaN;
  }
}

/** Whether `bytes[from, to)` has the syntax of a decimal number, whatever its increment. */
export function isDecimal(bytes: Uint8Array, from: number, to: number): boolean {
  let digits = 0;
  let points = 0;
  for (let at = bytes[from] === MINUS ? from + 1 : from; at < to; at++) {
    const byte = bytes[at];
    if (byte === DOT) points++;
    else if (byte >= ZERO && byte <= ZERO + 9) digits++;
    else return false;
  }
  return digits > 0 && points <= 1 && to - from <= MAX_TEXT_BYTES;
}
