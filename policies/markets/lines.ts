import { createReadStream } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { BadInput } from './bad-input.ts';

/** A text file's lines, `.gz` or not, one at a time; empty ones are passed over. @throws BadInput when it cannot be read */
export async function* linesOf(file: string): AsyncGenerator<string> {
  const raw = createReadStream(file);
  let failure: Error | undefined;
  const input = path.extname(file) === '.gz' ? createGunzip() : undefined;
  if (input !== undefined) {
    pipeline(raw, input, (error) => {
      failure = error ?? undefined;
    });
  }
  try {
    for await (const line of createInterface({ input: input ?? raw, crlfDelay: Infinity })) {
      if (line !== '') yield line;
    }
  } catch (error) {
    failure = error as Error;
  } finally {
    raw.destroy();
    input?.destroy();
  }
  if (failure !== undefined)
    throw new BadInput(file, 'cannot be read', failure.message, 'a readable file, plain or .gz,', { cause: failure });
}
