/**
 * `node runtime/journal/copy-main.ts STATE`: a copy of the journal in a state folder, on standard output, while its runtime
 * goes on. A line of JSON says how many bytes follow and their digest. In a pod `kubectl exec` starts it: the image has no
 * shell, and needs none.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { InputError } from '../boot/documents.ts';
import { copyJournal, journalBytes } from './copy.ts';
import { lockFolder } from './lock.ts';
import { holdRoom } from './room.ts';

async function main(args: readonly string[]): Promise<void> {
  const [state, ...more] = args;
  if (state === undefined || more.length > 0 || state.startsWith('-')) {
    throw new InputError('usage: node runtime/journal/copy-main.ts STATE');
  }
  const journal = path.join(state, 'journal.sqlite');
  if (!existsSync(journal)) throw new InputError(`${journal}: does not exist; only a runtime that has started has one`);
  holdRoom(state, journalBytes(journal));
  const folder = path.join(state, 'copy');
  const lock = lockFolder(folder);
  const copy = path.join(folder, 'journal.sqlite');
  try {
    // One that was killed left it.
    rmSync(copy, { force: true });
    await copyJournal(journal, copy);
    const hash = createHash('sha256');
    await pipeline(createReadStream(copy), hash);
    const bytes = statSync(copy).size;
    process.stdout.write(`${JSON.stringify({ bytes, digest: `sha256:${hash.digest('hex')}` })}\n`);
    await pipeline(createReadStream(copy), process.stdout, { end: false });
  } finally {
    rmSync(copy, { force: true });
    lock.release();
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const { exitCode = 3, message } = error as Error & { exitCode?: number };
  process.stderr.write(`${message}\n`);
  process.exitCode = exitCode;
}
