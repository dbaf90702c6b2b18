/** What books and features of a thousand symbols take, measured in a process that holds nothing else. */
import { execFileSync } from 'node:child_process';
import { assert } from '../../runtime/assert.ts';
import { Books } from '../../runtime/book/books.ts';
import { catalogue } from '../../runtime/features/index.ts';
import { FeatureRows } from '../../runtime/features/rows.ts';
import { ACTION, ENTRY, MarketData } from '../../runtime/fix/market-data.ts';
import { InstrumentTable } from '../../runtime/instrument.ts';

const SYMBOLS = 1000;
const LEVELS = 100;

/** Bytes of a thousand books of a hundred levels a side and the catalogue's features of each, by a process of their own. */
export function deepBooksBytes(): number {
  const told = execFileSync(process.execPath, ['--expose-gc', import.meta.filename], { encoding: 'utf8' });
  const bytes = Number(told);
  assert(Number.isSafeInteger(bytes) && bytes > SYMBOLS * LEVELS, `books of ${told.trim()} bytes`);
  return bytes;
}

/** Bytes of heap and of buffers outside it, after the garbage is gone. */
function heldBytes(): number {
  const { gc } = globalThis;
  assert(gc !== undefined, 'node runs without --expose-gc');
  gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function main(): void {
  const money = {
    tickSize: '1',
    lotSize: '1',
    microUsdPerHalfTickLot: 1,
    takerFeeMicroUsdPerLot: 0,
    makerFeeMicroUsdPerLot: 0,
  };
  const instruments = new InstrumentTable(Array.from({ length: SYMBOLS }, (_, i) => ({ symbol: `S${i}`, ...money })));
  const message = new MarketData();
  const before = heldBytes();
  const books = new Books(instruments, LEVELS);
  const rows = new FeatureRows(SYMBOLS, catalogue);
  message.snapshot = true;
  message.timeUs = 1;
  message.count = 2 * LEVELS;
  for (let symbolId = 0; symbolId < SYMBOLS; symbolId++) {
    for (let i = 0; i < 2 * LEVELS; i++) {
      message.symbolId[i] = symbolId;
      message.action[i] = ACTION.NEW;
      message.entryType[i] = i % 2 === 0 ? ENTRY.BID : ENTRY.OFFER;
      message.priceTicks[i] = i % 2 === 0 ? 1000 - i : 1000 + i;
      message.quantityLots[i] = i + 1;
    }
    books.onMarketData(message, {
      onChange: (book, change) => rows.onChange(book, change),
      onIntegrity: ({ kind }) => assert(false, kind),
    });
  }
  const bytes = heldBytes() - before;
  // Whoever is asked afterwards was there while it was measured.
  assert(books.of(SYMBOLS - 1).bidCount === LEVELS && rows.row(SYMBOLS - 1).length === catalogue.length, 'no books');
  process.stdout.write(`${bytes}\n`);
}

if (import.meta.main) main();
