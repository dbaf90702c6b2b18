import { EQUALS, latin1, parseDigits, SOH, ZERO } from './ascii.ts';
import { Refusal } from './refusal.ts';
import { dataTagOf } from './tags.ts';

const TAG_MAX = 9_999_999;

/**
 * Walks the fields of one framed message, strict in syntax: a tag is digits without a leading zero, a value is not
 * empty, a length-prefixed value is as long as was said. The last byte before `end` must be SOH.
 */
export class FieldScanner {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  end = 0;
  /** The field that `next` found: its tag and the range of its value. */
  tag = 0;
  from = 0;
  to = 0;
  #dataTag = 0;
  #dataLength = 0;

  start(bytes: Uint8Array, at: number, end: number): void {
    this.bytes = bytes;
    this.end = end;
    this.moveTo(at);
  }

  /** Goes on at a field boundary, as if everything before it had been scanned. */
  moveTo(at: number): void {
    this.at = at;
    this.#dataTag = 0;
  }

  /** @throws Refusal BAD_TAG, EMPTY_VALUE, BAD_NUMBER (a data length), BAD_BODY_LENGTH (a field 10) */
  next(): boolean {
    let at = this.at;
    if (at >= this.end) return false;
    const bytes = this.bytes;
    let digit = bytes[at++] - ZERO;
    if (digit < 1 || digit > 9) throw this.#badTag();
    let tag = digit;
    while (bytes[at] !== EQUALS) {
      digit = bytes[at++] - ZERO;
      if (digit < 0 || digit > 9) throw this.#badTag();
      tag = tag * 10 + digit;
      if (tag > TAG_MAX) throw this.#badTag();
    }
    if (tag === 10) throw new Refusal('BAD_BODY_LENGTH', 9, 'CheckSum before the end of the body');
    const from = ++at;
    if (tag === this.#dataTag) at = this.#dataEnd(tag, from);
    else while (bytes[at] !== SOH) at++;
    if (at === from) throw new Refusal('EMPTY_VALUE', tag);
    this.tag = tag;
    this.from = from;
    this.to = at;
    this.at = at + 1;
    this.#dataTag = dataTagOf(tag);
    if (this.#dataTag !== 0) this.#dataLength = parseDigits(bytes, from, at);
    return true;
  }

  #dataEnd(tag: number, from: number): number {
    const to = from + this.#dataLength;
    if (this.#dataLength <= 0 || to >= this.end || this.bytes[to] !== SOH) {
      throw new Refusal('BAD_NUMBER', tag, `data length ${this.#dataLength}`);
    }
    return to;
  }

  #badTag(): Refusal {
    let to = this.at;
    while (to < this.end && this.bytes[to] !== SOH && to < this.at + 32) to++;
    const text = latin1(this.bytes, this.at, to);
    const number = /^-?\d{1,9}(?==)/.exec(text);
    return new Refusal('BAD_TAG', number === null ? undefined : Number(number[0]), text);
  }
}
