/** Bytes of the tag=value encoding, and writing of text and integers into a buffer the caller has made large enough. */

export const SOH = 1;
export const MINUS = 45;
export const DOT = 46;
export const ZERO = 48;
export const EQUALS = 61;

/** Longest text that `writeInteger` makes: "-9007199254740991". */
export const INTEGER_BYTES = 17;

/** Writes ASCII text and returns the position after it. A character above 0xff is a programmer's error. */
export function writeAscii(text: string, out: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff) throw new RangeError(`text is not Latin-1 ("${text}"), FIX text is written byte by byte`);
    out[at++] = code;
  }
  return at;
}

/** Writes a safe integer in decimal and returns the position after it. */
export function writeInteger(value: number, out: Uint8Array, at: number): number {
  let rest = value;
  if (rest < 0) {
    out[at++] = MINUS;
    rest = -rest;
  }
  let digits = 1;
  for (let bound = 10; rest >= bound; bound *= 10) digits++;
  const end = at + digits;
  let position = end;
  while (rest > 0x7fffffff) {
    const next = Math.floor(rest / 10);
    out[--position] = ZERO + (rest - next * 10);
    rest = next;
  }
  let small = rest | 0;
  do {
    const next = (small / 10) | 0;
    out[--position] = ZERO + (small - next * 10);
    small = next;
  } while (position > at);
  return end;
}

/** The bytes as Latin-1 text: every byte is kept, none can be malformed. */
export function latin1(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1');
}

/** A non-negative integer of at most 15 digits (leading zeros allowed), or −1. */
export function parseDigits(bytes: Uint8Array, from: number, to: number): number {
  if (to <= from || to - from > 15) return -1;
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = bytes[at] - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
