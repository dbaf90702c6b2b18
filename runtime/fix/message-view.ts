import { latin1 } from './ascii.ts';
import type { FieldScanner } from './field-scanner.ts';
import type { FieldReader } from './message.ts';
import type { MessageHeader } from './message-header.ts';
import { FixFieldError, Refusal } from './refusal.ts';
import { isHeaderTag, isSingleHeaderTag, isTrailerTag, mayRepeat } from './tags.ts';
import type { TimestampCodec } from './timestamp.ts';

/**
 * Any message but W and X, as flat fields found by tag. Holds ranges, not values: text is decoded when it is asked for.
 * Checks syntax, the order header – body – trailer, and duplicates where no repeating group can explain them.
 */
export class MessageView implements FieldReader {
  msgType = '';
  timeUs = 0;
  readonly header: MessageHeader;
  readonly #times: TimestampCodec;
  #bytes: Uint8Array = new Uint8Array(0);
  #count = 0;
  #tags = new Int32Array(256);
  #from = new Int32Array(256);
  #to = new Int32Array(256);

  constructor(header: MessageHeader, times: TimestampCodec) {
    this.header = header;
    this.#times = times;
  }

  get seqNum(): number {
    return this.header.seqNum;
  }

  get possDup(): boolean {
    return this.header.possDup;
  }

  /** Reads the fields after MsgType. @throws Refusal */
  read(scanner: FieldScanner, msgType: string): void {
    this.msgType = msgType;
    this.#bytes = scanner.bytes;
    this.#count = 0;
    const header = this.header;
    header.reset();
    let part: 'header' | 'body' | 'trailer' = 'header';
    while (scanner.next()) {
      const tag = scanner.tag;
      if (isTrailerTag(tag)) part = 'trailer';
      else if (part === 'trailer') throw new Refusal('OUT_OF_ORDER', tag, 'a body field after the trailer began');
      else if (isHeaderTag(tag)) {
        if (part === 'body') throw new Refusal('OUT_OF_ORDER', tag, 'a header field after the body began');
        header.take(scanner);
        if (isSingleHeaderTag(tag) && this.has(tag)) throw new Refusal('DUPLICATE_TAG', tag);
      } else {
        part = 'body';
        if (!mayRepeat(msgType, tag) && this.has(tag)) throw new Refusal('DUPLICATE_TAG', tag);
      }
      this.#keep(tag, scanner.from, scanner.to);
    }
    header.complete(msgType === '4');
    this.timeUs = this.#timestamp(60) ?? header.sendingTimeUs;
  }

  has(tag: number): boolean {
    return this.#find(tag) >= 0;
  }

  text(tag: number): string | undefined {
    const at = this.#find(tag);
    return at < 0 ? undefined : this.#textAt(at);
  }

  *fields(): Generator<readonly [tag: number, text: string]> {
    for (let i = 0; i < this.#count; i++) yield [this.#tags[i], this.#textAt(i)];
  }

  texts(tag: number): string[] {
    const found: string[] = [];
    for (let i = 0; i < this.#count; i++) if (this.#tags[i] === tag) found.push(this.#textAt(i));
    return found;
  }

  integer(tag: number): number | undefined {
    const text = this.text(tag);
    if (text === undefined) return undefined;
    if (!/^-?\d{1,15}$/.test(text)) {
      throw new FixFieldError('BAD_NUMBER', tag, `field ${tag} is not an integer ("${text}"), digits are allowed`);
    }
    return Number(text) + 0;
  }

  /** Microseconds since the epoch; undefined when absent. @throws Refusal BAD_TIMESTAMP */
  #timestamp(tag: number): number | undefined {
    const at = this.#find(tag);
    if (at < 0) return undefined;
    const timeUs = this.#times.parse(this.#bytes, this.#from[at], this.#to[at]);
    if (Number.isNaN(timeUs)) throw new Refusal('BAD_TIMESTAMP', tag, this.#textAt(at));
    return timeUs;
  }

  #find(tag: number): number {
    for (let i = 0; i < this.#count; i++) if (this.#tags[i] === tag) return i;
    return -1;
  }

  #textAt(index: number): string {
    return latin1(this.#bytes, this.#from[index], this.#to[index]);
  }

  #keep(tag: number, from: number, to: number): void {
    if (this.#count === this.#tags.length) {
      this.#tags = doubled(this.#tags);
      this.#from = doubled(this.#from);
      this.#to = doubled(this.#to);
    }
    this.#tags[this.#count] = tag;
    this.#from[this.#count] = from;
    this.#to[this.#count] = to;
    this.#count++;
  }
}

function doubled(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
