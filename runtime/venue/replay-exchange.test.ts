import test from 'ava';
import fc from 'fast-check';
import type { Side } from '../instrument.ts';
import { type Entry, type HandMadeMessage, recordingOf, twoInstruments } from './hand-made-log.ts';
import { Levels, type Market } from './market.ts';
import { ReplayExchange } from './replay-exchange.ts';

const book: Entry[] = [
  ['bid', 100, 10],
  ['bid', 99, 20],
  ['bid', 98, 30],
  ['ask', 102, 10],
  ['ask', 103, 20],
  ['ask', 104, 30],
];

interface Fill {
  number: number;
  lots: number;
  price: number;
  liquidity: string;
}

function open(messages: readonly HandMadeMessage[], state?: unknown): { market: ReplayExchange; fills: Fill[] } {
  const market = new ReplayExchange(recordingOf(messages), twoInstruments, state);
  const fills: Fill[] = [];
  market.listen({
    onFill: (number, lots, price, liquidity) => fills.push({ number, lots, price, liquidity }),
    onEvent: () => undefined,
  });
  return { market, fills };
}

/** The market after its snapshot; `then` follow one a second. */
function opened(...then: readonly (readonly Entry[])[]): { market: ReplayExchange; fills: Fill[] } {
  const messages = [
    { timeUs: 0, snapshot: true, entries: book },
    ...then.map((entries, i) => ({ timeUs: (i + 1) * 1e6, entries })),
  ];
  const opened = open(messages);
  opened.market.advanceTo(0);
  return opened;
}

function submit(market: Market, number: number, side: Side, priceTicks: number, lots: number, ioc = false): number {
  return market.submit({ number, symbolId: 0, side, priceTicks, lots, timeInForce: ioc ? 'ioc' : 'day' });
}

function side(market: Market, which: Side): [number, number][] {
  const levels = new Levels();
  market.levels(0, which, 100, levels);
  return [...levels.priceTicks.subarray(0, levels.count)].map((price, i) => [price, levels.lots[i] as number]);
}

const totals = (fills: readonly Fill[]) => fills.map((f) => [f.number, f.lots, f.price, f.liquidity]);

test('the book of the log is the published book', (t) => {
  const { market } = opened([['bid', 101, 7]], [['bid', 100, 0]]);
  market.advanceTo(1e6);
  t.deepEqual(side(market, 'buy'), [
    [101, 7],
    [100, 10],
    [99, 20],
    [98, 30],
  ]);
  market.advanceTo(2e6);
  t.deepEqual(side(market, 'buy')[1], [99, 20]);
  t.true(market.done);
});

test('our resting lots are part of the published level', (t) => {
  const { market } = opened();
  submit(market, 1, 'buy', 99, 5);
  submit(market, 2, 'buy', 101, 3);
  t.deepEqual(side(market, 'buy'), [
    [101, 3],
    [100, 10],
    [99, 25],
    [98, 30],
  ]);
  t.is(market.cancel(1), 5);
  t.is(market.cancel(1), 0);
  t.deepEqual(side(market, 'buy')[2], [99, 20]);
});

test('a marketable order takes displayed lots best first, never more than displayed', (t) => {
  const { market, fills } = opened();
  t.is(submit(market, 1, 'buy', 103, 50, true), 0);
  t.deepEqual(totals(fills), [
    [1, 10, 102, 'taker'],
    [1, 20, 103, 'taker'],
  ]);
  t.deepEqual(side(market, 'sell'), [[104, 30]]);
});

test('lots taken once are not there again until the log adds some', (t) => {
  const { market, fills } = opened([['ask', 102, 14]], [['ask', 102, 6]], [['ask', 102, 7]]);
  submit(market, 1, 'buy', 102, 10, true);
  submit(market, 2, 'buy', 102, 10, true);
  t.deepEqual(totals(fills), [[1, 10, 102, 'taker']]);
  market.advanceTo(1e6); // 4 added: 4 are there
  t.deepEqual(side(market, 'sell')[0], [102, 4]);
  market.advanceTo(2e6); // 8 gone: those we could have had go first
  t.deepEqual(side(market, 'sell')[0], [103, 20]);
  market.advanceTo(3e6); // 1 added
  submit(market, 3, 'buy', 102, 10, true);
  t.deepEqual(totals(fills).at(-1), [3, 1, 102, 'taker']);
});

test('a level that was deleted and shown again is new', (t) => {
  const { market, fills } = opened([['ask', 102, 0]], [['ask', 102, 9]]);
  submit(market, 1, 'buy', 102, 10, true);
  market.advanceTo(2e6);
  submit(market, 2, 'buy', 102, 20, true);
  t.deepEqual(totals(fills).at(-1), [2, 9, 102, 'taker']);
});

test('a second snapshot does not refresh what we took', (t) => {
  const messages = [0, 1e6].map((timeUs) => ({ timeUs, snapshot: true, entries: book }));
  const { market } = open(messages);
  market.advanceTo(0);
  submit(market, 1, 'buy', 102, 10, true);
  market.advanceTo(1e6);
  t.deepEqual(side(market, 'sell')[0], [103, 20]);
});

test('the rest of a marketable day order rests at its limit, and an ioc order leaves nothing', (t) => {
  const { market } = opened();
  t.is(submit(market, 1, 'buy', 102, 15), 5);
  t.deepEqual(side(market, 'buy')[0], [102, 5]);
  t.is(submit(market, 2, 'sell', 100, 15, true), 0);
  t.deepEqual(side(market, 'buy').slice(0, 2), [
    [102, 5],
    [99, 20],
  ]);
});

test('trades at our price take the queue ahead first, then us', (t) => {
  const { market, fills } = opened(
    [
      ['sold', 100, 6],
      ['bid', 100, 4],
    ],
    [
      ['sold', 100, 4],
      ['bid', 100, 0],
      ['bid', 97, 1],
    ],
    [['sold', 100, 3]],
  );
  submit(market, 1, 'buy', 100, 5);
  market.advanceTo(2e6);
  t.deepEqual(fills, []);
  market.advanceTo(3e6);
  t.deepEqual(totals(fills), [[1, 3, 100, 'maker']]);
  t.deepEqual(side(market, 'buy')[0], [100, 2]);
});

test('one trade may take the rest of the queue and part of us', (t) => {
  const { market, fills } = opened([
    ['sold', 100, 12],
    ['bid', 100, 0],
  ]);
  submit(market, 1, 'buy', 100, 5);
  market.advanceTo(1e6);
  t.deepEqual(totals(fills), [[1, 2, 100, 'maker']]);
});

test('lots that join after us are behind us', (t) => {
  const { market, fills } = opened(
    [['bid', 100, 50]],
    [
      ['sold', 100, 11],
      ['bid', 100, 39],
    ],
  );
  submit(market, 1, 'buy', 100, 5);
  market.advanceTo(2e6);
  t.deepEqual(totals(fills), [[1, 1, 100, 'maker']]);
});

test('cancels shorten the queue ahead in proportion, rounded against us', (t) => {
  // 10 ahead, 10 behind; 5 of the 20 cancelled: floor(5 × 10 / 20) = 2 were ahead, so 8 still are
  const { market, fills } = opened([['bid', 100, 20]], [['bid', 100, 15]], [['sold', 100, 8]], [['sold', 100, 1]]);
  submit(market, 1, 'buy', 100, 5);
  market.advanceTo(3e6);
  t.deepEqual(fills, []);
  market.advanceTo(4e6);
  t.deepEqual(totals(fills), [[1, 1, 100, 'maker']]);
});

test('a fall that a trade explains is not a cancel as well', (t) => {
  // 10 ahead and 10 behind: a cancel of 6 would take some from ahead on top of the 6 that traded
  const { market, fills } = opened(
    [['bid', 100, 20]],
    [
      ['bid', 100, 14],
      ['sold', 100, 6],
    ],
    [['sold', 100, 4]],
    [['sold', 100, 1]],
  );
  submit(market, 1, 'buy', 100, 5);
  market.advanceTo(3e6);
  t.deepEqual(fills, []);
  market.advanceTo(4e6);
  t.deepEqual(totals(fills), [[1, 1, 100, 'maker']]);
});

test('a trade printed before its level falls, in another message, is not counted twice', (t) => {
  const { market, fills } = opened(
    [['bid', 100, 20]],
    [['sold', 100, 4]],
    [['bid', 100, 16]],
    [['sold', 100, 6]],
    [['sold', 100, 1]],
  );
  submit(market, 1, 'buy', 100, 5);
  market.advanceTo(4e6);
  t.deepEqual(fills, []);
  market.advanceTo(5e6);
  t.is(fills.length, 1);
});

test('nobody can have more ahead than is shown', (t) => {
  const { market, fills } = opened([['bid', 100, 1]], [['sold', 100, 2]]);
  submit(market, 1, 'buy', 100, 5);
  market.advanceTo(2e6);
  t.deepEqual(totals(fills), [[1, 1, 100, 'maker']]);
});

test('a trade through our price would have met us first', (t) => {
  const { market, fills } = opened([['sold', 99, 4]]);
  submit(market, 1, 'buy', 101, 3);
  market.advanceTo(1e6);
  t.deepEqual(totals(fills), [[1, 3, 101, 'maker']]);
});

test('a trade on the other side, or of an unknown side inside the spread, does not fill us', (t) => {
  const { market, fills } = opened([['bought', 102, 4]], [['traded', 101, 4]]);
  submit(market, 1, 'buy', 100, 3);
  market.advanceTo(2e6);
  t.deepEqual(fills, []);
});

test('a trade of an unknown side at a best price is on that side', (t) => {
  const { market, fills } = opened([['traded', 100, 11]]);
  submit(market, 1, 'buy', 100, 3);
  market.advanceTo(1e6);
  t.deepEqual(totals(fills), [[1, 1, 100, 'maker']]);
});

test('two orders of ours at one price trade in order of arrival, with the lots between them', (t) => {
  const { market, fills } = opened([['bid', 100, 14]], [['sold', 100, 4]], [['sold', 100, 16]]);
  submit(market, 1, 'buy', 100, 5);
  market.advanceTo(1e6); // 4 join behind the first
  submit(market, 2, 'buy', 100, 5);
  market.advanceTo(2e6); // 6 and 4 ahead of the second
  market.advanceTo(3e6); // 6 ahead, 5 ours, 4 between, 1 ours
  t.deepEqual(totals(fills), [
    [1, 5, 100, 'maker'],
    [2, 1, 100, 'maker'],
  ]);
});

test('lots that arrive at or through our price trade with us, at our price, and are gone', (t) => {
  const { market, fills } = opened([['ask', 101, 8]], [['ask', 100, 4]]);
  submit(market, 1, 'buy', 101, 5);
  market.advanceTo(1e6);
  t.deepEqual(totals(fills), [[1, 5, 101, 'maker']]);
  t.deepEqual(side(market, 'sell')[0], [101, 3]);
});

test('a level that left the view of the log keeps its queue', (t) => {
  const { market, fills } = opened(
    [['bid', 98, 0]], // out of view behind 99
    [
      ['bid', 100, 0],
      ['bid', 98, 30],
    ],
    [
      ['sold', 98, 30],
      ['bid', 98, 5],
      ['bid', 99, 0],
    ],
    [['sold', 98, 1]],
  );
  submit(market, 1, 'buy', 98, 5);
  market.advanceTo(3e6);
  t.deepEqual(fills, []);
  market.advanceTo(4e6);
  t.deepEqual(totals(fills), [[1, 1, 98, 'maker']]);
});

test('an order out of view joins behind what appears at its price', (t) => {
  const { market, fills } = opened([['bid', 97, 6]], [['sold', 97, 6]], [['sold', 97, 1]]);
  submit(market, 1, 'buy', 97, 5);
  market.advanceTo(2e6);
  t.deepEqual(fills, []);
  market.advanceTo(3e6);
  t.is(fills.length, 1);
});

test('a cleared book makes every queue unknown until it is shown again', (t) => {
  const { market, fills } = opened([['empty', 0, 0]], [['sold', 100, 50]], [['bid', 100, 9]], [['sold', 100, 10]]);
  submit(market, 1, 'buy', 100, 5);
  market.advanceTo(1e6);
  t.deepEqual(side(market, 'buy'), [[100, 5]]);
  market.advanceTo(3e6);
  t.deepEqual(fills, []);
  market.advanceTo(4e6);
  t.deepEqual(totals(fills), [[1, 1, 100, 'maker']]);
});

test('a replace keeps its place when only the lots fall', (t) => {
  const { market, fills } = opened(
    [['bid', 100, 20]],
    [
      ['sold', 100, 11],
      ['bid', 100, 9],
    ],
  );
  submit(market, 1, 'buy', 100, 5);
  market.advanceTo(1e6);
  t.is(market.replace(1, 100, 3), 3);
  market.advanceTo(2e6);
  t.deepEqual(totals(fills), [[1, 1, 100, 'maker']]);
});

test('a replace that adds lots or moves the price joins anew, and takes when it crosses', (t) => {
  const { market, fills } = opened(
    [['bid', 100, 20]],
    [
      ['sold', 100, 11],
      ['bid', 100, 9],
    ],
  );
  submit(market, 1, 'buy', 100, 5);
  market.advanceTo(1e6);
  t.is(market.replace(1, 100, 6), 6);
  market.advanceTo(2e6);
  t.deepEqual(fills, []);
  t.is(market.replace(1, 102, 12), 2);
  t.deepEqual(totals(fills), [[1, 10, 102, 'taker']]);
  t.is(market.replace(9, 102, 12), 0);
});

const price = fc.integer({ min: 95, max: 105 });
const lots = fc.integer({ min: 0, max: 12 });
const action = fc.oneof(
  fc.record({ does: fc.constant('log' as const), kind: fc.constantFrom('bid', 'ask', 'sold', 'bought'), price, lots }),
  fc.record({
    does: fc.constant('order' as const),
    side: fc.constantFrom<Side>('buy', 'sell'),
    price,
    lots,
    ioc: fc.boolean(),
  }),
  fc.record({ does: fc.constant('cancel' as const), number: fc.integer({ min: 1, max: 8 }) }),
);

type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;

/** Log messages that never cross the recorded book, one a second, with our actions between them. */
function scenario(actions: readonly Action[]) {
  const messages: HandMadeMessage[] = [{ timeUs: 0, snapshot: true, entries: book }];
  const shown = { bid: new Map<number, number>(), ask: new Map<number, number>() };
  for (const [kind, p, l] of book) shown[kind as 'bid' | 'ask'].set(p, l);
  /** Lots that the log brought to each price, and lots that it traded. */
  const supply = { bid: new Map(shown.bid), ask: new Map(shown.ask), traded: 0 };
  const ours: { timeUs: number; act: (market: Market) => void }[] = [];
  const limits = new Map<number, { side: Side; price: number }>();
  for (const a of actions) {
    const timeUs = messages.length * 1e6;
    if (a.does === 'order') {
      // the desk never lets two orders of one owner cross
      const crosses = [...limits.values()].some(
        (l) => l.side !== a.side && (a.side === 'buy' ? a.price >= l.price : a.price <= l.price),
      );
      if (crosses || a.lots === 0) continue;
      const n = limits.size + 1;
      limits.set(n, a);
      ours.push({ timeUs, act: (market) => void submit(market, n, a.side, a.price, a.lots, a.ioc) });
    } else if (a.does === 'cancel') {
      ours.push({ timeUs, act: (market) => void market.cancel(a.number) });
    } else if (a.kind === 'bid' || a.kind === 'ask') {
      const other = a.kind === 'bid' ? shown.ask : shown.bid;
      const sign = a.kind === 'bid' ? 1 : -1;
      if ([...other].some(([p, l]) => l > 0 && sign * (a.price - p) >= 0)) continue;
      const added = Math.max(0, a.lots - (shown[a.kind].get(a.price) ?? 0));
      supply[a.kind].set(a.price, (supply[a.kind].get(a.price) ?? 0) + added);
      shown[a.kind].set(a.price, a.lots);
      messages.push({ timeUs, entries: [[a.kind, a.price, a.lots]] });
    } else if (a.lots > 0) {
      supply.traded += a.lots;
      messages.push({ timeUs, entries: [[a.kind as 'sold' | 'bought', a.price, a.lots]] });
    }
  }
  return { messages, ours, supply, limits };
}

test('no fill that the log did not allow, no lot twice, never a crossed book', (t) => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const { messages, ours, supply, limits } = scenario(actions);
      const { market, fills } = open(messages);
      const steps = [
        ...ours.map((o) => ({ timeUs: o.timeUs - 1, act: o.act })),
        { timeUs: 1e12, act: () => undefined },
      ];
      for (const { timeUs, act } of steps) {
        market.advanceTo(timeUs);
        act(market);
        const bid = side(market, 'buy')[0];
        const ask = side(market, 'sell')[0];
        if (bid !== undefined && ask !== undefined) t.true(bid[0] < ask[0]);
      }
      const taken = { bid: new Map<number, number>(), ask: new Map<number, number>() };
      let made = 0;
      for (const f of fills) {
        const limit = limits.get(f.number) as { side: Side; price: number };
        t.true(limit.side === 'buy' ? f.price <= limit.price : f.price >= limit.price);
        const from = limit.side === 'buy' ? 'ask' : 'bid';
        if (f.liquidity === 'maker') made += f.lots;
        else taken[from].set(f.price, (taken[from].get(f.price) ?? 0) + f.lots);
      }
      for (const from of ['bid', 'ask'] as const) {
        for (const [p, l] of taken[from]) t.true(l <= (supply[from].get(p) ?? 0));
      }
      const sum = (lots: Map<number, number>) => [...lots.values()].reduce((a, b) => a + b, 0);
      const left = sum(supply.bid) + sum(supply.ask) - sum(taken.bid) - sum(taken.ask);
      t.true(made <= supply.traded + left);
    }),
    { numRuns: 300 },
  );
});

test('a market restored in the middle goes on as if it had never stopped', (t) => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), fc.nat(20), (actions, cut) => {
      const { messages, ours } = scenario(actions);
      const whole = open(messages);
      let cutting = open(messages);
      const fillsBefore: Fill[] = [];
      for (const [i, { timeUs, act }] of ours.entries()) {
        for (const { market } of [whole, cutting]) {
          market.advanceTo(timeUs - 1);
          act(market);
        }
        if (i === cut) {
          fillsBefore.push(...cutting.fills);
          cutting = open(messages, JSON.parse(JSON.stringify(cutting.market.state())));
        }
      }
      whole.market.advanceTo(1e12);
      cutting.market.advanceTo(1e12);
      t.deepEqual([...fillsBefore, ...cutting.fills], whole.fills);
      t.deepEqual(cutting.market.state(), whole.market.state());
    }),
    { numRuns: 100 },
  );
});
