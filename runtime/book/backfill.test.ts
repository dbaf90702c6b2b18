import test from 'ava';
import fc from 'fast-check';
import type { MarketData } from '../fix/market-data.ts';
import { InstrumentTable } from '../instrument.ts';
import { Backfill, type BookSnapshot } from './backfill.ts';
import { Books } from './books.ts';

const instruments = new InstrumentTable([
  {
    symbol: 'A',
    tickSize: '1',
    lotSize: '1',
    microUsdPerHalfTickLot: 1,
    takerFeeMicroUsdPerLot: 0,
    makerFeeMicroUsdPerLot: 0,
  },
]);

/** A stream as text, and the book that it leads to; a contradiction or a crossed book throws. */
class Rebuilt {
  readonly books = new Books(instruments, 8);
  readonly lines: string[] = [];
  readonly backfill = new Backfill(0, (message) => this.#take(message));
  timeUs = 0;

  #take(message: MarketData): void {
    this.lines.push(
      `${message.timeUs} ${message.snapshot} ${Array.from({ length: message.count }, (_, i) => `${message.action[i]}/${message.entryType[i]}/${message.priceTicks[i]}/${message.quantityLots[i]}`).join(' ')}`,
    );
    if (message.timeUs < this.timeUs) throw new Error('time runs backwards');
    this.timeUs = message.timeUs;
    this.books.onMarketData(message, {
      onChange: () => {},
      onIntegrity: ({ kind }) => {
        throw new Error(kind);
      },
    });
  }

  shown(): string {
    const book = this.books.of(0);
    return text(
      Array.from({ length: book.bidCount }, (_, i) => [book.bidPriceTicks(i), book.bidLots(i)]),
      Array.from({ length: book.askCount }, (_, i) => [book.askPriceTicks(i), book.askLots(i)]),
    );
  }
}

type Levels = readonly (readonly [number, number] | readonly number[])[];
function text(bids: Levels, asks: Levels): string {
  const side = (levels: Levels) => [...levels].sort((a, b) => (a[0] as number) - (b[0] as number)).join(' ');
  return `${side(bids)} | ${side(asks)}`;
}

const lots = fc.integer({ min: 1, max: 9 });
const snapshots = fc.array(
  fc.record({
    waitUs: fc.integer({ min: 1, max: 50 }),
    middle: fc.integer({ min: 10, max: 30 }),
    bids: fc.array(fc.tuple(fc.integer({ min: 0, max: 8 }), lots), { maxLength: 6 }),
    asks: fc.array(fc.tuple(fc.integer({ min: 0, max: 8 }), lots), { maxLength: 6 }),
  }),
  { minLength: 2, maxLength: 8 },
);

function timed(
  drawn: readonly { waitUs: number; middle: number; bids: [number, number][]; asks: [number, number][] }[],
): BookSnapshot[] {
  let timeUs = 1000;
  return drawn.map(({ waitUs, middle, bids, asks }) => {
    timeUs += waitUs;
    const unique = (side: [number, number][], sign: number) =>
      [...new Map(side.map(([behind, size]) => [middle + sign * behind, size]))] as [number, number][];
    return { timeUs, bids: unique(bids, -1), asks: unique(asks, 1) };
  });
}

test('every snapshot is rebuilt at its time, never crossed and never backwards on the way', (t) => {
  fc.assert(
    fc.property(snapshots, (drawn) => {
      const rebuilt = new Rebuilt();
      for (const snapshot of timed(drawn)) {
        const before = rebuilt.timeUs;
        t.is(rebuilt.backfill.take(snapshot), undefined);
        t.is(rebuilt.shown(), text(snapshot.bids, snapshot.asks));
        t.true(rebuilt.timeUs >= before && rebuilt.timeUs <= snapshot.timeUs);
      }
    }),
    { numRuns: 150 },
  );
});

test('what is told up to a snapshot knows nothing of later ones', (t) => {
  fc.assert(
    fc.property(snapshots, snapshots, (past, other) => {
      const whole = timed(past);
      const kept = whole.slice(0, Math.ceil(whole.length / 2));
      const lastUs = kept.at(-1)?.timeUs ?? 0;
      const future = timed(other).map((snapshot) => ({ ...snapshot, timeUs: snapshot.timeUs + lastUs }));
      const told = (all: readonly BookSnapshot[]) => {
        const rebuilt = new Rebuilt();
        for (const snapshot of all) rebuilt.backfill.take(snapshot);
        return rebuilt.lines.filter((line) => Number(line.split(' ')[0]) <= lastUs);
      };
      t.deepEqual(told([...kept, ...future]), told(whole).slice(0, told(kept).length));
      t.deepEqual(told(kept), told([...kept, ...future]));
    }),
    { numRuns: 50 },
  );
});

test('a price that jumps: what is in the way leaves first, and times are spread over the interval', (t) => {
  const rebuilt = new Rebuilt();
  rebuilt.backfill.take({ timeUs: 1000, bids: [[10, 1]], asks: [[11, 1]] });
  rebuilt.backfill.take({ timeUs: 2000, bids: [[12, 1]], asks: [[13, 1]] });
  t.deepEqual(rebuilt.lines, [
    '1000 true 0/0/10/1 0/1/11/1',
    '1200 false 2/1/11/0',
    '1400 false 0/0/12/1',
    '1600 false 0/1/13/1',
    '1800 false 2/0/10/0',
  ]);
});

test('what cannot be continued with is refused by name, and changes nothing', (t) => {
  const rebuilt = new Rebuilt();
  const first: BookSnapshot = { timeUs: 1000, bids: [[10, 1]], asks: [[11, 1]] };
  t.is(rebuilt.backfill.take(first), undefined);
  t.is(rebuilt.backfill.take(first), 'TIME_NOT_AFTER');
  t.is(rebuilt.backfill.take({ ...first, timeUs: 1000.5 }), 'TIME_NOT_AFTER');
  t.is(rebuilt.backfill.take({ timeUs: 2000, bids: [[12, 1]], asks: [[11, 1]] }), 'CROSSED');
  t.is(rebuilt.backfill.take({ timeUs: 2000, bids: [[10, 0]], asks: [] }), 'BAD_LEVEL');
  t.is(
    rebuilt.backfill.take({
      timeUs: 2000,
      bids: [
        [10, 1],
        [10, 2],
      ],
      asks: [],
    }),
    'BAD_LEVEL',
  );
  t.is(rebuilt.lines.length, 1);
  t.is(rebuilt.backfill.take({ timeUs: 2000, bids: [], asks: [] }), undefined);
  t.is(rebuilt.shown(), ' | ');
});
