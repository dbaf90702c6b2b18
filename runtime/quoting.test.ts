import test from 'ava';
import type { Account } from './account.ts';
import type { Limits } from './contract.ts';
import type { Execution } from './execution/execution.ts';
import { Order } from './execution/order.ts';
import type { Side } from './instrument.ts';
import type { Intent } from './planner/intent.ts';
import { Quoting, type Step } from './quoting.ts';
import { sampleLimits } from './risk/sample-limits.ts';

const limits: Limits = {
  ...sampleLimits,
  maxOrderNotionalUsd: 1e6,
  maxPositionLots: 100,
  maxGrossNotionalUsd: 1e6,
};

const post: Intent = {
  symbolId: 0,
  kind: 'post',
  crossing: false,
  side: 'buy',
  priceTicks: 990,
  quantityLots: 10,
  imagined: { meanTicks: 1, deviationTicks: 1, horizonUs: 1, crossTicks: 0, postTicks: 0, holdTicks: 0 },
};
const cross: Intent = { ...post, kind: 'cross', crossing: true, priceTicks: 1000 };

interface Desk {
  /** Position, lots. */
  readonly heldLots?: number;
  readonly working?: readonly Order[];
}

/** An order of ours that rests in the book. */
function resting(change: Partial<Pick<Order, 'priceTicks' | 'filledLots' | 'acknowledged' | 'request'>> = {}): Order {
  const first = { clOrdId: 'EMP-1', symbolId: 0, priceTicks: 990, quantityLots: 10, timeInForce: 'day' } as const;
  const order = new Order({ ...first, side: 'buy' as Side, postOnly: true }, 1, 1, 1990);
  return Object.assign(order, { acknowledged: true }, change);
}

function desk({ heldLots = 0, working = [] }: Desk) {
  const cancelled: string[] = [];
  const open = (side: Side) =>
    working.filter(({ first }) => first.side === side).reduce((lots, order) => lots + order.exposureLots, 0);
  const execution = {
    orders: () => working,
    positionLots: () => heldLots,
    openLots: (_: number, side: Side) => open(side),
    cancel: (clOrdId: string) => cancelled.push(clOrdId),
  } as unknown as Execution;
  const account = {
    timeUs: 10_000_000,
    limits,
    instrument: () => ({ microUsdPerHalfTickLot: 5000 }),
    positionKnown: true,
    positionLots: () => heldLots,
    openBuyLots: () => open('buy'),
    openSellLots: () => open('sell'),
    bestBidTicks: () => 990,
    bestAskTicks: () => 1000,
    midHalfTicks: () => 1990,
    bookTimeUs: () => 10_000_000,
    ownBestBidTicks: () => Number.NaN,
    ownBestAskTicks: () => Number.NaN,
    openOrders: working.length,
    ordersLastSecond: 0,
    equityMicroUsd: 0,
    dayStartEquityMicroUsd: 0,
    peakEquityMicroUsd: 0,
    forecastSigmas: 1,
    symbols: 1,
  } as unknown as Account;
  return { quoting: new Quoting(execution, account), cancelled };
}

const steps = test.macro({
  exec: (t, at: Desk, intent: Intent, step: Step) => t.like(desk(at).quoting.next(intent), step),
  title: (name) => name ?? '',
});

const { imagined: _, kind: __, crossing: ___, ...terms } = post;
const asked = { kind: 'cancel', clOrdId: 'EMP-2', priceTicks: 990, quantityLots: 10 } as const;

test('nothing works, a passive intent: rests, and would rather be refused than take', steps, {}, post, {
  kind: 'place',
  order: { ...terms, timeInForce: 'day', postOnly: true },
});
test('nothing works, a crossing intent: takes what is there', steps, {}, cross, {
  kind: 'place',
  order: { ...terms, priceTicks: 1000, timeInForce: 'ioc', postOnly: false },
});
test('the same price works already', steps, { working: [resting()] }, post, { kind: 'wait' });
test(
  'another price works: moved, what it filled counted in',
  steps,
  { working: [resting({ filledLots: 4 })] },
  { ...post, priceTicks: 989 },
  { kind: 'replace', clOrdId: 'EMP-1', quantityLots: 14 },
);
test(
  'the other side works',
  steps,
  { working: [resting()] },
  { ...post, side: 'sell', priceTicks: 1000 },
  { kind: 'cancel', clOrdId: 'EMP-1' },
);
test('ours would be in the way of taking', steps, { working: [resting()] }, cross, {
  kind: 'cancel',
  clOrdId: 'EMP-1',
});
test('not acknowledged yet', steps, { working: [resting({ acknowledged: false })] }, cross, { kind: 'wait' });
test('a request is unanswered', steps, { working: [resting({ request: asked })] }, cross, { kind: 'wait' });
test('more than may be held', steps, { heldLots: 95 }, post, {
  kind: 'denied',
  denial: { reason: 'POSITION_EXCEEDS_LIMIT', actual: 105, limit: 100 },
});
test(
  'held beyond the limit, and the intent only reduces',
  steps,
  { heldLots: 150 },
  { ...cross, side: 'sell', priceTicks: 990 },
  { kind: 'place', order: { ...terms, side: 'sell', priceTicks: 990, timeInForce: 'ioc', postOnly: false } },
);
test(
  'a replacement counts in place of what it replaces',
  steps,
  { heldLots: 90, working: [resting()] },
  { ...post, priceTicks: 989 },
  { kind: 'replace', clOrdId: 'EMP-1', quantityLots: 10 },
);

test('withdrawing cancels once, and never while an answer is awaited', (t) => {
  for (const [working, cancelled] of [
    [[resting()], ['EMP-1']],
    [[resting({ request: asked })], []],
    [[], []],
  ] as const) {
    const at = desk({ working });
    at.quoting.withdraw(0);
    t.deepEqual(at.cancelled, [...cancelled]);
  }
});
