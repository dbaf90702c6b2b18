import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { zstdCompressSync } from 'node:zlib';
import type { Clock, Timer } from '../../runtime/clock.ts';
import { Encoder } from '../../runtime/fix/encoder.ts';
import { ENTRY, type MarketData } from '../../runtime/fix/market-data.ts';
import { MarketDataWriter } from '../../runtime/fix/market-data-writer.ts';
import { type Instrument, InstrumentTable } from '../../runtime/instrument.ts';
import { LogError } from '../../runtime/replay/log-error.ts';
import { type LogMetadata, logMetadata, metadataPath } from '../../runtime/replay/log-metadata.ts';

/** A frame is closed when its messages reach this size: small enough to hold, large enough to compress well. */
const FRAME_BYTES = 1024 * 1024;

export interface LogWriterOptions {
  /** Where the data comes from, for a reader. */
  readonly source: string;
  readonly instruments: readonly Instrument[];
}

/** SendingTime of a recorded message is its event time. */
class EventTime implements Clock {
  timeUs = 0;
  nowUs(): number {
    return this.timeUs;
  }
  after(): Timer {
    throw new Error('a recording sets no timers');
  }
}

/**
 * Writes a market log and the metadata beside it. Until `finish`, the log is under another name: a log that has its
 * own name is whole. The same messages give the same bytes.
 */
export class LogWriter {
  readonly instruments: InstrumentTable;
  readonly #path: string;
  readonly #partialPath: string;
  readonly #source: string;
  readonly #handle: number;
  readonly #hash = createHash('sha256');
  readonly #time = new EventTime();
  readonly #encoder: Encoder;
  readonly #body: MarketDataWriter;
  readonly #frames: { compressedBytes: number; bytes: number }[] = [];
  readonly #counts = { messages: 0, snapshots: 0, entries: 0, trades: 0, tradesOffTick: 0 };
  #firstUs = 0;

  /** @throws LogError when the file cannot be created */
  constructor(path: string, options: LogWriterOptions) {
    this.#path = path;
    this.#partialPath = `${path}.partial`;
    this.#source = options.source;
    this.instruments = new InstrumentTable(options.instruments);
    this.#encoder = new Encoder({
      beginString: 'FIX.4.4',
      senderCompId: 'EMPSIM',
      targetCompId: 'EMP',
      clock: this.#time,
    });
    this.#body = new MarketDataWriter(this.instruments);
    this.#handle = this.#attempt(() => openSync(this.#partialPath, 'w'));
  }

  /** Appends a W or X; its sequence number is its place in the log. Event time may not run backwards. */
  write(m: MarketData, tradesOffTick = 0): void {
    if (m.timeUs < this.#time.timeUs) {
      throw new LogError(this.#path, 'time runs backwards', `${m.timeUs} µs`, `${this.#time.timeUs} µs or later`);
    }
    if (this.#counts.messages === 0) this.#firstUs = m.timeUs;
    this.#time.timeUs = m.timeUs;
    this.#counts.messages++;
    this.#counts.snapshots += m.snapshot ? 1 : 0;
    this.#counts.entries += m.count;
    this.#counts.tradesOffTick += tradesOffTick;
    for (let i = 0; i < m.count; i++) if (m.entryType[i] === ENTRY.TRADE) this.#counts.trades++;
    this.#encoder.encode(MarketDataWriter.msgType(m), this.#counts.messages, (body) => this.#body.write(m, body));
    if (this.#encoder.out.length >= FRAME_BYTES) this.#endFrame();
  }

  /** Completes the log and writes its metadata. @throws LogError */
  finish(): LogMetadata {
    if (this.#counts.messages === 0) {
      this.abandon();
      throw new LogError(this.#path, 'has no messages', '0', 'at least 1');
    }
    if (this.#encoder.out.length > 0) this.#endFrame();
    const metadata = logMetadata.parse({
      schema: 'emp/market-log/v1',
      source: this.#source,
      instruments: this.instruments.list,
      timeUs: { first: this.#firstUs, last: this.#time.timeUs },
      counts: this.#counts,
      frames: this.#frames,
      sha256: `sha256:${this.#hash.digest('hex')}`,
    });
    this.#attempt(() => {
      fsyncSync(this.#handle);
      closeSync(this.#handle);
      writeFileSync(`${metadataPath(this.#path)}.partial`, `${JSON.stringify(metadata, null, 2)}\n`);
      renameSync(`${metadataPath(this.#path)}.partial`, metadataPath(this.#path));
      renameSync(this.#partialPath, this.#path);
    });
    return metadata;
  }

  /** Leaves nothing behind. */
  abandon(): void {
    closeSync(this.#handle);
    rmSync(this.#partialPath, { force: true });
  }

  #endFrame(): void {
    const { out } = this.#encoder;
    const compressed = zstdCompressSync(out.bytes.subarray(0, out.length));
    this.#frames.push({ compressedBytes: compressed.length, bytes: out.length });
    out.length = 0;
    this.#hash.update(compressed);
    this.#attempt(() => {
      for (let at = 0; at < compressed.length; ) at += writeSync(this.#handle, compressed, at);
    });
  }

  #attempt<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      throw new LogError(this.#path, 'cannot be written', (cause as Error).message, 'a writable file with room', {
        cause,
      });
    }
  }
}
