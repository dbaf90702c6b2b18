import { assert } from '../assert.ts';
import type { InstrumentTable } from '../instrument.ts';
import { EQUALS, latin1, parseDigits, SOH } from './ascii.ts';
import type { Dictionary } from './dictionary/dictionary.ts';
import { FastPath } from './fast-path.ts';
import { FieldScanner } from './field-scanner.ts';
import { type FrameOutcome, Framer } from './framer.ts';
import type { MarketData } from './market-data.ts';
import { MarketDataParser } from './market-data-parser.ts';
import type { DecodeError, DecodeErrorKind } from './message.ts';
import { MessageHeader } from './message-header.ts';
import { MessageView } from './message-view.ts';
import { Refusal } from './refusal.ts';
import { reverseRoute } from './session-reject.ts';
import { readStructure, type StructureRules } from './structured/structure.ts';
import { TimestampCodec } from './timestamp.ts';

const FAST_AFTER = 32;
const MESSAGE_BYTES_MAX = 1 << 20;

export interface DecoderOptions {
  readonly instruments: InstrumentTable;
  /** W or X, decoded and judged as a whole; reused, valid inside the callback only. */
  readonly onMarketData: (message: MarketData) => void;
  /** Every other message; reused, valid inside the callback only. */
  readonly onMessage: (message: MessageView) => void;
  readonly onError: (error: DecodeError) => void;
  /** Accepted BeginStrings (8). @default ['FIX.4.4'] */
  readonly beginStrings?: readonly string[] | 'any';
  /** Largest BodyLength (9) that is accepted. @default 1 MiB */
  readonly maxMessageBytes?: number;
  /** Every message but W and X is held to it. @default none */
  readonly dictionary?: Dictionary;
  /**
   * After how many X messages the fast path is set up, which gives the same answers: sessions that carry orders never
   * need it. @default 32
   */
  readonly fastPathAfter?: number;
}

/**
 * Bytes to messages, in one pass, resumable at any byte, strict while parsing.
 *
 * A message that is not soundly framed is reported and stepped over; one that is framed but wrong is reported with its
 * MsgSeqNum. UNKNOWN_SYMBOL alone is a remark: the message follows it, with symbol id −1 in the entries concerned.
 * Nothing is thrown for what the bytes hold; a callback's exception passes through and leaves the decoder usable.
 */
export class Decoder {
  /** The standard header of the message at hand. */
  readonly header: MessageHeader;
  readonly #options: DecoderOptions;
  readonly #framer: Framer;
  #fast: FastPath | undefined;
  /** X messages until the fast path is worth its memory. */
  #slowUpdatesLeft: number;
  readonly #scanner = new FieldScanner();
  readonly #view: MessageView;
  readonly #marketData: MarketDataParser;
  readonly #rules: StructureRules | undefined;
  #begin = '';
  #beginAccepted = false;
  #generation = 0;
  #pushing = false;

  constructor(options: DecoderOptions) {
    this.#options = options;
    const { maxMessageBytes = MESSAGE_BYTES_MAX, fastPathAfter = FAST_AFTER, beginStrings = ['FIX.4.4'] } = options;
    const isFast = beginStrings === 'any' || beginStrings.includes('FIX.4.4');
    const times = new TimestampCodec();
    this.header = new MessageHeader(times);
    this.#view = new MessageView(this.header, times);
    const { dictionary } = options;
    const isTimestamp = (bytes: Uint8Array, from: number, to: number) => !Number.isNaN(times.parse(bytes, from, to));
    this.#rules = dictionary === undefined ? undefined : { dictionary, strictness: 'dictionary', isTimestamp };
    this.#marketData = new MarketDataParser(options.instruments, this.header, times);
    this.#framer = new Framer({ maxMessageBytes });
    this.#slowUpdatesLeft = isFast ? fastPathAfter : Number.POSITIVE_INFINITY;
  }

  /** Decodes what is complete with `chunk`, and keeps the rest. */
  push(chunk: Uint8Array): void {
    assert(!this.#pushing, 'a decoder is given bytes from inside its own callback');
    const generation = this.#generation;
    this.#pushing = true;
    try {
      let taken = 0;
      while (taken < chunk.length) {
        taken += this.#framer.append(chunk, taken);
        for (;;) {
          if (!this.#takeFast()) {
            const outcome = this.#framer.frame();
            if (outcome === 'wait') break;
            if (outcome === 'message') this.#decode();
            else this.#refuseFrame(outcome);
          }
          if (generation !== this.#generation) return;
        }
      }
    } finally {
      this.#pushing = false;
    }
  }

  /** A copy of the whole message that a callback is about. */
  frame(): Uint8Array {
    const { bytes, frameFrom, frameTo } = this.#framer;
    return bytes.slice(frameFrom, frameTo);
  }

  /** Forgets the bytes kept and the rest of the chunk at hand: the stream has ended and another will begin. */
  reset(): void {
    this.#generation++;
    this.#framer.reset();
  }

  #setUpFastPath(): void {
    const { instruments, maxMessageBytes = MESSAGE_BYTES_MAX } = this.#options;
    this.#fast = new FastPath(instruments, maxMessageBytes, this.#marketData.data);
    this.#fast.expectDay(this.header.sendingTimeUs);
    this.#framer.moveTo(this.#fast);
  }

  /** Takes the next message when the fast path can. */
  #takeFast(): boolean {
    const framer = this.#framer;
    if (framer.start < 0 || framer.start === framer.end) return false;
    // Not before the next message has begun: the arrays move, and whoever reads a log still holds the one before.
    if (this.#fast === undefined && this.#slowUpdatesLeft < 0) this.#setUpFastPath();
    if (this.#fast === undefined) return false;
    const { start } = framer;
    const { data } = this.#marketData;
    const length = this.#fast.read(start, framer.end, this.header);
    if (length === 0) return false;
    framer.takeWhole(length);
    this.#options.onMarketData(data);
    return true;
  }

  #decode(): void {
    const framer = this.#framer;
    const { bytes, bodyFrom, bodyTo, offset } = framer;
    const byte = bytes[bodyFrom + 3];
    const isMarketData = bytes[bodyFrom + 4] === SOH && (byte === 87 || byte === 88);
    try {
      this.#checkBeginning();
      if (isMarketData) {
        this.#scanner.start(bytes, bodyFrom + 5, bodyTo);
        this.#marketData.read(this.#scanner, byte === 87);
      } else {
        let at = bodyFrom + 3;
        while (bytes[at] !== SOH) at++;
        if (at === bodyFrom + 3) throw new Refusal('EMPTY_VALUE', 35);
        const msgType = latin1(bytes, bodyFrom + 3, at);
        this.#scanner.start(bytes, at + 1, bodyTo);
        this.#view.read(this.#scanner, msgType);
        if (this.#rules !== undefined) {
          this.#scanner.start(bytes, at + 1, bodyTo);
          readStructure(this.#scanner, msgType, this.#rules);
        }
      }
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      this.#refuseMessage(refusal);
      return;
    }
    framer.take();
    if (!isMarketData) {
      this.#options.onMessage(this.#view);
      return;
    }
    this.#fast?.expectDay(this.header.sendingTimeUs);
    const { unknownSymbol } = this.#marketData;
    if (unknownSymbol !== undefined) {
      this.#options.onError({ kind: 'UNKNOWN_SYMBOL', offset, tag: 55, text: unknownSymbol });
    }
    const isUpdate = byte === 88;
    this.#options.onMarketData(this.#marketData.data);
    if (isUpdate && this.#fast === undefined) this.#slowUpdatesLeft--;
  }

  /** BeginString is one of ours, and MsgType comes third. */
  #checkBeginning(): void {
    const { bytes, beginFrom, beginTo, bodyFrom } = this.#framer;
    if (!this.#isLastBegin(bytes, beginFrom, beginTo)) {
      this.#begin = latin1(bytes, beginFrom, beginTo);
      const accepted = this.#options.beginStrings ?? ['FIX.4.4'];
      this.#beginAccepted = accepted === 'any' || accepted.includes(this.#begin);
    }
    if (!this.#beginAccepted) throw new Refusal('BAD_BEGIN_STRING', 8, this.#begin);
    if (bytes[bodyFrom] !== 51 || bytes[bodyFrom + 1] !== 53 || bytes[bodyFrom + 2] !== EQUALS) {
      throw new Refusal('MISSING_MSG_TYPE', 35);
    }
  }

  #isLastBegin(bytes: Uint8Array, from: number, to: number): boolean {
    const last = this.#begin;
    if (last.length !== to - from) return false;
    for (let i = 0; i < last.length; i++) if (last.charCodeAt(i) !== bytes[from + i]) return false;
    return true;
  }

  /** Not a message at all: nothing in it can be trusted, its number included. */
  #refuseFrame(kind: Exclude<FrameOutcome, 'message' | 'wait'>): void {
    const { offset } = this.#framer;
    this.#framer.refuse();
    this.#options.onError(kind === 'BAD_CHECKSUM' ? { kind, offset, tag: 10 } : framingError(kind, offset));
  }

  /** Soundly framed, but wrong inside. */
  #refuseMessage(refusal: Refusal): void {
    const framer = this.#framer;
    if (refusal.kind === 'BAD_BODY_LENGTH' || framer.bodyEndsEarly()) {
      this.#refuseFrame('BAD_BODY_LENGTH');
      return;
    }
    const { bytes, bodyFrom, bodyTo, offset } = framer;
    const { kind, tag, text } = refusal;
    const trusted = kind !== 'MISSING_MSG_TYPE' && kind !== 'BAD_BEGIN_STRING';
    const seqNum = trusted ? parseDigits(...rangeOf(bytes, 34, bodyFrom, bodyTo)) : -1;
    const route = trusted ? reverseRoute((wanted) => latin1(...rangeOf(bytes, wanted, bodyFrom, bodyTo))) : [];
    const error: DecodeError = {
      kind,
      offset,
      ...(tag === undefined ? {} : { tag }),
      ...(text === undefined ? {} : { text }),
      ...(seqNum > 0 && seqNum <= 0x7fffffff ? { seqNum } : {}),
      ...(route.length > 0 ? { route } : {}),
      ...(trusted ? { msgType: latin1(...rangeOf(bytes, 35, bodyFrom, bodyTo)) } : {}),
      possDup: trusted && latin1(...rangeOf(bytes, 43, bodyFrom, bodyTo)) === 'Y',
    };
    framer.take();
    this.#options.onError(error);
  }
}

function framingError(kind: DecodeErrorKind, offset: number): DecodeError {
  return kind === 'GARBLED' ? { kind, offset } : { kind, offset, tag: 9 };
}

/** The value of the first field `tag` in a body that may be malformed; an empty range when there is none. */
function rangeOf(bytes: Uint8Array, tag: number, bodyFrom: number, bodyTo: number): [Uint8Array, number, number] {
  const wanted = `${tag}=`;
  let field = bodyFrom;
  while (field < bodyTo) {
    let to = field;
    while (to < bodyTo && bytes[to] !== SOH) to++;
    let i = 0;
    while (i < wanted.length && bytes[field + i] === wanted.charCodeAt(i)) i++;
    if (i === wanted.length) return [bytes, field + i, to];
    field = to + 1;
  }
  return [bytes, bodyFrom, bodyFrom];
}
