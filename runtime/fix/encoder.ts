import { assert } from '../assert.ts';
import type { Clock } from '../clock.ts';
import { EQUALS, INTEGER_BYTES, latin1, SOH, writeAscii, writeInteger, ZERO } from './ascii.ts';
import { ByteSum } from './checksum.ts';
import type { DecimalScale } from './decimal.ts';
import { TIMESTAMP_BYTES, TimestampCodec } from './timestamp.ts';

/** Digits of BodyLength (9), padded with zeros so that it can be filled in when the body is known. */
const LENGTH_DIGITS = 6;
const LENGTH_MAX = 10 ** LENGTH_DIGITS - 1;
/** A tag, `=`, a number or timestamp, SOH. */
const FIELD_BYTES = 48;

/** Fields appended to a buffer that grows as needed; nothing is allocated once it is large enough. */
export class BodyWriter {
  bytes = new Uint8Array(1 << 16);
  length = 0;
  sum = new ByteSum(this.bytes);
  readonly #times = new TimestampCodec();

  /** @param value Latin-1, not empty, without SOH */
  text(tag: number, value: string): this {
    assert(value.length > 0 && !value.includes('\x01'), `field ${tag}: text is empty or holds SOH`);
    this.#tag(tag, value.length);
    this.length = writeAscii(value, this.bytes, this.length);
    return this.#end();
  }

  integer(tag: number, value: number): this {
    assert(Number.isSafeInteger(value), `field ${tag}: ${value} is not an integer`);
    this.#tag(tag, INTEGER_BYTES);
    this.length = writeInteger(value, this.bytes, this.length);
    return this.#end();
  }

  /** A price or quantity of `units` increments. */
  decimal(tag: number, units: number, scale: DecimalScale): this {
    this.#tag(tag, 0);
    this.length = scale.write(units, this.bytes, this.length);
    return this.#end();
  }

  timestamp(tag: number, timeUs: number): this {
    this.#tag(tag, TIMESTAMP_BYTES);
    this.length = this.#times.write(timeUs, this.bytes, this.length);
    return this.#end();
  }

  /** Appends whole fields as they are: `bytes[from, to)` ends with SOH. */
  fields(bytes: Uint8Array, from: number, to: number): this {
    this.room(to - from);
    this.bytes.set(bytes.subarray(from, to), this.length);
    this.length += to - from;
    return this;
  }

  /** Makes room for `more` bytes after `length`. */
  room(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    let size = this.bytes.length * 2;
    while (size < this.length + more) size *= 2;
    const larger = new Uint8Array(size);
    larger.set(this.bytes);
    this.bytes = larger;
    this.sum = new ByteSum(larger);
  }

  #tag(tag: number, valueBytes: number): void {
    this.room(FIELD_BYTES + valueBytes);
    this.length = writeInteger(tag, this.bytes, this.length);
    this.bytes[this.length++] = EQUALS;
  }

  #end(): this {
    this.bytes[this.length++] = SOH;
    return this;
  }
}

export interface EncoderOptions {
  readonly beginString: string;
  readonly senderCompId: string;
  readonly targetCompId: string;
  /** SendingTime (52). */
  readonly clock: Clock;
}

/** Frames messages, one after the other, into the buffer of `out`. */
export class Encoder {
  readonly out = new BodyWriter();
  readonly #clock: Clock;
  readonly #beginning: string;
  readonly #sender: string;
  readonly #target: string;
  readonly #times = new TimestampCodec();
  #writing = false;

  constructor(options: EncoderOptions) {
    this.#clock = options.clock;
    this.#beginning = options.beginString;
    this.#sender = options.senderCompId;
    this.#target = options.targetCompId;
  }

  /**
   * Appends one message to `out` and returns where it begins there. A `write` that throws leaves `out` as it was.
   * @throws RangeError when the body is longer than 999,999 bytes
   */
  encode(msgType: string, seqNum: number, write: (body: BodyWriter) => void): number {
    return this.#frame(msgType, seqNum, undefined, write);
  }

  /**
   * Appends a message that was sent before, as a possible duplicate: same number, type and body, PossDupFlag (43),
   * OrigSendingTime (122), and the SendingTime of now.
   * @param sent bytes that this class framed
   */
  replay(sent: Uint8Array, seqNum: number): void {
    const msgType = fieldIn(sent, 0, '35');
    const sendingTime = fieldIn(sent, msgType.to, '52');
    const target = fieldIn(sent, sendingTime.to, '56');
    const trailerBytes = 7;
    this.#frame(msgType.text, seqNum, sendingTime.text, (body) => {
      body.fields(sent, target.to + 1, sent.length - trailerBytes);
    });
  }

  /** Appends SequenceReset-GapFill for the numbers from `seqNum` up to, not including, `newSeqNum`. */
  fillGap(seqNum: number, newSeqNum: number): void {
    const sendingTime = this.#times.format(this.#clock.nowUs());
    this.#frame('4', seqNum, sendingTime, (body) => body.integer(36, newSeqNum).text(123, 'Y'));
  }

  #frame(msgType: string, seqNum: number, origSendingTime: string | undefined, write: (b: BodyWriter) => void): number {
    assert(!this.#writing, 'a message is encoded from inside the writing of another');
    const { out } = this;
    const start = out.length;
    this.#writing = true;
    try {
      out.text(8, this.#beginning).text(9, '000000');
      const bodyFrom = out.length;
      out.text(35, msgType).integer(34, seqNum);
      if (origSendingTime !== undefined) out.text(43, 'Y');
      out.text(49, this.#sender).timestamp(52, this.#clock.nowUs()).text(56, this.#target);
      if (origSendingTime !== undefined) out.text(122, origSendingTime);
      write(out);
      this.#finish(start, bodyFrom);
    } catch (error) {
      out.length = start;
      throw error;
    } finally {
      this.#writing = false;
    }
    return start;
  }

  #finish(start: number, bodyFrom: number): void {
    const { out } = this;
    const length = out.length - bodyFrom;
    if (length > LENGTH_MAX) throw new RangeError(`message is too large (${length} bytes), at most ${LENGTH_MAX}`);
    putDigits(length, LENGTH_DIGITS, out.bytes, bodyFrom - 1 - LENGTH_DIGITS);
    out.room(FIELD_BYTES);
    const sum = out.sum.of(start, out.length);
    const { bytes } = out;
    bytes[out.length] = ZERO + 1;
    bytes[out.length + 1] = ZERO;
    bytes[out.length + 2] = EQUALS;
    putDigits(sum, 3, bytes, out.length + 3);
    bytes[out.length + 6] = SOH;
    out.length += 7;
  }
}

function putDigits(value: number, count: number, out: Uint8Array, at: number): void {
  let rest = value;
  for (let i = at + count - 1; i >= at; i--) {
    out[i] = ZERO + (rest % 10);
    rest = (rest / 10) | 0;
  }
}

/** The first field `tag` after `from` in a message of our own framing. */
function fieldIn(message: Uint8Array, from: number, tag: string): { text: string; to: number } {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.length);
  const start = bytes.indexOf(`\x01${tag}=`, from, 'latin1');
  assert(start >= 0, `a stored message has no field ${tag}`);
  const valueFrom = start + 2 + tag.length;
  const to = bytes.indexOf(SOH, valueFrom);
  return { text: latin1(message, valueFrom, to), to };
}
