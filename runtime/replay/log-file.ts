import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';
import { z } from 'zod';
import { LogError } from './log-error.ts';
import { type LogMetadata, logMetadata, MAX_FRAME_BYTES, metadataPath } from './log-metadata.ts';

const MAGIC = 0xfd2fb528;

/** A log's bytes, one zstd frame at a time: what is held in memory does not grow with the log. */
export class LogFile {
  readonly path: string;
  readonly metadata: LogMetadata;
  readonly #handle: number;
  #frame = 0;
  #position = 0;

  private constructor(path: string, metadata: LogMetadata, handle: number) {
    this.path = path;
    this.metadata = metadata;
    this.#handle = handle;
  }

  /** Opens a log and holds it to its metadata, digest included. @throws LogError */
  static open(path: string): LogFile {
    const metadata = readMetadata(path);
    const handle = openFile(path);
    try {
      checkBeginning(path, handle);
      checkSize(path, handle, metadata);
      checkDigest(path, handle, metadata);
      return new LogFile(path, metadata, handle);
    } catch (error) {
      closeSync(handle);
      throw error;
    }
  }

  /** The next whole messages of the FIX stream; undefined at the end. @throws LogError */
  read(): Uint8Array | undefined {
    const frame = this.metadata.frames[this.#frame];
    if (frame === undefined) return undefined;
    const compressed = new Uint8Array(frame.compressedBytes);
    readSync(this.#handle, compressed, 0, compressed.length, this.#position);
    const bytes = this.#decompress(compressed);
    if (bytes.length !== frame.bytes) {
      throw new LogError(
        this.path,
        `frame ${this.#frame} has the wrong size`,
        `${bytes.length} bytes`,
        `${frame.bytes} bytes`,
      );
    }
    this.#frame++;
    this.#position += frame.compressedBytes;
    return bytes;
  }

  rewind(): void {
    this.#frame = 0;
    this.#position = 0;
  }

  close(): void {
    closeSync(this.#handle);
  }

  #decompress(compressed: Uint8Array): Uint8Array {
    try {
      return zstdDecompressSync(compressed, { maxOutputLength: MAX_FRAME_BYTES });
    } catch (cause) {
      const problem = `frame ${this.#frame} cannot be decompressed`;
      throw new LogError(this.path, problem, (cause as Error).message, 'a zstd frame', { cause });
    }
  }
}

function readMetadata(path: string): LogMetadata {
  const file = metadataPath(path);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new LogError(
      file,
      'cannot be read',
      (cause as Error).message,
      'the metadata that import wrote beside the log',
      {
        cause,
      },
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new LogError(file, 'is not JSON', (cause as Error).message, 'the metadata that import wrote', { cause });
  }
  const parsed = logMetadata.safeParse(json);
  if (!parsed.success) {
    throw new LogError(file, 'is not the metadata of a market log', z.prettifyError(parsed.error), 'emp/market-log/v1');
  }
  return parsed.data;
}

function openFile(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    throw new LogError(path, 'cannot be opened', (cause as Error).message, 'a readable file', { cause });
  }
}

function checkBeginning(path: string, handle: number): void {
  const head = Buffer.alloc(4);
  const bytes = readSync(handle, head, 0, 4, 0);
  if (bytes === 4 && head.readUInt32LE(0) === MAGIC) return;
  const actual = bytes === 0 ? 'empty' : `begins with ${head.toString('hex', 0, bytes)}`;
  throw new LogError(path, 'is not a zstd file', actual, 'a file that begins with 28b52ffd');
}

function checkSize(path: string, handle: number, metadata: LogMetadata): void {
  const { size } = fstatSync(handle);
  const expected = metadata.frames.reduce((sum, frame) => sum + frame.compressedBytes, 0);
  if (size === expected) return;
  const problem = size < expected ? 'is truncated' : 'is longer than its metadata says';
  throw new LogError(path, problem, `${size} bytes`, `${expected} bytes`);
}

function checkDigest(path: string, handle: number, metadata: LogMetadata): void {
  const hash = createHash('sha256');
  const chunk = new Uint8Array(1 << 20);
  for (let at = 0; ; ) {
    const bytes = readSync(handle, chunk, 0, chunk.length, at);
    if (bytes === 0) break;
    hash.update(chunk.subarray(0, bytes));
    at += bytes;
  }
  const actual = `sha256:${hash.digest('hex')}`;
  if (actual !== metadata.sha256) throw new LogError(path, 'has the wrong digest', actual, metadata.sha256);
}
