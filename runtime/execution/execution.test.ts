import test from 'ava';
import fc from 'fast-check';
import { MemoryJournal } from '../journal/memory-journal.ts';
import { blank, FakeExchange } from './fake-exchange.ts';
import { instruments, TestAccount } from './test-account.ts';
import { passOver } from './used-numbers.ts';
import type { Report } from './venue.ts';

const resting = () => new FakeExchange(instruments, () => 0);
const account = (exchange = resting()) => new TestAccount(exchange, new MemoryJournal()).start();

test('the position is unknown until the venue agrees', (t) => {
  const fresh = new TestAccount(resting(), new MemoryJournal());
  t.false(fresh.execution.positionKnown);
  fresh.connect();
  t.false(fresh.execution.positionKnown);
  fresh.settle();
  t.true(fresh.execution.positionKnown);
  fresh.execution.onSessionDown();
  t.false(fresh.execution.positionKnown);
});

test('an order is journalled before it is sent, and its fill with fee, liquidity and mids', (t) => {
  const trader = account();
  const clOrdId = trader.buy(10);
  const [record] = trader.journal.records(0, ['order']);
  t.deepEqual(JSON.parse(record.body), {
    clOrdId,
    intentSeq: 1,
    action: 'new',
    symbol: 'AAA',
    side: 'buy',
    priceTicks: 100,
    quantityLots: 10,
    timeInForce: 'day',
    postOnly: false,
    midHalfTicks: 201,
  });
  trader.settle();
  trader.exchange.fill(trader.exchange.open[0], 4);
  trader.settle();
  const [fill] = trader.journal.records(0, ['fill']);
  const { execId, ...rest } = JSON.parse(fill.body) as Record<string, unknown>;
  t.is(typeof execId, 'string');
  t.deepEqual(rest, {
    clOrdId,
    intentSeq: 1,
    symbol: 'AAA',
    side: 'buy',
    lots: 4,
    priceTicks: 100,
    feeMicroUsd: -8000,
    liquidity: 'maker',
    midHalfTicks: 201,
    orderMidHalfTicks: 201,
    bustOf: null,
  });
  t.is(trader.execution.positionLots(0), 4);
  t.is(trader.execution.openLots(0, 'buy'), 6);
  t.is(trader.execution.restingLots(0, 'buy', 100), 6);
  t.is(trader.execution.bestPriceTicks(0, 'buy'), 100);
});

test('a cancel during a replace waits for the answer and then names the right order', (t) => {
  const trader = account();
  const clOrdId = trader.buy(10);
  trader.settle();
  t.is(trader.execution.replace(clOrdId, 99, 12), 'sent');
  t.is(trader.execution.openLots(0, 'buy'), 12);
  t.is(trader.execution.cancel(clOrdId), 'held');
  trader.settle();
  t.is(trader.exchange.open.length, 0);
  t.is(trader.execution.openOrders, 0);
  t.is(trader.execution.cancel(clOrdId), 'closed');
  t.is(trader.execution.cancel('EMP-999'), 'unknown');
  t.deepEqual(trader.anomalies, []);
});

test('a request that the venue refuses as a whole is undone and told', (t) => {
  const trader = account();
  const rejected = trader.buy(10);
  trader.link.inFlight.length = 0;
  trader.execution.onRefused('j', rejected, 'unsupported');
  t.is(trader.execution.order(rejected)?.status, 'rejected');
  t.is(trader.execution.openLots(0, 'buy'), 0);
  t.is(trader.anomalies[0].kind, 'REQUEST_REFUSED');
  t.false(trader.execution.positionKnown);
  trader.settle();
  t.true(trader.execution.positionKnown, 'a reconciliation clears the doubt');
});

test('a bust takes the execution back, once, with its fee', (t) => {
  const trader = account();
  trader.buy(10);
  trader.settle();
  const [order] = trader.exchange.open;
  trader.exchange.fill(order, 4);
  trader.settle();
  const { execId } = trader.exchange.executions[0];
  trader.exchange.bust(order, execId);
  trader.settle();
  t.is(trader.execution.positionLots(0), 0);
  t.deepEqual(
    trader.fills.map(({ quantityLots, feeMicroUsd, bustOf }) => [quantityLots, feeMicroUsd, bustOf]),
    [
      [4, -8000, undefined],
      [-4, 8000, execId],
    ],
  );
  trader.execution.onReport({ ...blank, execType: 'H', execId: 'again', execRefId: execId, clOrdId: order.clOrdId });
  t.is(trader.execution.positionLots(0), 0);
  t.is(trader.anomalies[0].kind, 'BUST_UNKNOWN');
});

test('a report of an order that we never sent moves the position, halts, and is told', (t) => {
  const trader = account();
  trader.execution.onReport({
    ...blank,
    execType: 'F',
    execId: 'Z1',
    clOrdId: 'OTHER-1',
    lastLots: 3,
    lastPriceTicks: 100,
    cumLots: 3,
    quantityLots: 3,
  });
  t.is(trader.anomalies[0].kind, 'UNKNOWN_ORDER');
  t.is(trader.execution.positionLots(0), 3);
  t.false(trader.execution.positionKnown);
  trader.settle();
  t.deepEqual(trader.reconciliations.at(-1)?.breaks, [
    { kind: 'POSITION_BREAK', symbol: 'AAA', oursLots: 3, venueLots: 0 },
  ]);
  t.false(trader.execution.positionKnown, 'a break stays until the venue agrees');
});

test('an open order at the venue that is not ours is a break', (t) => {
  const exchange = resting();
  exchange.handle({
    type: 'D',
    order: {
      clOrdId: 'MANUAL-1',
      symbolId: 0,
      side: 'buy',
      priceTicks: 90,
      quantityLots: 1,
      timeInForce: 'day',
      postOnly: false,
    },
  });
  const trader = new TestAccount(exchange, new MemoryJournal()).start();
  t.deepEqual(trader.reconciliations.at(-1)?.breaks, [{ kind: 'UNKNOWN_OPEN_ORDER', clOrdId: 'MANUAL-1' }]);
  t.false(trader.execution.positionKnown);
});

test('an open order of ours that a restored journal does not have is withdrawn; no identifier is used twice', (t) => {
  const exchange = resting();
  const restored = new MemoryJournal();
  const before = new TestAccount(exchange, new MemoryJournal()).start();
  before.buy(4, 90);
  before.settle();
  before.execution.onSessionDown();
  passOver(restored, { nextOutbound: 1, identifier: 1000 }, '2026-05-04T03:02:01Z');
  const trader = new TestAccount(exchange, restored).start();
  t.deepEqual(
    trader.reconciliations.map(({ breaks }) => breaks.map(({ kind }) => kind)),
    [['UNKNOWN_OPEN_ORDER'], []],
  );
  t.true(trader.execution.positionKnown);
  t.is(trader.buy(1, 90), 'EMP-1004');
});

for (const [what, defect, kind] of [
  ['no ExecID', { execId: '' }, 'MALFORMED_REPORT'],
  ['no quantity', { lastLots: 0 }, 'MALFORMED_REPORT'],
  ['a fraction of a lot', { lastLots: 1.5 }, 'MALFORMED_REPORT'],
  ['the wrong side', { side: 'sell' }, 'MALFORMED_REPORT'],
  ['a symbol that is not configured', { symbolId: -1 }, 'UNKNOWN_SYMBOL'],
] as const satisfies readonly (readonly [string, Partial<Report>, string])[]) {
  test(`an execution with ${what} is not booked, and trading halts`, (t) => {
    const trader = account();
    const clOrdId = trader.buy(10);
    trader.execution.onReport({
      ...blank,
      clOrdId,
      execType: 'F',
      execId: 'Z1',
      quantityLots: 10,
      lastLots: 2,
      lastPriceTicks: 100,
      cumLots: 2,
      leavesLots: 8,
      ...defect,
    });
    t.is(trader.anomalies[0].kind, kind);
    t.is(trader.execution.positionLots(0), 0);
    t.false(trader.execution.positionKnown);
  });
}

test('a venue that does not answer a status request is asked again', (t) => {
  const trader = new TestAccount(resting(), new MemoryJournal());
  trader.connect();
  trader.link.inFlight.length = 0;
  trader.clock.advanceTo(trader.clock.nowUs() + 2_000_000);
  trader.settle();
  t.true(trader.execution.positionKnown);
});

test('closed orders are kept for late reports, as many as told', (t) => {
  const trader = new TestAccount(resting(), new MemoryJournal(), 3).start();
  for (let i = 0; i < 5; i++) trader.buy(1);
  trader.settle();
  for (const order of trader.exchange.open) trader.exchange.fill(order, 1);
  trader.settle();
  t.deepEqual(
    [2, 3, 4, 5, 6].map((n) => trader.execution.order(`EMP-${n}`)?.status),
    [undefined, undefined, 'filled', 'filled', 'filled'],
  );
});

interface Life {
  readonly lots: number;
  readonly fills: readonly number[];
  readonly ends: 'canceled' | 'open';
}

/** Everything the venue would say of some orders, in its own order. */
function reportsOf(lives: readonly Life[]): { reports: Report[]; positionLots: number } {
  const reports: Report[] = [];
  let positionLots = 0;
  lives.forEach((life, index) => {
    const clOrdId = `EMP-${index + 2}`;
    const base = { ...blank, clOrdId, orderId: `V${index}`, priceTicks: 100, quantityLots: life.lots };
    let cumLots = 0;
    const say = (news: Partial<Report>) =>
      reports.push({
        ...base,
        cumLots,
        leavesLots: Math.max(0, life.lots - cumLots),
        execId: `X${reports.length}`,
        ...news,
      });
    say({ execType: '0', ordStatus: '0' });
    for (const lots of life.fills) {
      const lastLots = Math.min(lots, life.lots - cumLots);
      if (lastLots === 0) break;
      cumLots += lastLots;
      positionLots += lastLots;
      say({ execType: 'F', lastLots, lastPriceTicks: 100, ordStatus: cumLots === life.lots ? '2' : '1' });
    }
    if (life.ends === 'canceled' && cumLots < life.lots) say({ execType: '4', ordStatus: '4', leavesLots: 0 });
  });
  return { reports, positionLots };
}

test('property: in any order and with any repetition, the position is the sum of unique executions', (t) => {
  const life: fc.Arbitrary<Life> = fc.record({
    lots: fc.integer({ min: 1, max: 20 }),
    fills: fc.array(fc.integer({ min: 1, max: 10 }), { maxLength: 4 }),
    ends: fc.constantFrom('canceled', 'open'),
  });
  fc.assert(
    fc.property(
      fc.array(life, { minLength: 1, maxLength: 4 }),
      fc.array(fc.tuple(fc.nat(), fc.boolean()), { minLength: 60, maxLength: 60 }),
      (lives, order) => {
        const trader = account();
        for (const { lots } of lives) trader.buy(lots);
        const { reports, positionLots } = reportsOf(lives);
        const shuffled = reports
          .flatMap((report, i) => (order[i % 60][1] ? [report, { ...report, possDup: true }] : [report]))
          .map((report, i) => ({ report, key: order[i % 60][0] }))
          .sort((a, b) => a.key - b.key);
        for (const { report } of shuffled) trader.execution.onReport(report);
        t.is(trader.execution.positionLots(0), positionLots);
        t.is(
          trader.fills.reduce((sum, fill) => sum + fill.quantityLots, 0),
          positionLots,
        );
        t.is(new Set(trader.fills.map((fill) => fill.execId)).size, trader.fills.length);
        const leaves = lives.map((life, i) =>
          reports.some((r) => r.execType === '4' && r.clOrdId === `EMP-${i + 2}`)
            ? 0
            : life.lots -
              Math.min(
                life.lots,
                life.fills.reduce((a, b) => a + b, 0),
              ),
        );
        const open = leaves.reduce((a, b) => a + b, 0);
        t.is(trader.execution.openLots(0, 'buy'), open);
        t.is(
          [...trader.resting.values()].reduce((a, b) => a + b, 0),
          open,
        );
      },
    ),
    { numRuns: 150 },
  );
});

test('property: an execution and its bust cancel out, whichever comes first', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.boolean()), { minLength: 1, maxLength: 6 }),
      fc.array(fc.nat(), { minLength: 12, maxLength: 12 }),
      (executions, order) => {
        const trader = account();
        const clOrdId = trader.buy(100);
        const base = { ...blank, clOrdId, priceTicks: 100, quantityLots: 100, leavesLots: 100 };
        const reports = executions.flatMap(([lastLots, isBusted], i): Report[] => {
          const trade = { ...base, execType: 'F', execId: `X${i}`, lastLots, lastPriceTicks: 100 };
          return isBusted ? [trade, { ...base, execType: 'H', execId: `B${i}`, execRefId: `X${i}` }] : [trade];
        });
        const shuffled = reports.map((report, i) => ({ report, key: order[i] })).sort((a, b) => a.key - b.key);
        for (const { report } of shuffled) trader.execution.onReport(report);
        const left = executions.reduce((sum, [lots, isBusted]) => sum + (isBusted ? 0 : lots), 0);
        t.is(trader.execution.positionLots(0), left);
        t.is(trader.execution.order(clOrdId)?.filledLots, left);
        t.is(trader.execution.openLots(0, 'buy'), 100 - left);
        t.is(
          trader.fills.reduce((sum, fill) => sum + fill.quantityLots, 0),
          left,
        );
        t.is(
          trader.fills.reduce((sum, fill) => sum + fill.feeMicroUsd, 0),
          3000 * left,
          'liquidity unsaid is taking',
        );
      },
    ),
    { numRuns: 200 },
  );
});
