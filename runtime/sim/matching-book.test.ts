import test from 'ava';
import fc from 'fast-check';
import type { Sign } from './book-event.ts';
import { MatchingBook, type OrderKind } from './matching-book.ts';

const LIMIT = 64;
const open = () => new MatchingBook(0, LIMIT);

/** [price, lots] from the best. */
function levels(book: MatchingBook, sign: Sign): number[][] {
  const side = book.side(sign);
  const out: number[][] = [];
  for (let price = side.bestTicks; price !== 0; price = side.behind(price)) out.push([price, side.lotsAt(price)]);
  return out;
}

function trades({ event }: MatchingBook): number[][] {
  return Array.from({ length: event.tradeCount }, (_, i) => [
    event.tradePriceTicks[i] as number,
    event.tradeLots[i] as number,
    event.tradeMakerOwner[i] as number,
  ]);
}

test('better prices trade first, and older orders before younger at one price', (t) => {
  const book = open();
  book.submit(1, 1, -1, 22, 5, 'day');
  book.submit(2, 2, -1, 21, 5, 'day');
  book.submit(3, 3, -1, 21, 5, 'day');
  book.submit(4, 9, 1, 22, 12, 'day');
  t.deepEqual(trades(book), [
    [21, 5, 2],
    [21, 5, 3],
    [22, 2, 1],
  ]);
  t.deepEqual(levels(book, -1), [[22, 3]]);
  t.deepEqual(levels(book, 1), []);
  t.is(book.event.signedLots(), 12);
});

test('a level that several trades touch is told once, with its new total', (t) => {
  const book = open();
  book.submit(1, 1, -1, 21, 5, 'day');
  book.submit(2, 2, -1, 21, 5, 'day');
  book.submit(3, 9, 1, 21, 7, 'day');
  t.is(book.event.levelCount, 1);
  t.deepEqual(
    [book.event.levelSign[0], book.event.levelPriceTicks[0], book.event.levelLots[0]] as number[],
    [-1, 21, 3],
  );
});

test('what an ioc order does not trade is gone; a day order rests it; post-only is refused if it would trade', (t) => {
  const book = open();
  book.submit(1, 1, 1, 20, 5, 'day');
  t.is(book.submit(2, 2, -1, 20, 1, 'postOnly'), 0);
  t.is(book.event.levelCount, 0);
  t.not(book.submit(3, 2, -1, 21, 1, 'postOnly'), 0);
  const ioc = book.submit(4, 3, -1, 20, 9, 'ioc');
  t.is(book.lotsOf(ioc), 0);
  t.deepEqual(levels(book, 1), []);
  t.deepEqual(levels(book, -1), [[21, 1]]);
});

test('a smaller quantity keeps the place in the queue; a larger one, or another price, loses it', (t) => {
  const book = open();
  const first = book.submit(1, 1, 1, 20, 5, 'day');
  const second = book.submit(2, 2, 1, 20, 5, 'day');
  t.is(book.replace(3, first, 20, 3), 3);
  t.is(book.lotsAhead(second), 3);
  t.is(book.replace(4, first, 20, 4), 4);
  t.is(book.lotsAhead(second), 0);
  t.is(book.lotsAhead(first), 5);
  t.is(book.replace(5, second, 19, 5), 5);
  t.is(book.lotsAhead(first), 0);
});

test('an order replaced to a price that crosses trades first, under its own id', (t) => {
  const book = open();
  const id = book.submit(1, 1, 1, 18, 5, 'day');
  book.submit(2, 2, -1, 20, 2, 'day');
  t.is(book.replace(3, id, 20, 5), 3);
  t.is(book.event.takerOrder, id);
  t.deepEqual(trades(book), [[20, 2, 2]]);
  t.is(book.priceOf(id), 20);
});

test('nobody trades with themselves: the resting order is cancelled instead', (t) => {
  const book = open();
  const own = book.submit(1, 7, -1, 20, 5, 'day');
  book.submit(2, 8, -1, 20, 5, 'day');
  book.submit(3, 7, 1, 20, 4, 'day');
  t.deepEqual(trades(book), [[20, 4, 8]]);
  t.is(book.event.preventedCount, 1);
  t.is(book.event.preventedOrder[0], own);
  t.is(book.lotsOf(own), 0);
});

test('an id of an order that is gone names nothing, even when its slot lives on', (t) => {
  const book = open();
  const gone = book.submit(1, 1, 1, 20, 5, 'day');
  t.is(book.cancel(2, gone), 5);
  const next = book.submit(3, 1, 1, 19, 4, 'day');
  t.not(next, gone);
  t.is(book.cancel(4, gone), 0);
  t.is(book.replace(5, gone, 18, 1), 0);
  t.deepEqual(levels(book, 1), [[19, 4]]);
});

test('prices and quantities outside the book are the caller’s error', (t) => {
  const book = open();
  t.throws(() => book.submit(1, 1, 1, 0, 1, 'day'), { message: /price 0 is outside 1…63 ticks/ });
  t.throws(() => book.submit(1, 1, 1, LIMIT, 1, 'day'), { message: /price 64 is outside/ });
  t.throws(() => book.submit(1, 1, 1, 1.5, 1, 'day'), { message: /price 1.5 is outside/ });
  t.throws(() => book.submit(1, 1, 1, 5, 0, 'day'), { message: /quantity 0 is outside/ });
});

/** The same book as a plain list: the oldest order at the best price trades first. */
class ListBook {
  orders: { id: number; owner: number; sign: Sign; price: number; lots: number }[] = [];
  traded: number[][] = [];

  enter(id: number, owner: number, sign: Sign, price: number, lots: number, kind: OrderKind): void {
    let left = lots;
    for (;;) {
      const best = this.best(-sign as Sign);
      if (left === 0 || best === undefined || sign * (price - best.price) < 0) break;
      if (best.owner === owner) {
        this.remove(best.id);
        continue;
      }
      const lots = Math.min(left, best.lots);
      this.traded.push([best.price, lots, best.owner]);
      left -= lots;
      best.lots -= lots;
      if (best.lots === 0) this.remove(best.id);
    }
    if (left > 0 && kind !== 'ioc') this.orders.push({ id, owner, sign, price, lots: left });
  }

  best(sign: Sign): ListBook['orders'][number] | undefined {
    return this.orders
      .filter((order) => order.sign === sign)
      .reduce<ListBook['orders'][number] | undefined>(
        (best, order) => (best === undefined || sign * (order.price - best.price) > 0 ? order : best),
        undefined,
      );
  }

  remove(id: number): void {
    this.orders = this.orders.filter((order) => order.id !== id);
  }

  levels(sign: Sign): number[][] {
    const totals = new Map<number, number>();
    for (const order of this.orders) {
      if (order.sign === sign) totals.set(order.price, (totals.get(order.price) ?? 0) + order.lots);
    }
    return [...totals].sort((a, b) => sign * (b[0] - a[0]));
  }
}

const command = fc.record({
  verb: fc.constantFrom('submit', 'submit', 'submit', 'cancel', 'replace'),
  kind: fc.constantFrom<OrderKind>('day', 'day', 'ioc', 'postOnly'),
  owner: fc.integer({ min: 1, max: 4 }),
  sign: fc.constantFrom<Sign>(1, -1),
  price: fc.integer({ min: 25, max: 35 }),
  lots: fc.integer({ min: 1, max: 9 }),
  pick: fc.nat(),
});

test('any commands: the book is what a plain list would be, and its events rebuild it', (t) => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 120 }), fc.nat(120), (commands, restoreAt) => {
      let book = open();
      const list = new ListBook();
      const told = new Map<string, number>();
      const ids: number[] = [];
      commands.forEach(({ verb, kind, owner, sign, price, lots, pick }, i) => {
        if (i === restoreAt) {
          const state = JSON.parse(JSON.stringify(book.state()));
          book = open();
          book.restore(state);
        }
        list.traded = [];
        const id = ids[pick % Math.max(1, ids.length)] ?? -1;
        if (verb === 'submit') {
          const opposite = list.best(-sign as Sign);
          const crosses = opposite !== undefined && sign * (price - opposite.price) >= 0;
          const entered = book.submit(i, owner, sign, price, lots, kind);
          t.is(entered === 0, kind === 'postOnly' && crosses);
          if (entered !== 0) {
            ids.push(entered);
            list.enter(entered, owner, sign, price, lots, kind);
          }
        } else if (verb === 'cancel') {
          t.is(book.cancel(i, id), list.orders.find((order) => order.id === id)?.lots ?? 0);
          list.remove(id);
        } else {
          book.replace(i, id, price, lots);
          const order = list.orders.find((order) => order.id === id);
          if (order !== undefined && order.price === price && lots <= order.lots) order.lots = lots;
          else if (order !== undefined) {
            list.remove(id);
            list.enter(id, order.owner, order.sign, price, lots, 'day');
          }
        }
        t.deepEqual(trades(book), list.traded);
        const { event } = book;
        for (let k = 0; k < event.levelCount; k++) {
          told.set(`${event.levelSign[k]} ${event.levelPriceTicks[k]}`, event.levelLots[k] as number);
        }
        for (const side of [1, -1] as const) {
          t.deepEqual(levels(book, side), list.levels(side));
          const rebuilt = [...told].filter(([key, lots]) => lots > 0 && key.startsWith(`${side} `));
          t.deepEqual(
            rebuilt.map(([key, lots]) => [Number(key.split(' ')[1]), lots]).sort((a, b) => side * (b[0] - a[0])),
            list.levels(side),
          );
        }
      });
    }),
    { numRuns: 300 },
  );
});
