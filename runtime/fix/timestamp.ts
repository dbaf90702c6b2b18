import { DOT, latin1, MINUS, ZERO } from './ascii.ts';

const COLON = 58;
const DAY_US = 86_400_000_000;
/** "YYYYMMDD-HH:MM:SS.ffffff" */
export const TIMESTAMP_BYTES = 24;

/**
 * UTCTimestamp ⇄ microseconds since the Unix epoch. Reads seconds, milliseconds or microseconds and nothing else;
 * writes milliseconds when that is exact, else microseconds. Keeps the last date it saw, for speed only.
 */
export class TimestampCodec {
  #readDate = Number.NaN;
  #readDayUs = 0;
  #writtenDay = -1;
  readonly #writtenDate = new Uint8Array(8);

  /** Microseconds, or NaN when `bytes[from, to)` is not a UTCTimestamp. */
  parse(bytes: Uint8Array, from: number, to: number): number {
    const length = to - from;
    if (length !== 21 && length !== 24 && length !== 17) return Number.NaN;
    const date = digits(bytes, from, 8);
    if (date !== this.#readDate) {
      const dayUs = dayOf(date);
      if (Number.isNaN(dayUs)) return Number.NaN;
      this.#readDate = date;
      this.#readDayUs = dayUs;
    }
    if (bytes[from + 8] !== MINUS || bytes[from + 11] !== COLON || bytes[from + 14] !== COLON) return Number.NaN;
    const hours = digits(bytes, from + 9, 2);
    const minutes = digits(bytes, from + 12, 2);
    const seconds = digits(bytes, from + 15, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0) return Number.NaN;
    // A leap second is the only 60 there is, and it is always the last of a day.
    if (seconds > 59 && !(seconds === 60 && minutes === 59 && hours === 23)) return Number.NaN;
    let fractionUs = 0;
    if (length > 17) {
      if (bytes[from + 17] !== DOT) return Number.NaN;
      const fraction = digits(bytes, from + 18, length - 18);
      if (fraction < 0) return Number.NaN;
      fractionUs = length === 21 ? fraction * 1000 : fraction;
    }
    return this.#readDayUs + ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + fractionUs;
  }

  /** Writes the timestamp and returns the position after it. */
  write(timeUs: number, out: Uint8Array, at: number): number {
    if (!Number.isSafeInteger(timeUs) || timeUs < 0) {
      throw new RangeError(`time is not writable (${timeUs}), whole microseconds since 1970 are allowed`);
    }
    const day = Math.floor(timeUs / DAY_US);
    if (day !== this.#writtenDay) {
      const date = new Date(day * 86_400_000);
      put(date.getUTCFullYear(), this.#writtenDate, 0, 4);
      put(date.getUTCMonth() + 1, this.#writtenDate, 4, 2);
      put(date.getUTCDate(), this.#writtenDate, 6, 2);
      this.#writtenDay = day;
    }
    for (let i = 0; i < 8; i++) out[at + i] = this.#writtenDate[i];
    const restUs = timeUs - day * DAY_US;
    const seconds = Math.floor(restUs / 1_000_000);
    const fractionUs = restUs - seconds * 1_000_000;
    out[at + 8] = MINUS;
    put((seconds / 3600) | 0, out, at + 9, 2);
    out[at + 11] = COLON;
    put(((seconds / 60) | 0) % 60, out, at + 12, 2);
    out[at + 14] = COLON;
    put(seconds % 60, out, at + 15, 2);
    out[at + 17] = DOT;
    if (fractionUs % 1000 === 0) {
      put(fractionUs / 1000, out, at + 18, 3);
      return at + 21;
    }
    put(fractionUs, out, at + 18, 6);
    return at + 24;
  }

  format(timeUs: number): string {
    const out = new Uint8Array(TIMESTAMP_BYTES);
    return latin1(out, 0, this.write(timeUs, out, 0));
  }
}

/** `count` digits as an integer, or −1. */
function digits(bytes: Uint8Array, from: number, count: number): number {
  let value = 0;
  for (let i = from; i < from + count; i++) {
    const digit = bytes[i] - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

function put(value: number, out: Uint8Array, at: number, count: number): void {
  let rest = value;
  for (let i = at + count - 1; i >= at; i--) {
    const next = (rest / 10) | 0;
    out[i] = ZERO + (rest - next * 10);
    rest = next;
  }
}

/** Microseconds at the start of the day YYYYMMDD, or NaN for a day that is not in the calendar, or before 1970. */
function dayOf(date: number): number {
  if (date < 0) return Number.NaN;
  const year = Math.floor(date / 10_000);
  const month = Math.floor(date / 100) % 100;
  const day = date % 100;
  if (year < 1970 || month < 1 || month > 12 || day < 1) return Number.NaN;
  const startMs = Date.UTC(year, month - 1, day);
  return new Date(startMs).getUTCDate() === day ? startMs * 1000 : Number.NaN;
}
