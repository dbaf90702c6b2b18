import { EQUALS, parseDigits, SOH, ZERO } from './ascii.ts';
import type { DecodeErrorKind } from './message.ts';
import { type MessageBuffer, PlainBuffer } from './message-buffer.ts';
import { dataTagOf } from './tags.ts';

const NEWLINE = 10;
const BEGIN_STRING_BYTES = 16;
const LENGTH_DIGITS = 20;
/** `10=ddd` and SOH. */
const TRAILER_BYTES = 7;

/** What `frame` found: a whole message, too few bytes, or something to report and step over. */
export type FrameOutcome = 'message' | 'wait' | DecodeErrorKind;

export interface FramerOptions {
  /** Largest BodyLength (9) that is accepted. */
  readonly maxMessageBytes: number;
  /** What every message begins with: a tag, `=` and the beginning of its value. @default '8=FIX' */
  readonly prefix?: string;
  /** A log: text before and after messages is no defect as long as it fills its line alone. @default false */
  readonly inLines?: boolean;
  /** The separator that CheckSum was computed over, where the source writes another one than SOH. @default SOH */
  readonly summedSeparator?: number;
}

/**
 * Cuts a byte stream into messages: by BodyLength (9), proven by CheckSum (10). Bytes that are no message are stepped
 * over to the next `8=FIX`; what is said about them does not depend on how the stream was split.
 */
export class Framer {
  /** The frame found last: its first byte, value of 8, body (after 9's SOH), and the byte after the trailer. */
  frameFrom = 0;
  beginFrom = 0;
  beginTo = 0;
  bodyFrom = 0;
  bodyTo = 0;
  frameTo = 0;
  readonly #maxMessageBytes: number;
  readonly #prefix: readonly number[];
  /** From a message's first byte to the value of its first field. */
  readonly #beginAt: number;
  readonly #inLines: boolean;
  readonly #summedSeparator: number;
  #buffer: MessageBuffer = new PlainBuffer();
  #start = 0;
  #end = 0;
  /** Offset in the stream of `bytes[0]`. */
  #base = 0;
  #skipping = false;
  /** Progress of `#bodyEndsEarly` in an incomplete message, from its start: a field's start, and what was scanned of it. */
  #fieldAt = 0;
  #scannedTo = 0;

  /** Nothing of the current line was a message. */
  #lineIsText = true;

  constructor(options: FramerOptions) {
    const { maxMessageBytes, prefix = '8=FIX', inLines = false, summedSeparator = SOH } = options;
    this.#maxMessageBytes = maxMessageBytes;
    this.#prefix = Array.from(prefix, (character) => character.charCodeAt(0));
    this.#beginAt = prefix.indexOf('=') + 1;
    this.#inLines = inLines;
    this.#summedSeparator = summedSeparator;
  }

  /** Goes on in another buffer, with what was received so far. */
  moveTo(buffer: MessageBuffer): void {
    const kept = this.bytes.subarray(0, this.#end);
    while (buffer.bytes.length < kept.length) buffer.grow();
    buffer.bytes.set(kept);
    this.#buffer = buffer;
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#buffer.bytes;
  }

  /** Where the next message begins in `bytes`; −1 while its beginning is searched for. */
  get start(): number {
    return this.#skipping ? -1 : this.#start;
  }

  /** The end of the received part of `bytes`. */
  get end(): number {
    return this.#end;
  }

  /** Offset in the stream of the message at hand. */
  get offset(): number {
    return this.#base + this.#start;
  }

  reset(): void {
    this.#base += this.#end;
    this.#start = 0;
    this.#end = 0;
    this.#skipping = false;
    this.#lineIsText = true;
    this.#newFrame();
  }

  /** Bytes received that are part of no message yet, once `frame` waits. */
  get pending(): Uint8Array {
    return this.#skipping ? this.bytes.subarray(0, 0) : this.bytes.subarray(this.#start, this.#end);
  }

  /** Takes as many bytes of `chunk[from…]` as there is room for; returns how many. Call `frame` until it waits. */
  append(chunk: Uint8Array, from: number): number {
    const isTight = chunk.length - from > this.bytes.length - this.#end;
    if (this.#start > 0 && (this.#start === this.#end || isTight)) this.#compact();
    if (this.#end === this.bytes.length) this.#buffer.grow();
    const length = Math.min(chunk.length - from, this.bytes.length - this.#end);
    this.bytes.set(length === chunk.length ? chunk : chunk.subarray(from, from + length), this.#end);
    this.#end += length;
    return length;
  }

  /** Looks at the next message; `offset` is its start until `take` or `refuse` moves on. */
  frame(): FrameOutcome {
    if (this.#skipping && !this.#findPrefix()) return 'wait';
    if (this.#inLines) {
      const text = this.#skipText();
      if (text !== 'message') return text;
    }
    const { bytes } = this;
    const prefix = this.#prefix;
    const start = this.#start;
    const end = this.#end;
    for (let i = 0; i < prefix.length; i++) {
      if (start + i >= end) return 'wait';
      if (bytes[start + i] !== prefix[i]) return 'GARBLED';
    }
    let at = start + this.#beginAt;
    const beginLimit = at + BEGIN_STRING_BYTES;
    // What is cut off in its BeginString runs into the beginning of the next message.
    for (; at < end && bytes[at] !== SOH; at++) if (at === beginLimit || bytes[at] === EQUALS) return 'GARBLED';
    if (at >= end) return 'wait';
    this.frameFrom = start;
    this.beginFrom = start + this.#beginAt;
    this.beginTo = at++;
    if (at >= end) return 'wait';
    if (bytes[at++] !== ZERO + 9) return 'BAD_BODY_LENGTH';
    if (at >= end) return 'wait';
    if (bytes[at++] !== EQUALS) return 'BAD_BODY_LENGTH';
    const lengthFrom = at;
    let length = 0;
    for (; ; at++) {
      if (at >= end) return 'wait';
      if (bytes[at] === SOH) break;
      const digit = bytes[at] - ZERO;
      if (digit < 0 || digit > 9 || at - lengthFrom === LENGTH_DIGITS) return 'BAD_BODY_LENGTH';
      length = length * 10 + digit;
      if (length > this.#maxMessageBytes) return 'TOO_LARGE';
    }
    if (at === lengthFrom) return 'BAD_BODY_LENGTH';
    this.bodyFrom = at + 1;
    this.bodyTo = this.bodyFrom + length;
    this.frameTo = this.bodyTo + TRAILER_BYTES;
    if (end < this.frameTo) return this.bodyEndsEarly() ? 'BAD_BODY_LENGTH' : 'wait';
    const outcome = this.#checkTrailer();
    if (outcome !== 'message' && this.bodyEndsEarly()) return 'BAD_BODY_LENGTH';
    return outcome;
  }

  /** Steps past a message of this length at `start` that was judged elsewhere. */
  takeWhole(length: number): void {
    this.frameFrom = this.#start;
    this.frameTo = this.#start + length;
    this.take();
  }

  /** Steps past the message that `frame` found. */
  take(): void {
    this.#start = this.frameTo;
    this.#newFrame();
  }

  /** Steps into the bytes that `frame` refused, up to the next `8=FIX`. */
  refuse(): void {
    this.#start++;
    this.#skipping = true;
    this.#newFrame();
  }

  /**
   * Whether a field 10 or another message's 9 begins before the body's stated end, among the bytes received so far: then
   * BodyLength is wrong, or the message was cut off and one in 256 has the CheckSum of the one it ran into; there is no
   * need to wait for the bytes it promises. Goes on where it stopped when it is called again.
   */
  bodyEndsEarly(): boolean {
    const { bytes, bodyTo } = this;
    const received = this.#end;
    const limit = Math.min(bodyTo, received);
    let field = Math.max(this.bodyFrom, this.#start + this.#fieldAt);
    while (field < limit) {
      if (field + 3 > received) return false;
      if (bytes[field] === ZERO + 9 && bytes[field + 1] === EQUALS) return true;
      if (bytes[field] === ZERO + 1 && bytes[field + 1] === ZERO && bytes[field + 2] === EQUALS) return true;
      let soh = Math.max(field, this.#start + this.#scannedTo);
      while (soh < limit && bytes[soh] !== SOH) soh++;
      this.#scannedTo = soh - this.#start;
      if (soh >= limit) return false;
      const next = this.#afterData(field, soh);
      if (next > received) return false;
      field = next;
      this.#fieldAt = field - this.#start;
      this.#scannedTo = this.#fieldAt;
    }
    return false;
  }

  /**
   * The start of the field after the one in [field, soh); past its data when it announces some that fits into the body.
   * Beyond the received bytes when that cannot be known yet.
   */
  #afterData(field: number, soh: number): number {
    const { bytes } = this;
    const next = soh + 1;
    let tag = 0;
    let at = field;
    for (; at < soh && bytes[at] !== EQUALS && tag < 10_000; at++) tag = tag * 10 + bytes[at] - ZERO;
    const dataTag = tag > 0 ? dataTagOf(tag) : 0;
    if (dataTag === 0) return next;
    const expected = `${dataTag}=`;
    const dataFrom = next + expected.length;
    if (dataFrom > this.#end) return Number.POSITIVE_INFINITY;
    for (let i = 0; i < expected.length; i++) if (bytes[next + i] !== expected.charCodeAt(i)) return next;
    const dataTo = dataFrom + parseDigits(bytes, at + 1, soh);
    if (dataTo <= dataFrom || dataTo >= this.bodyTo) return next;
    if (dataTo >= this.#end) return Number.POSITIVE_INFINITY;
    return bytes[dataTo] === SOH ? dataTo + 1 : next;
  }

  #checkTrailer(): FrameOutcome {
    const { bytes, bodyTo } = this;
    const stands =
      bytes[bodyTo - 1] === SOH && bytes[bodyTo] === 49 && bytes[bodyTo + 1] === ZERO && bytes[bodyTo + 2] === EQUALS;
    if (!stands) return 'BAD_BODY_LENGTH';
    const stated = bytes[bodyTo + 6] === SOH ? parseDigits(bytes, bodyTo + 3, bodyTo + 6) : -1;
    return stated === this.#checksum(bodyTo) ? 'message' : 'BAD_CHECKSUM';
  }

  #checksum(to: number): number {
    const sum = this.#buffer.sum(this.#start, to);
    if (this.#summedSeparator === SOH) return sum;
    let separators = 0;
    for (let at = this.#start; at < to; at++) if (this.bytes[at] === SOH) separators++;
    return (sum + separators * (this.#summedSeparator - SOH)) & 0xff;
  }

  /**
   * Steps over the text of a log: whole lines, and what stands before the first message of a line. Anything else
   * between messages, and any text with fields in it, is garbled.
   */
  #skipText(): FrameOutcome {
    const { bytes } = this;
    const prefix = this.#prefix;
    const end = this.#end;
    let isBlank = true;
    for (let at = this.#start; at < end; at++) {
      const byte = bytes[at];
      if (byte === prefix[0]) {
        let matched = 1;
        while (matched < prefix.length && at + matched < end && bytes[at + matched] === prefix[matched]) matched++;
        if (at + matched === end && matched < prefix.length) return 'wait';
        if (matched === prefix.length) {
          if (!this.#lineIsText && !isBlank) return 'GARBLED';
          this.#start = at;
          this.#lineIsText = false;
          return 'message';
        }
      }
      if (byte === SOH) return 'GARBLED';
      if (byte === NEWLINE) {
        this.#start = at + 1;
        this.#lineIsText = true;
        isBlank = true;
      } else if (byte !== 32 && byte !== 9 && byte !== 13) isBlank = false;
    }
    if (end - this.#start > this.#maxMessageBytes) return 'GARBLED';
    return 'wait';
  }

  #findPrefix(): boolean {
    const { bytes } = this;
    const prefix = this.#prefix;
    const last = this.#end - prefix.length;
    for (let at = this.#start; at <= last; at++) {
      let matched = 0;
      while (matched < prefix.length && bytes[at + matched] === prefix[matched]) matched++;
      if (matched < prefix.length) continue;
      this.#start = at;
      this.#skipping = false;
      return true;
    }
    this.#start = Math.max(this.#start, last + 1);
    return false;
  }

  #newFrame(): void {
    this.#fieldAt = 0;
    this.#scannedTo = 0;
  }

  #compact(): void {
    this.bytes.copyWithin(0, this.#start, this.#end);
    this.#base += this.#start;
    this.#end -= this.#start;
    this.#start = 0;
  }
}
