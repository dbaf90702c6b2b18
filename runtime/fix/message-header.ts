import { latin1, parseDigits } from './ascii.ts';
import type { FieldScanner } from './field-scanner.ts';
import { Refusal } from './refusal.ts';
import { isHeaderTag } from './tags.ts';
import type { TimestampCodec } from './timestamp.ts';

const SEEN = { 34: 1, 43: 2, 49: 4, 52: 8, 56: 16, 122: 32 } as const;
const YES = 89;
const NO = 78;

/** A text that seldom changes from message to message, kept with its bytes so that the same one is not made again. */
class MemoText {
  value = '';
  #bytes: Uint8Array = new Uint8Array(0);

  read(bytes: Uint8Array, from: number, to: number): void {
    const known = this.#bytes;
    let same = known.length === to - from;
    for (let i = 0; same && i < known.length; i++) same = known[i] === bytes[from + i];
    if (same) return;
    this.#bytes = bytes.slice(from, to);
    this.value = latin1(bytes, from, to);
  }
}

/** The standard header's fields of the message at hand, whatever its type. */
export class MessageHeader {
  seqNum = 0;
  possDup = false;
  sendingTimeUs = 0;
  /** OrigSendingTime (122), NaN when absent. */
  origSendingTimeUs = Number.NaN;
  readonly #sender = new MemoText();
  readonly #target = new MemoText();
  readonly #times: TimestampCodec;
  #seen = 0;
  #unread: Uint8Array | undefined;
  #senderFrom = 0;
  #senderTo = 0;
  #targetFrom = 0;
  #targetTo = 0;

  constructor(times: TimestampCodec) {
    this.#times = times;
  }

  /** As long as the message is at hand, like `targetCompId`. */
  get senderCompId(): string {
    if (this.#unread !== undefined) this.#readNames(this.#unread);
    return this.#sender.value;
  }

  get targetCompId(): string {
    if (this.#unread !== undefined) this.#readNames(this.#unread);
    return this.#target.value;
  }

  reset(): void {
    this.#seen = 0;
    this.#unread = undefined;
    this.possDup = false;
    this.origSendingTimeUs = Number.NaN;
  }

  /** A header that was read and judged elsewhere; `name` says whose it is. */
  assign(seqNum: number, sendingTimeUs: number): void {
    this.reset();
    this.seqNum = seqNum;
    this.sendingTimeUs = sendingTimeUs;
  }

  /** Where the sender and the target of such a header stand; read when somebody asks. */
  name(bytes: Uint8Array, senderFrom: number, senderTo: number, targetFrom: number, targetTo: number): void {
    this.#unread = bytes;
    this.#senderFrom = senderFrom;
    this.#senderTo = senderTo;
    this.#targetFrom = targetFrom;
    this.#targetTo = targetTo;
  }

  #readNames(bytes: Uint8Array): void {
    this.#unread = undefined;
    this.#sender.read(bytes, this.#senderFrom, this.#senderTo);
    this.#target.read(bytes, this.#targetFrom, this.#targetTo);
  }

  /**
   * Takes the scanner's field when it belongs to the header. MsgType was taken by the framing: a second one is a
   * duplicate.
   * @throws Refusal
   */
  take(scanner: FieldScanner): boolean {
    const { bytes, tag, from, to } = scanner;
    switch (tag) {
      case 34:
        this.#once(tag, SEEN[34]);
        this.seqNum = parseDigits(bytes, from, to);
        if (this.seqNum < 0 || this.seqNum > 0x7fffffff) throw new Refusal('BAD_NUMBER', tag, latin1(bytes, from, to));
        return true;
      case 43:
        this.#once(tag, SEEN[43]);
        if (to - from !== 1 || (bytes[from] !== YES && bytes[from] !== NO)) throw new Refusal('BAD_ENUM', tag);
        this.possDup = bytes[from] === YES;
        return true;
      case 49:
        this.#once(tag, SEEN[49]);
        this.#sender.read(bytes, from, to);
        return true;
      case 52:
        this.#once(tag, SEEN[52]);
        this.sendingTimeUs = this.#time(scanner);
        return true;
      case 56:
        this.#once(tag, SEEN[56]);
        this.#target.read(bytes, from, to);
        return true;
      case 122:
        this.#once(tag, SEEN[122]);
        this.origSendingTimeUs = this.#time(scanner);
        return true;
      case 8:
      case 9:
      case 35:
        throw new Refusal('DUPLICATE_TAG', tag);
      default:
        return isHeaderTag(tag);
    }
  }

  /**
   * @param mayBeZero MsgSeqNum has no meaning in this message (SequenceReset in reset mode)
   * @throws Refusal MISSING_FIELD, the sequence number first: without it nothing else can be answered.
   */
  complete(mayBeZero: boolean): void {
    const seen = this.#seen;
    if ((seen & SEEN[34]) === 0) throw new Refusal('MISSING_FIELD', 34);
    if (this.seqNum === 0 && !mayBeZero) throw new Refusal('BAD_NUMBER', 34, '0');
    if ((seen & SEEN[49]) === 0) throw new Refusal('MISSING_FIELD', 49);
    if ((seen & SEEN[56]) === 0) throw new Refusal('MISSING_FIELD', 56);
    if ((seen & SEEN[52]) === 0) throw new Refusal('MISSING_FIELD', 52);
  }

  #once(tag: number, bit: number): void {
    if ((this.#seen & bit) !== 0) throw new Refusal('DUPLICATE_TAG', tag);
    this.#seen |= bit;
  }

  #time(scanner: FieldScanner): number {
    const timeUs = this.#times.parse(scanner.bytes, scanner.from, scanner.to);
    if (Number.isNaN(timeUs)) {
      throw new Refusal('BAD_TIMESTAMP', scanner.tag, latin1(scanner.bytes, scanner.from, scanner.to));
    }
    return timeUs;
  }
}
