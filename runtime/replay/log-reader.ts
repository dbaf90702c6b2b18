import { Decoder } from '../fix/decoder.ts';
import type { MarketData } from '../fix/market-data.ts';
import { InstrumentTable } from '../instrument.ts';
import { LogError } from './log-error.ts';
import { LogFile } from './log-file.ts';
import type { LogMetadata } from './log-metadata.ts';

const SOH = 1;
const ZERO = 48;
/** "10=nnn" and its SOH. */
const TRAILER_BYTES = 7;

/**
 * A market log, one message at a time, through the decoder that also reads the wire. Synchronous and in constant
 * memory. A log is refused at the first message that is not sound: a recorded market has no gaps to bridge.
 */
export class MarketLog {
  readonly metadata: LogMetadata;
  readonly instruments: InstrumentTable;
  readonly #file: LogFile;
  readonly #decoder: Decoder;
  #frame: Uint8Array = new Uint8Array(0);
  #at = 0;
  /** Bytes of the FIX stream before the current frame. */
  #before = 0;
  #messages = 0;
  #decoded: MarketData | undefined;
  #problem: string | undefined;

  private constructor(file: LogFile) {
    this.#file = file;
    this.metadata = file.metadata;
    this.instruments = new InstrumentTable(file.metadata.instruments);
    this.#decoder = new Decoder({
      instruments: this.instruments,
      onMarketData: (message) => {
        this.#decoded = message;
      },
      onMessage: (message) => {
        this.#problem = `35=${message.msgType}`;
      },
      onError: (error) => {
        this.#problem = [error.kind, error.tag, error.text].filter((part) => part !== undefined).join(' ');
      },
    });
  }

  /** @throws LogError when the log or its metadata cannot be used */
  static open(path: string): MarketLog {
    return new MarketLog(LogFile.open(path));
  }

  /** The next W or X, reused by the next call; undefined at the end. @throws LogError */
  next(): MarketData | undefined {
    if (this.#at === this.#frame.length && !this.#nextFrame()) {
      this.#checkCount();
      return undefined;
    }
    const end = this.#messageEnd();
    this.#decoded = undefined;
    this.#problem = undefined;
    this.#decoder.push(this.#frame.subarray(this.#at, end));
    if (this.#problem !== undefined || this.#decoded === undefined) this.#refuse(this.#problem ?? 'it goes on');
    this.#at = end;
    this.#messages++;
    return this.#decoded;
  }

  /** Steps over messages by their lengths alone: they were found sound when they were first read. @throws LogError */
  skip(messages: number): void {
    for (let left = messages; left > 0; left--) {
      if (this.#at === this.#frame.length) this.#nextFrame();
      this.#at = this.#messageEnd();
      this.#messages++;
    }
  }

  /** Starts again from the first message. */
  rewind(): void {
    this.#file.rewind();
    this.#decoder.reset();
    this.#frame = new Uint8Array(0);
    this.#at = 0;
    this.#before = 0;
    this.#messages = 0;
  }

  close(): void {
    this.#file.close();
  }

  #checkCount(): void {
    const { messages } = this.metadata.counts;
    if (this.#messages === messages) return;
    throw new LogError(this.#file.path, 'has the wrong number of messages', `${this.#messages}`, `${messages}`);
  }

  #nextFrame(): boolean {
    const frame = this.#file.read();
    if (frame === undefined) return false;
    this.#before += this.#frame.length;
    this.#frame = frame;
    this.#at = 0;
    return true;
  }

  /** Where the message at hand ends by its BodyLength (9); the decoder judges whether that is true. */
  #messageEnd(): number {
    const bytes = this.#frame;
    const lengthAt = bytes.indexOf(SOH, this.#at) + 3;
    if (lengthAt < 3) this.#refuse('no BodyLength');
    let length = 0;
    let at = lengthAt;
    for (; at < bytes.length && bytes[at] !== SOH; at++) length = 10 * length + (bytes[at] - ZERO);
    const end = at + 1 + length + TRAILER_BYTES;
    if (!(end <= bytes.length && end > this.#at)) this.#refuse('the frame ends inside it');
    return end;
  }

  #refuse(problem: string): never {
    const subject = `the message at byte ${this.#before + this.#at} of the FIX stream`;
    throw new LogError(this.#file.path, `${subject} cannot be used`, problem, 'a sound 35=W or 35=X of a known symbol');
  }
}

/** Gives every message of a log to `onMarketData`. @throws LogError */
export function readLog(path: string, onMarketData: (message: MarketData) => void): LogMetadata {
  const log = MarketLog.open(path);
  try {
    for (let message = log.next(); message !== undefined; message = log.next()) onMarketData(message);
  } finally {
    log.close();
  }
  return log.metadata;
}
