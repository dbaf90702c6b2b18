import { createReadStream } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { HEAD_BYTES, type Separator, separatorOf } from '../../../runtime/fix/venues/separators.ts';
import { BadInput } from '../bad-input.ts';

const CHUNK_BYTES = 1 << 18;

/** Recorded FIX, unpacked. */
export interface FixFile {
  readonly separator: Separator;
  /** All of its bytes, once. @throws BadInput when it cannot be read, or from there on */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/**
 * Opens recorded FIX, plain or gzip whatever its name, and looks at its beginning for the separator. It is read once from
 * its first byte to its last, so it may be a pipe.
 *
 * @param beginTag the tag that messages begin with
 */
export async function openFix(file: string, beginTag: number): Promise<FixFile> {
  const source = unpacked(file);
  const head: Uint8Array[] = [];
  let failure: unknown;
  try {
    for (let bytes = 0; bytes < HEAD_BYTES; bytes += head.at(-1)?.length ?? 0) {
      const { value, done } = await source.next();
      if (done === true) break;
      head.push(value);
    }
  } catch (error) {
    failure = error;
  }
  const separator = separatorOf(Buffer.concat(head).subarray(0, HEAD_BYTES), beginTag);
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield* head.splice(0);
    if (failure !== undefined) throw failure;
    yield* source;
  }
  return { separator, chunks: chunks() };
}

async function* unpacked(file: string): AsyncGenerator<Uint8Array> {
  try {
    const raw: AsyncIterator<Buffer> = createReadStream(file, { highWaterMark: CHUNK_BYTES })[Symbol.asyncIterator]();
    let begin = Buffer.alloc(0);
    while (begin.length < 2) {
      const { value, done } = await raw.next();
      if (done === true) break;
      begin = Buffer.concat([begin, value]);
    }
    async function* all(): AsyncGenerator<Buffer> {
      yield begin;
      yield* { [Symbol.asyncIterator]: () => raw };
    }
    const isGzip = begin[0] === 0x1f && begin[1] === 0x8b;
    // What goes wrong is thrown to whoever reads the last of the line.
    yield* isGzip ? pipeline(Readable.from(all()), createGunzip(), () => undefined) : all();
  } catch (cause) {
    throw new BadInput(file, 'cannot be read', (cause as Error).message, 'a FIX log, plain or gzip,', { cause });
  }
}
