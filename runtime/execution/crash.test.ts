import test from 'ava';
import fc from 'fast-check';
import { MemoryJournal } from '../journal/memory-journal.ts';
import { SqliteJournal } from '../journal/sqlite-journal.ts';
import { Random } from '../random.ts';
import { FakeExchange } from './fake-exchange.ts';
import { instruments, TestAccount } from './test-account.ts';

class PlannedCrash extends Error {}

/**
 * One random life of an account: orders, cancels, replaces, executions, busts, unsolicited cancels, lost requests, with the
 * process dying between transactions and inside them, and a new one starting from the journal each time.
 */
class Life {
  readonly random: Random;
  readonly journal = new SqliteJournal(':memory:');
  readonly exchange: FakeExchange;
  trader: TestAccount;
  crashes = 0;
  readonly #busted = new Set<string>();

  constructor(seed: number) {
    this.random = Random.of(seed, 'crash');
    const { random } = this;
    this.exchange = new FakeExchange(instruments, () => (random.bernoulli(0.1) ? 'reject' : random.integer(6)));
    this.trader = new TestAccount(this.exchange, this.journal);
    this.trader.connect();
  }

  step(): void {
    const { random, exchange, trader } = this;
    const roll = random.integer(100);
    if (roll < 20) this.#order();
    else if (roll < 30) this.#change();
    else if (roll < 55) trader.link.handleOne();
    else if (roll < 85) trader.link.deliverOne(trader.execution);
    else if (roll < 92) this.#happen();
    else if (roll < 94) this.#bust();
    else if (roll < 97) this.#restart(false);
    else if (exchange.open.length > 0) this.#crashInside();
  }

  settle(): void {
    this.trader.settle();
  }

  #order(): void {
    const { random, trader } = this;
    const terms = {
      symbolId: random.integer(2),
      side: random.pick(['buy', 'sell'] as const),
      priceTicks: 95 + random.integer(10),
      quantityLots: 1 + random.integer(10),
      timeInForce: random.pick(['day', 'day', 'ioc'] as const),
      postOnly: false,
    };
    trader.execution.place(1, terms);
  }

  #change(): void {
    const { random, trader } = this;
    const open = [...trader.execution.orders()];
    if (open.length === 0) return;
    const { clOrdId } = random.pick(open);
    if (random.bernoulli(0.5)) trader.execution.cancel(clOrdId);
    else trader.execution.replace(clOrdId, 95 + random.integer(10), 1 + random.integer(12));
  }

  #happen(): void {
    const { random, exchange } = this;
    if (exchange.open.length === 0) return;
    const order = random.pick(exchange.open);
    if (random.bernoulli(0.2)) exchange.drop(order);
    else exchange.fill(order, 1 + random.integer(order.quantityLots - order.cumLots));
  }

  #bust(): void {
    const { random, exchange } = this;
    const order = exchange.orders.find((held) => held.cumLots > 0 && !this.#busted.has(held.clOrdId));
    if (order === undefined) return;
    const mine = this.trader.fills.find((fill) => fill.quantityLots > 0 && fill.clOrdId === order.clOrdId);
    if (mine === undefined || random.bernoulli(0.5)) return;
    this.#busted.add(order.clOrdId);
    exchange.bust(order, mine.execId);
  }

  /** The process is gone: what was in flight arrives in part, the rest never. */
  #restart(inside: boolean): void {
    const { random, trader } = this;
    const arrives = inside ? trader.link.inFlight.length : random.integer(trader.link.inFlight.length + 1);
    for (let i = 0; i < arrives; i++) trader.link.handleOne();
    this.crashes++;
    this.trader = new TestAccount(this.exchange, this.journal);
    this.trader.connect();
  }

  /** Dies between writing an order and the end of its transaction. */
  #crashInside(): void {
    this.trader.link.crash = new PlannedCrash();
    try {
      this.#order();
    } catch (error) {
      if (!(error instanceof PlannedCrash)) throw error;
      this.#restart(true);
    }
  }
}

test('property: whenever it dies, a restart finds every position, order and fill, once', (t) => {
  let crashes = 0;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), (seed) => {
      const life = new Life(seed);
      for (let i = 0; i < 120; i++) life.step();
      life.settle();
      const { trader, exchange, journal } = life;
      crashes += life.crashes;
      t.deepEqual(trader.positions(), exchange.positionLots, `seed ${seed}`);
      t.true(trader.execution.positionKnown, `seed ${seed}: ${JSON.stringify(trader.reconciliations.at(-1)?.breaks)}`);
      const terms = (order: { clOrdId: string; priceTicks: number; quantityLots: number }) =>
        `${order.clOrdId} ${order.quantityLots}@${order.priceTicks}`;
      t.deepEqual([...trader.execution.orders()].map(terms).sort(), exchange.open.map(terms).sort(), `seed ${seed}`);
      const recorded = [...journal.records(0, ['fill'])].map(({ body }) => JSON.parse(body) as { execId: string });
      t.deepEqual(recorded.map(({ execId }) => execId).sort(), exchange.executions.map(({ execId }) => execId).sort());
      const sent = [...journal.records(0, ['order'])].map(
        ({ body }) => (JSON.parse(body) as { clOrdId: string }).clOrdId,
      );
      t.is(new Set(sent).size, sent.length, 'no identifier is used twice');
      t.true(
        [...trader.execution.orders()].every((order) => order.request === undefined),
        `seed ${seed}: no request hangs`,
      );
      const exposure = [...trader.execution.orders()].reduce((sum, order) => sum + order.exposureLots, 0);
      const summed = [0, 1].flatMap((id) => [
        trader.execution.openLots(id, 'buy'),
        trader.execution.openLots(id, 'sell'),
      ]);
      t.is(
        summed.reduce((a, b) => a + b, 0),
        exposure,
      );
      journal.close();
    }),
    { numRuns: 120 },
  );
  t.true(crashes > 300, `${crashes} crashes`);
});

test('an order that never reached the venue is closed, not sent again', (t) => {
  const journal = new MemoryJournal();
  const exchange = new FakeExchange(instruments, () => 0);
  const first = new TestAccount(exchange, journal).start();
  const lost = first.buy(10);
  first.link.inFlight.length = 0;
  const second = new TestAccount(exchange, journal);
  t.is(second.execution.order(lost)?.status, 'pendingNew');
  t.is(second.execution.openLots(0, 'buy'), 10, 'it counts until the venue has spoken');
  second.start();
  t.is(second.execution.order(lost)?.status, 'canceled');
  t.is(second.execution.openLots(0, 'buy'), 0);
  t.is(exchange.orders.length, 0);
  const third = new TestAccount(exchange, journal);
  t.is(third.execution.order(lost)?.status, 'canceled', 'the journal knows that it was resolved');
  t.is(third.start().buy(1), 'EMP-5');
});

test('an order of this connection that a status answer lacks is not closed: it may still be on its way', (t) => {
  const trader = new TestAccount(new FakeExchange(instruments, () => 0), new MemoryJournal());
  trader.connect();
  const clOrdId = trader.buy(10);
  const [status, order] = trader.link.inFlight.splice(0);
  trader.link.inFlight.push(status);
  trader.settle();
  t.is(trader.execution.order(clOrdId)?.status, 'pendingNew');
  trader.link.inFlight.push(order);
  trader.settle();
  t.is(trader.execution.order(clOrdId)?.status, 'new');
  t.deepEqual(trader.anomalies, []);
});

test('an order filled and another canceled while we were down are found by what the venue sends again', (t) => {
  const journal = new MemoryJournal();
  const exchange = new FakeExchange(instruments, () => 0);
  const first = new TestAccount(exchange, journal).start();
  const [filled, dropped] = [first.buy(10), first.sell(5)];
  first.settle();
  exchange.fill(exchange.open[0], 10);
  exchange.drop(exchange.open[0]);
  const second = new TestAccount(exchange, journal).start();
  t.is(second.execution.order(filled)?.status, 'filled');
  t.is(second.execution.order(dropped)?.status, 'canceled');
  t.is(second.execution.positionLots(0), 10);
  t.true(second.execution.positionKnown);
});

test('fills that no report told of are a position break', (t) => {
  const journal = new MemoryJournal();
  const exchange = new FakeExchange(instruments, () => 0);
  const first = new TestAccount(exchange, journal).start();
  first.buy(10);
  first.settle();
  exchange.fill(exchange.open[0], 10);
  exchange.messages.splice(-1);
  const second = new TestAccount(exchange, journal).start();
  t.deepEqual(second.reconciliations.at(-1)?.breaks, [
    { kind: 'POSITION_BREAK', symbol: 'AAA', oursLots: 0, venueLots: 10 },
  ]);
  t.false(second.execution.positionKnown);
});

test('a journal whose fills do not add up is refused', (t) => {
  const journal = new MemoryJournal();
  journal.transaction(() => journal.append('fill', 1, { symbol: 'AAA', side: 'buy', lots: 3 }));
  t.throws(() => new TestAccount(new FakeExchange(instruments, () => 0), journal), {
    message: 'journal: AAA has 3 lots by its fill records, 0 by its report records; restore a copy',
  });
});

test('a position in a symbol that is not configured any more is refused, a flat one is not', (t) => {
  const exchange = () => new FakeExchange(instruments, () => 0);
  const journal = new MemoryJournal();
  journal.transaction(() => journal.append('fill', 1, { symbol: 'OLD', side: 'buy', lots: 3 }));
  t.throws(() => new TestAccount(exchange(), journal), {
    message: 'journal: OLD has a position (3 lots) but is not configured; configure it again, or flatten it first',
  });
  journal.transaction(() => journal.append('fill', 1, { symbol: 'OLD', side: 'sell', lots: 3 }));
  t.notThrows(() => new TestAccount(exchange(), journal));
});
