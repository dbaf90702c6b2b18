import { latin1, parseDigits, SOH } from '../ascii.ts';
import { type Dictionary, type Field, fieldTypeOf } from '../dictionary/dictionary.ts';
import { dictionaryOf } from '../dictionary/known.ts';
import { FieldScanner } from '../field-scanner.ts';
import { Framer } from '../framer.ts';
import type { DecodeError, DecodeErrorKind } from '../message.ts';
import { Refusal } from '../refusal.ts';
import type { StructuredMessage } from '../structured/fields.ts';
import { readStructure, type StructureRules } from '../structured/structure.ts';
import { TimestampCodec } from '../timestamp.ts';
import type { Dialect } from './dialect.ts';
import { EntryReader, type VenueEntry } from './entries.ts';
import { GapCounter, type Lost } from './gaps.ts';

export interface VenueMessage {
  /** Offset of its first byte in the stream. */
  readonly offset: number;
  /** MsgSeqNum (34); undefined where the venue sends none. */
  readonly seqNum: number | undefined;
  readonly symbol: string | undefined;
  /** TransactTime (60), else SendingTime (52): microseconds since the epoch, NaN where there is neither. */
  readonly timeUs: number;
  /** What is known to be missing before it. */
  readonly lost: Lost;
  /** Of W and X; empty on any other message. */
  readonly entries: readonly VenueEntry[];
  /** False where the venue tells an event in several messages and more of this one follow. */
  readonly endsEvent: boolean;
  /** The venue's checksum of the book after it, as it is written. */
  readonly checksum: string | undefined;
  readonly message: StructuredMessage;
}

export interface VenueReaderOptions {
  readonly dialect: Dialect;
  readonly onMessage: (message: VenueMessage) => void;
  readonly onError: (error: DecodeError) => void;
  /** Used for every message instead of the dialect's own. */
  readonly dictionary?: Dictionary;
  /** As the dictionary says, or as venues do; see `StructureRules`. @default 'venue' */
  readonly strictness?: StructureRules['strictness'];
  /** Text around messages is a log's. @default false */
  readonly inLines?: boolean;
  /** The separator that CheckSum was computed over. @default SOH */
  readonly summedSeparator?: number;
  readonly maxMessageBytes?: number;
}

/**
 * Any venue's stream into structured messages, in one pass, resumable at any byte. The way of tools and imports: it
 * allocates per message. What the trading runtime receives goes through `Decoder`.
 */
export class VenueReader {
  readonly #options: VenueReaderOptions;
  readonly #framer: Framer;
  readonly #scanner = new FieldScanner();
  readonly #rules = new Map<string, StructureRules>();
  readonly #entries: EntryReader;
  readonly #gaps: GapCounter;
  readonly #timeUs: (bytes: Uint8Array, from: number, to: number) => number;
  /** How often the beginning of a message had to be searched for. */
  resyncs = 0;

  constructor(options: VenueReaderOptions) {
    const { dialect, inLines = false, summedSeparator = SOH, maxMessageBytes = 16 << 20 } = options;
    this.#options = options;
    const values = Object.keys(dialect.begin.dictionaries);
    const isStandard = dialect.begin.tag === 8;
    const prefix = isStandard ? '8=FIX' : `${dialect.begin.tag}=${values.length === 1 ? values[0] : ''}`;
    this.#framer = new Framer({ maxMessageBytes, prefix, inLines, summedSeparator });
    this.#entries = new EntryReader(dialect);
    this.#gaps = new GapCounter(dialect);
    this.#timeUs = timestampsOf(dialect);
    const isTimestamp: StructureRules['isTimestamp'] = (bytes, from, to) =>
      !Number.isNaN(this.#timeUs(bytes, from, to));
    for (const value of values) {
      const version = dialect.begin.dictionaries[value];
      if (version === undefined) continue;
      const dictionary = options.dictionary ?? dictionaryOf(version);
      const strictness = options.strictness ?? 'venue';
      this.#rules.set(value, { dictionary: withFields(dictionary, dialect), strictness, isTimestamp });
    }
  }

  /** Leaps in the numbers that the venue's rule names. */
  get gaps(): number {
    return this.#gaps.count;
  }

  push(chunk: Uint8Array): void {
    let taken = 0;
    while (taken < chunk.length) {
      taken += this.#framer.append(chunk, taken);
      for (let outcome = this.#framer.frame(); outcome !== 'wait'; outcome = this.#framer.frame()) {
        if (outcome === 'message') this.#take();
        else this.#refuseFrame(outcome);
      }
    }
  }

  /** The stream has ended: what is left is a message that was cut off, or nothing. */
  finish(): void {
    const { pending, offset } = this.#framer;
    if (pending.some((byte) => byte === SOH)) {
      this.#options.onError({ kind: 'TRUNCATED', offset });
      // What the wrong length of a cut message hid may be sound.
      const rest = pending.slice(1);
      this.#framer.reset();
      const inner = new VenueReader({
        ...this.#options,
        onMessage: (message) => this.#options.onMessage({ ...message, offset: message.offset + offset + 1 }),
        onError: (error) => {
          if (error.kind !== 'GARBLED') this.#options.onError({ ...error, offset: error.offset + offset + 1 });
        },
      });
      inner.push(rest);
      inner.finish();
      this.resyncs += inner.resyncs;
    }
  }

  #take(): void {
    const { bytes, beginFrom, beginTo, bodyFrom, bodyTo, offset } = this.#framer;
    let found: VenueMessage;
    try {
      const begin = latin1(bytes, beginFrom, beginTo);
      const rules = this.#rules.get(begin);
      if (rules === undefined) throw new Refusal('BAD_BEGIN_STRING', this.#options.dialect.begin.tag, begin);
      if (bytes[bodyFrom] !== 51 || bytes[bodyFrom + 1] !== 53 || bytes[bodyFrom + 2] !== 61) {
        throw new Refusal('MISSING_MSG_TYPE', 35);
      }
      let at = bodyFrom + 3;
      while (bytes[at] !== SOH) at++;
      if (at === bodyFrom + 3) throw new Refusal('EMPTY_VALUE', 35);
      this.#scanner.start(bytes, at + 1, bodyTo);
      found = this.#judged(readStructure(this.#scanner, latin1(bytes, bodyFrom + 3, at), rules), offset);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      this.#refuse(refusal);
      return;
    }
    this.#framer.take();
    this.#options.onMessage(found);
  }

  #judged(message: StructuredMessage, offset: number): VenueMessage {
    const { header, body } = message;
    for (const tag of this.#options.dialect.requiredHeader) {
      if (!header.values.has(tag)) throw new Refusal('MISSING_FIELD', tag);
    }
    const number = header.text(34);
    if (number !== undefined && Number(number) < 1) throw new Refusal('BAD_NUMBER', 34, number);
    const isMarketData = message.msgType === 'W' || message.msgType === 'X';
    const entries = isMarketData ? this.#entries.read(message) : [];
    const symbol = this.#entries.symbol(body) ?? entries[0]?.symbol;
    const lost = this.#gaps.take(message, entries, symbol);
    const time = Buffer.from(body.text(60) ?? header.text(52) ?? '', 'latin1');
    return {
      offset,
      seqNum: number === undefined ? undefined : Number(number),
      symbol,
      timeUs: this.#timeUs(time, 0, time.length),
      lost,
      entries,
      endsEvent: !isMarketData || this.#entries.endsEvent(message),
      checksum: isMarketData ? this.#entries.checksum(message) : undefined,
      message,
    };
  }

  #refuse(refusal: Refusal): void {
    if (refusal.kind === 'BAD_BODY_LENGTH' || this.#framer.bodyEndsEarly()) {
      this.#refuseFrame('BAD_BODY_LENGTH');
      return;
    }
    const { offset, bytes, bodyFrom, bodyTo } = this.#framer;
    const { kind, tag, text } = refusal;
    const seqNum = sequenceIn(bytes, bodyFrom, bodyTo);
    this.#framer.take();
    this.#options.onError({
      kind,
      offset,
      ...(tag === undefined ? {} : { tag }),
      ...(text === undefined ? {} : { text }),
      ...(seqNum > 0 ? { seqNum } : {}),
    });
  }

  #refuseFrame(kind: DecodeErrorKind): void {
    const { offset } = this.#framer;
    this.#framer.refuse();
    this.resyncs++;
    const tag = kind === 'BAD_CHECKSUM' ? 10 : kind === 'GARBLED' ? undefined : 9;
    this.#options.onError({ kind, offset, ...(tag === undefined ? {} : { tag }) });
  }
}

function sequenceIn(bytes: Uint8Array, from: number, to: number): number {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from);
  const at = body.indexOf('\x0134=', 0, 'latin1');
  if (at < 0) return -1;
  return parseDigits(body, at + 4, body.indexOf(SOH, at + 4));
}

function withFields(dictionary: Dictionary, dialect: Dialect): Dictionary {
  const own = Object.entries(dialect.fields).map(([tag, [name, type]]): [number, Field] => [
    Number(tag),
    { tag: Number(tag), name, type: fieldTypeOf(type), values: undefined },
  ]);
  if (own.length === 0) return dictionary;
  return dictionary.with(own);
}

/** Reads the venue's UTC timestamps: microseconds since the epoch, NaN for what is none. */
function timestampsOf(dialect: Dialect): (bytes: Uint8Array, from: number, to: number) => number {
  const times = new TimestampCodec();
  if (dialect.timestamps === 'standard') return (bytes, from, to) => times.parse(bytes, from, to);
  return (bytes, from, to) => {
    const text = latin1(bytes, from, to);
    if (!/^\d{14}(\d{3}|\d{6})?$/.test(text)) return Number.NaN;
    const [, date, hours, minutes, seconds, fraction] = /^(\d{8})(\d\d)(\d\d)(\d\d)(\d*)$/.exec(text) ?? [];
    const standard = Buffer.from(`${date}-${hours}:${minutes}:${seconds}${fraction === '' ? '' : `.${fraction}`}`);
    return times.parse(standard, 0, standard.length);
  };
}
