import test, { type ExecutionContext } from 'ava';
import { ACTION, ENTRY, MarketData } from '../fix/market-data.ts';
import { InstrumentTable } from '../instrument.ts';
import type { BookView } from './book-view.ts';
import { Books } from './books.ts';
import type { BookChange } from './change.ts';
import type { BookIntegrityError } from './integrity.ts';

const money = {
  tickSize: '1',
  lotSize: '1',
  microUsdPerHalfTickLot: 1,
  takerFeeMicroUsdPerLot: 0,
  makerFeeMicroUsdPerLot: 0,
};
const instruments = new InstrumentTable([
  { symbol: 'A', ...money },
  { symbol: 'B', ...money },
]);
const [A, B, UNKNOWN] = [0, 1, -1];

type EntryOf = readonly [
  symbolId: number,
  action: keyof typeof ACTION,
  type: keyof typeof ENTRY,
  price?: number,
  lots?: number,
  aggressor?: number,
];

/** Books of two symbols, and everything they have told. */
class Fixture {
  readonly books = new Books(instruments, 2);
  readonly changes: BookChange[] = [];
  readonly errors: BookIntegrityError[] = [];
  readonly #data = new MarketData();

  /** A snapshot of A: bids 10 × 100, 20 × 99; asks 30 × 102, 40 × 103. */
  static live(): Fixture {
    const fixture = new Fixture();
    fixture.snapshot(A);
    fixture.snapshot(B);
    fixture.changes.length = 0;
    return fixture;
  }

  snapshot(symbolId: number, timeUs = 1000): void {
    this.send(
      { snapshot: true, timeUs },
      [symbolId, 'NEW', 'BID', 100, 10],
      [symbolId, 'NEW', 'BID', 99, 20],
      [symbolId, 'NEW', 'OFFER', 102, 30],
      [symbolId, 'NEW', 'OFFER', 103, 40],
    );
  }

  send(
    header: { snapshot?: boolean; timeUs?: number; seqNum?: number; possDup?: boolean },
    ...entries: EntryOf[]
  ): void {
    const data = this.#data;
    data.snapshot = header.snapshot ?? false;
    data.timeUs = header.timeUs ?? 2000;
    data.seqNum = header.seqNum ?? data.seqNum + 1;
    data.possDup = header.possDup ?? false;
    data.count = entries.length;
    for (const [i, [symbolId, action, type, price = 0, lots = 0, aggressor = 0]] of entries.entries()) {
      data.symbolId[i] = symbolId;
      data.action[i] = ACTION[action];
      data.entryType[i] = ENTRY[type];
      data.priceTicks[i] = price;
      data.quantityLots[i] = lots;
      data.aggressor[i] = aggressor;
    }
    this.books.onMarketData(data, {
      onChange: (_book, change) => this.changes.push({ ...change }),
      onIntegrity: (error) => this.errors.push(error),
    });
  }
}

function shown(book: BookView): string {
  const bids = Array.from({ length: book.bidCount }, (_, i) => `${book.bidLots(i)}@${book.bidPriceTicks(i)}`);
  const asks = Array.from({ length: book.askCount }, (_, i) => `${book.askLots(i)}@${book.askPriceTicks(i)}`);
  return `${bids.join(' ')} | ${asks.join(' ')}`;
}

const START = '10@100 20@99 | 30@102 40@103';

test('a snapshot makes a book live, best first', (t) => {
  const f = new Fixture();
  t.is(f.books.of(A).status, 'empty');
  t.true(f.books.needsSnapshot(A));
  f.snapshot(A);
  const book = f.books.of(A);
  t.is(shown(book), START);
  t.is(book.status, 'live');
  t.is(book.timeUs, 1000);
  t.is(book.midHalfTicks(), 202);
  t.is(book.spreadTicks(), 2);
  t.false(book.crossed);
  t.false(f.books.needsSnapshot(A));
  t.true(f.books.needsSnapshot(B));
  t.true(f.changes[0]?.snapshot);
});

test('entries apply in order, and one message is one change per symbol', (t) => {
  const f = Fixture.live();
  f.send(
    {},
    [A, 'DELETE', 'BID', 100],
    [A, 'NEW', 'BID', 101, 5],
    [B, 'CHANGE', 'OFFER', 102, 7],
    [A, 'CHANGE', 'BID', 101, 6],
    [A, 'NEW', 'TRADE', 100, 4, -1],
    [A, 'NEW', 'TRADE', 101, 3, 1],
    [A, 'NEW', 'TRADE', 102, 2, 0],
  );
  t.is(shown(f.books.of(A)), '6@101 20@99 | 30@102 40@103');
  t.is(shown(f.books.of(B)), '10@100 20@99 | 7@102 40@103');
  t.deepEqual(
    f.changes.map(({ symbolId, sellLots, buyLots, unsignedLots, lastTradePriceTicks, trades }) => [
      symbolId,
      sellLots,
      buyLots,
      unsignedLots,
      lastTradePriceTicks,
      trades,
    ]),
    [
      [A, 4, 3, 2, 102, 3],
      [B, 0, 0, 0, 0, 0],
    ],
  );
  t.deepEqual(f.errors, []);
});

test('a trade changes no level, and a snapshot forgets what was there', (t) => {
  const f = Fixture.live();
  f.send({}, [A, 'NEW', 'TRADE', 102, 30, 1]);
  t.is(shown(f.books.of(A)), START);
  f.send({ snapshot: true }, [A, 'NEW', 'BID', 90, 1], [A, 'NEW', 'TRADE', 90, 5, 1]);
  t.is(shown(f.books.of(A)), '1@90 | ');
  t.is(f.books.of(A).midHalfTicks(), Number.NaN);
  t.is(f.changes[1]?.trades, 0);
});

test('J empties a book; statistics and an implausible order inside one message do not matter', (t) => {
  const f = Fixture.live();
  f.send({}, [A, 'NEW', 'OTHER', 5, 5]);
  t.is(shown(f.books.of(A)), START);
  f.send({}, [A, 'NEW', 'BID', 104, 1], [A, 'DELETE', 'OFFER', 102], [A, 'DELETE', 'OFFER', 103]);
  t.is(shown(f.books.of(A)), '1@104 10@100 20@99 | ');
  f.send({}, [A, 'NEW', 'EMPTY']);
  t.is(shown(f.books.of(A)), ' | ');
  t.is(f.books.of(A).status, 'live');
});

test('equal prices are locked, not crossed', (t) => {
  const f = Fixture.live();
  f.send({}, [A, 'NEW', 'BID', 102, 1]);
  t.is(f.books.of(A).status, 'live');
  t.is(f.books.of(A).spreadTicks(), 0);
});

/** One bad message: the book concerned is stale, the other goes on, and only a snapshot mends it. */
const refused = test.macro({
  exec(t: ExecutionContext, entry: EntryOf, expected: Partial<BookIntegrityError>) {
    const f = Fixture.live();
    f.send({ seqNum: 7 }, entry, [A, 'CHANGE', 'BID', 99, 1], [B, 'CHANGE', 'BID', 99, 1]);
    t.deepEqual(f.errors, [
      { symbolId: A, seqNum: 7, timeUs: 2000, priceTicks: 0, quantityLots: 0, ...expected } as BookIntegrityError,
    ]);
    t.deepEqual(
      f.changes.map((change) => change.symbolId),
      [B],
    );
    t.is(f.books.of(A).status, 'stale');
    t.is(f.books.of(A).staleReason, expected.kind as string);
    t.is(shown(f.books.of(B)), '10@100 1@99 | 30@102 40@103');
    f.send({}, [A, 'CHANGE', 'BID', 99, 1]);
    t.is(f.errors.length, 1, 'told once');
    t.is(f.books.droppedUpdates, 1);
    f.snapshot(A, 3000);
    t.is(shown(f.books.of(A)), START);
    t.is(f.books.of(A).status, 'live');
    t.is(f.books.of(A).staleReason, '');
  },
  title: (_, entry, expected) => `${expected.kind}: ${entry.slice(1).join(' ')}`,
});

test(refused, [A, 'NEW', 'BID', 99, 5], { kind: 'ADD_OF_EXISTING', priceTicks: 99, quantityLots: 5 });
test(refused, [A, 'CHANGE', 'OFFER', 99, 5], { kind: 'CHANGE_OF_UNKNOWN', priceTicks: 99, quantityLots: 5 });
test(refused, [A, 'DELETE', 'OFFER', 99], { kind: 'DELETE_OF_UNKNOWN', priceTicks: 99 });
test(refused, [A, 'CHANGE', 'BID', 99, -5], { kind: 'NEGATIVE_SIZE', priceTicks: 99, quantityLots: -5 });
test(refused, [A, 'NEW', 'TRADE', 99, -5], { kind: 'NEGATIVE_SIZE', priceTicks: 99, quantityLots: -5 });
test(refused, [A, 'CHANGE', 'BID', 99, 0], { kind: 'ZERO_SIZE', priceTicks: 99 });

test('crossed at the end of a message', (t) => {
  const f = Fixture.live();
  f.send({ seqNum: 9 }, [A, 'NEW', 'BID', 103, 4], [B, 'DELETE', 'BID', 99]);
  t.deepEqual(f.errors, [{ kind: 'CROSSED', symbolId: A, seqNum: 9, timeUs: 2000, priceTicks: 103, quantityLots: 4 }]);
  t.true(f.books.of(A).crossed);
  t.is(f.books.of(A).status, 'stale');
  t.deepEqual(
    f.changes.map((change) => change.symbolId),
    [B],
  );
});

test('an X before the first W', (t) => {
  const f = new Fixture();
  f.send({}, [A, 'NEW', 'BID', 99, 5]);
  f.send({}, [A, 'NEW', 'BID', 98, 5]);
  t.deepEqual(
    f.errors.map((error) => error.kind),
    ['UPDATE_BEFORE_SNAPSHOT'],
  );
  t.is(f.books.of(A).status, 'stale');
  t.is(f.changes.length, 0);
});

test('an unknown symbol is told once a message, and concerns no book', (t) => {
  const f = Fixture.live();
  f.send({ seqNum: 5 }, [UNKNOWN, 'NEW', 'BID', 1, 2], [A, 'CHANGE', 'BID', 99, 3], [UNKNOWN, 'NEW', 'BID', 2, 2]);
  t.deepEqual(f.errors, [
    { kind: 'UNKNOWN_SYMBOL', symbolId: -1, seqNum: 5, timeUs: 2000, priceTicks: 1, quantityLots: 2 },
  ]);
  t.is(shown(f.books.of(A)), '10@100 3@99 | 30@102 40@103');
});

test('time that runs backwards: an update makes stale, an old snapshot is passed over', (t) => {
  const f = Fixture.live();
  f.send({ timeUs: 5000 }, [A, 'CHANGE', 'BID', 99, 1]);
  f.snapshot(A, 4000);
  t.is(shown(f.books.of(A)), '10@100 1@99 | 30@102 40@103');
  t.is(f.books.of(A).status, 'live');
  f.send({ timeUs: 4999 }, [A, 'CHANGE', 'BID', 99, 2]);
  t.is(f.books.of(A).status, 'stale');
  t.deepEqual(
    f.errors.map((error) => error.kind),
    ['TIME_BACKWARDS', 'TIME_BACKWARDS'],
  );
});

test('a possible duplicate is never applied twice, and applied when it was missed', (t) => {
  const f = Fixture.live();
  f.send({ seqNum: 10 }, [A, 'DELETE', 'BID', 99]);
  f.send({ seqNum: 10, possDup: true }, [A, 'DELETE', 'BID', 99]);
  f.send({ seqNum: 11, possDup: true }, [A, 'NEW', 'BID', 98, 1]);
  t.deepEqual(f.errors, []);
  t.is(shown(f.books.of(A)), '10@100 1@98 | 30@102 40@103');
  t.is(f.changes.length, 2);
});

test('marked stale with a reason', (t) => {
  const f = Fixture.live();
  f.books.markStale(A, 'gap');
  t.is(f.books.of(A).staleReason, 'gap');
  t.is(f.books.of(B).status, 'live');
  f.books.markAllStale('logout');
  t.is(f.books.of(B).staleReason, 'logout');
});

test('an id outside the table is a programming error', (t) => {
  t.throws(() => new Books(instruments, 2).of(2), { message: 'no book for instrument id 2 of 2' });
});

test('the others’ book leaves our quantity out, whole levels included', (t) => {
  const f = Fixture.live();
  const book = f.books.of(A);
  t.is(shown(book.others), START);
  book.setOwnLots('buy', 100, 10);
  book.setOwnLots('sell', 103, 15);
  t.is(shown(book.others), '20@99 | 30@102 25@103');
  t.is(shown(book), START);
  t.is(book.others.midHalfTicks(), 201);
  t.is(book.others.spreadTicks(), 3);
  t.is(book.ownLots('buy', 100), 10);
  // The venue shows more at our price: what is more is others'.
  f.send({}, [A, 'CHANGE', 'BID', 100, 14], [A, 'NEW', 'BID', 101, 2]);
  t.is(shown(book.others), '2@101 4@100 20@99 | 30@102 25@103');
  // An order that is not displayed yet hides nothing else.
  book.setOwnLots('buy', 98, 50);
  t.is(shown(book.others), '2@101 4@100 20@99 | 30@102 25@103');
  book.setOwnLots('buy', 101, 2);
  book.setOwnLots('buy', 99, 25);
  t.is(shown(book.others), '4@100 | 30@102 25@103');
  book.setOwnLots('buy', 99, 0);
  book.setOwnLots('buy', 100, 0);
  book.setOwnLots('buy', 101, 0);
  book.setOwnLots('sell', 103, 0);
  t.is(shown(book.others), shown(book));
});

test('our quantity outlives a snapshot', (t) => {
  const f = Fixture.live();
  f.books.of(A).setOwnLots('sell', 102, 30);
  f.snapshot(A, 3000);
  t.is(shown(f.books.of(A).others), '10@100 20@99 | 40@103');
});
