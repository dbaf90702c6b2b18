/** What a message leaves on the heap, told by a million of them in a process that does nothing else. */
import { execFileSync } from 'node:child_process';
import { assert } from '../../runtime/assert.ts';
import { Books } from '../../runtime/book/books.ts';
import { Decoder } from '../../runtime/fix/decoder.ts';
import { InstrumentTable } from '../../runtime/instrument.ts';
import { framed } from './quickfix/sound-messages.ts';

const MESSAGES = 1_000_000;
/** What a read of a socket brings at most. */
const CHUNK_BYTES = 64 << 10;
const READS = 16;
const TIME_MS = 1_767_623_400_000;
const LEVELS = Array.from({ length: 10 }, (_, i) => ({ side: i % 2, price: i % 2 === 0 ? 1000 - i : 1000 + i }));

/** Bytes of heap by which a process grows while it decodes and books a message of ten entries: mean over a million. */
export function heapBytesPerMessage(): number {
  const told = execFileSync(process.execPath, ['--expose-gc', import.meta.filename], { encoding: 'utf8' });
  const bytes = Number(told);
  assert(told.trim() !== '' && Number.isFinite(bytes), `grew by ${told.trim()}`);
  return bytes;
}

function grownBy(work: () => void): number {
  const { gc } = globalThis;
  assert(gc !== undefined, 'node runs without --expose-gc');
  gc();
  const before = process.memoryUsage().heapUsed;
  work();
  return process.memoryUsage().heapUsed - before;
}

function main(): void {
  const money = { microUsdPerHalfTickLot: 1, takerFeeMicroUsdPerLot: 0, makerFeeMicroUsdPerLot: 0 };
  const instruments = new InstrumentTable([{ symbol: 'EUR/USD', tickSize: '1', lotSize: '1', ...money }]);
  const books = new Books(instruments, 128);
  const refuse = ({ kind }: { readonly kind: string }) => assert(false, kind);
  const listener = { onChange: () => {}, onIntegrity: refuse };
  let read = 0;
  const decoder = new Decoder({
    instruments,
    onMarketData: (message) => {
      read++;
      books.onMarketData(message, listener);
    },
    onMessage: ({ msgType }) => refuse({ kind: `35=${msgType}` }),
    onError: refuse,
  });
  const levels = LEVELS.map(({ side, price }) => `269=${side}|270=${price}|271=5|`).join('');
  decoder.push(framed('W', 1, TIME_MS, `55=EUR/USD|268=${LEVELS.length}|${levels}`));
  const updates: Uint8Array[] = [];
  for (let bytes = 0, i = 0; bytes < READS * CHUNK_BYTES; i++) {
    const changes = LEVELS.map(({ side, price }) => `279=1|269=${side}|55=EUR/USD|270=${price}|271=${1 + (i % 50)}|`);
    const update = framed('X', 2 + i, TIME_MS, `262=R|268=${changes.length}|${changes.join('')}`);
    updates.push(update);
    bytes += update.length;
  }
  const stream = Buffer.concat(updates);
  // Reads end where they end, not where a message does.
  const reads = Array.from({ length: Math.ceil(stream.length / CHUNK_BYTES) }, (_, i) =>
    Uint8Array.from(stream.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES)),
  );
  const until = (messages: number) => {
    while (read < messages) for (const bytes of reads) decoder.push(bytes);
  };
  until(MESSAGES / 5);
  read = 0;
  const grown = grownBy(() => until(MESSAGES));
  process.stdout.write(`${grown / read}\n`);
}

if (import.meta.main) main();
