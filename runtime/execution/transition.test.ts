import test from 'ava';
import type { AnomalyKind } from './anomaly.ts';
import { blank } from './fake-exchange.ts';
import { Order, type OrderStatus } from './order.ts';
import { transition } from './transition.ts';
import type { Report } from './venue.ts';

const first = {
  clOrdId: 'EMP-1',
  symbolId: 0,
  side: 'buy',
  priceTicks: 100,
  quantityLots: 10,
  timeInForce: 'day',
  postOnly: false,
} as const;

/** An order of 10 lots at 100, brought into each status the way it gets there. */
const inStatus: Readonly<Record<OrderStatus | 'presumed', () => Order>> = {
  pendingNew: () => new Order(first, 1, 7, 200),
  new: () => Object.assign(inStatus.pendingNew(), { acknowledged: true }),
  partiallyFilled: () => Object.assign(inStatus.new(), { filledLots: 4, executedLots: 4, venueCumLots: 4 }),
  pendingCancel: () =>
    Object.assign(inStatus.new(), { request: { kind: 'cancel', clOrdId: 'EMP-2', priceTicks: 100, quantityLots: 10 } }),
  pendingReplace: () =>
    Object.assign(inStatus.new(), {
      request: { kind: 'replace', clOrdId: 'EMP-2', priceTicks: 101, quantityLots: 20 },
    }),
  filled: () => Object.assign(inStatus.new(), { filledLots: 10, executedLots: 10, venueCumLots: 10, closed: 'filled' }),
  canceled: () => Object.assign(inStatus.new(), { closed: 'canceled' }),
  rejected: () => Object.assign(inStatus.pendingNew(), { acknowledged: true, closed: 'rejected' }),
  expired: () => Object.assign(inStatus.new(), { closed: 'expired' }),
  presumed: () => Object.assign(inStatus.new(), { closed: 'canceled', presumed: true }),
};

const report = (news: Partial<Report>): Report => ({
  ...blank,
  clOrdId: 'EMP-1',
  orderId: 'V-1',
  priceTicks: 100,
  quantityLots: 10,
  leavesLots: 10,
  ...news,
});
const fill = (lots: number, news: Partial<Report> = {}) =>
  report({ execType: 'F', lastLots: lots, lastPriceTicks: 100, ...news });
const replacedTo = (news: Partial<Report> = {}) =>
  report({ execType: '5', clOrdId: 'EMP-2', origClOrdId: 'EMP-1', priceTicks: 101, quantityLots: 20, ...news });
const refused = (news: Partial<Report> = {}) =>
  report({ kind: 'cancelReject', clOrdId: 'EMP-2', origClOrdId: 'EMP-1', ordStatus: '0', ...news });

const table: readonly (readonly [
  from: OrderStatus | 'presumed',
  what: string,
  report: Report,
  to: OrderStatus,
  outcome: 'applied' | 'stale' | AnomalyKind,
])[] = [
  ['pendingNew', 'pending new', report({ execType: 'A' }), 'pendingNew', 'applied'],
  ['pendingNew', 'new', report({ execType: '0' }), 'new', 'applied'],
  ['pendingNew', 'rejected', report({ execType: '8' }), 'rejected', 'applied'],
  ['pendingNew', 'partial fill before the ack', fill(4, { cumLots: 4 }), 'partiallyFilled', 'applied'],
  ['pendingNew', 'full fill before the ack', fill(10, { cumLots: 10, leavesLots: 0 }), 'filled', 'applied'],
  ['pendingNew', 'canceled', report({ execType: '4' }), 'canceled', 'applied'],
  ['pendingNew', 'expired', report({ execType: 'C' }), 'expired', 'applied'],
  ['pendingNew', 'status: open', report({ execType: 'I', ordStatus: '0' }), 'new', 'applied'],
  ['pendingNew', 'status: rejected', report({ execType: 'I', ordStatus: '8' }), 'rejected', 'applied'],
  ['new', 'new again', report({ execType: '0' }), 'new', 'stale'],
  ['new', 'partial fill', fill(4, { cumLots: 4 }), 'partiallyFilled', 'applied'],
  ['new', 'full fill', fill(10, { cumLots: 10, leavesLots: 0 }), 'filled', 'applied'],
  ['new', 'later fill first', fill(4, { cumLots: 8 }), 'partiallyFilled', 'FILL_GAP'],
  ['new', 'more than ordered', fill(11, { cumLots: 11, leavesLots: 0 }), 'filled', 'OVERFILL'],
  ['new', 'unsolicited cancel', report({ execType: '4' }), 'canceled', 'applied'],
  ['new', 'cancel that tells of unseen fills', report({ execType: '4', cumLots: 3 }), 'canceled', 'FILL_GAP'],
  ['new', 'done for day', report({ execType: '3' }), 'expired', 'applied'],
  ['new', 'unsolicited pending cancel', report({ execType: '6' }), 'new', 'applied'],
  ['new', 'rejected after the ack', report({ execType: '8' }), 'rejected', 'REJECTED_AFTER_ACK'],
  ['new', 'unsolicited replace', replacedTo(), 'new', 'UNSOLICITED_REPLACE'],
  ['new', 'restated', report({ execType: 'D', quantityLots: 6 }), 'new', 'applied'],
  ['new', 'refusal of nothing', refused(), 'new', 'UNSOLICITED_CANCEL_REJECT'],
  ['new', 'refusal of nothing, sent again', refused({ possDup: true }), 'new', 'stale'],
  ['new', 'suspended', report({ execType: '9' }), 'new', 'UNSUPPORTED_EXEC_TYPE'],
  ['new', 'trade correction', report({ execType: 'G' }), 'new', 'UNSUPPORTED_EXEC_TYPE'],
  ['partiallyFilled', 'rest filled', fill(6, { cumLots: 10, leavesLots: 0 }), 'filled', 'applied'],
  ['partiallyFilled', 'late ack', report({ execType: '0' }), 'partiallyFilled', 'stale'],
  ['partiallyFilled', 'canceled', report({ execType: '4', cumLots: 4 }), 'canceled', 'applied'],
  ['partiallyFilled', 'bust of all of it', report({ execType: 'H', lastLots: 4, leavesLots: 10 }), 'new', 'applied'],
  [
    'partiallyFilled',
    'restated to what is filled',
    report({ execType: 'D', quantityLots: 4, cumLots: 4 }),
    'filled',
    'applied',
  ],
  [
    'pendingCancel',
    'pending cancel',
    report({ execType: '6', clOrdId: 'EMP-2', origClOrdId: 'EMP-1' }),
    'pendingCancel',
    'applied',
  ],
  [
    'pendingCancel',
    'canceled',
    report({ execType: '4', clOrdId: 'EMP-2', origClOrdId: 'EMP-1' }),
    'canceled',
    'applied',
  ],
  ['pendingCancel', 'refused', refused(), 'new', 'applied'],
  ['pendingCancel', 'refused: unknown order', refused({ ordStatus: '8' }), 'new', 'UNKNOWN_AT_VENUE'],
  ['pendingCancel', 'fill that races it', fill(4, { cumLots: 4 }), 'pendingCancel', 'applied'],
  ['pendingCancel', 'full fill that races it', fill(10, { cumLots: 10, leavesLots: 0 }), 'filled', 'applied'],
  [
    'pendingReplace',
    'pending replace',
    report({ execType: 'E', clOrdId: 'EMP-2', origClOrdId: 'EMP-1' }),
    'pendingReplace',
    'applied',
  ],
  ['pendingReplace', 'replaced', replacedTo(), 'new', 'applied'],
  ['pendingReplace', 'replaced with other terms', replacedTo({ quantityLots: 15 }), 'new', 'TERMS_DIFFER'],
  [
    'pendingReplace',
    'status under the new identifier',
    replacedTo({ execType: 'I', ordStatus: '0' }),
    'new',
    'applied',
  ],
  ['pendingReplace', 'refused', refused(), 'new', 'applied'],
  ['pendingReplace', 'filled under the old terms', fill(10, { cumLots: 10, leavesLots: 0 }), 'filled', 'applied'],
  [
    'pendingReplace',
    'filled under the new terms first',
    fill(10, { cumLots: 10, leavesLots: 10 }),
    'pendingReplace',
    'applied',
  ],
  ['pendingReplace', 'unsolicited cancel', report({ execType: '4' }), 'canceled', 'applied'],
  ['filled', 'late ack', report({ execType: '0' }), 'filled', 'stale'],
  ['filled', 'late replace', replacedTo(), 'filled', 'stale'],
  ['filled', 'late refusal of a cancel', refused({ ordStatus: '2' }), 'filled', 'stale'],
  ['filled', 'canceled', report({ execType: '4', cumLots: 10 }), 'filled', 'CLOSED_TWICE'],
  ['filled', 'bust that reopens it', report({ execType: 'H', lastLots: 10, leavesLots: 10 }), 'new', 'applied'],
  ['filled', 'bust that does not', report({ execType: 'H', lastLots: 10, leavesLots: 0 }), 'filled', 'applied'],
  ['filled', 'one fill too many', fill(1, { cumLots: 11 }), 'filled', 'OVERFILL'],
  ['canceled', 'canceled again', report({ execType: '4' }), 'canceled', 'stale'],
  ['canceled', 'a fill nobody announced', fill(4, { cumLots: 4 }), 'canceled', 'FILL_AFTER_CLOSE'],
  ['canceled', 'status: open', report({ execType: 'I', ordStatus: '0' }), 'canceled', 'stale'],
  ['rejected', 'expired', report({ execType: 'C' }), 'rejected', 'CLOSED_TWICE'],
  ['expired', 'late ack', report({ execType: '0' }), 'expired', 'stale'],
  ['presumed', 'ack', report({ execType: '0' }), 'new', 'REVIVED'],
  ['presumed', 'pending new', report({ execType: 'A' }), 'new', 'REVIVED'],
  ['presumed', 'fill', fill(10, { cumLots: 10, leavesLots: 0 }), 'filled', 'applied'],
  ['presumed', 'the cancel it was presumed to be', report({ execType: '4' }), 'canceled', 'applied'],
];

for (const [from, what, news, to, outcome] of table) {
  test(`${from}: ${what} → ${to}, ${outcome}`, (t) => {
    const order = inStatus[from]();
    const result = transition(order, news);
    t.is(order.status, to);
    t.is(result.outcome === 'anomaly' ? result.kind : result.outcome, outcome);
  });
}

test('a fill announced by a cancel that came first is no anomaly, and closes the gap', (t) => {
  const order = inStatus.new();
  transition(order, report({ execType: '4', cumLots: 4 }));
  t.deepEqual(transition(order, fill(4, { cumLots: 4 })), { outcome: 'applied' });
  t.is(order.status, 'canceled');
  t.is(order.filledLots, 4);
});

test('what is reserved and what rests follow the order', (t) => {
  const order = inStatus.pendingNew();
  t.deepEqual([order.exposureLots, order.restingLots], [10, 0], 'not in the book yet, and may fill');
  transition(order, report({ execType: '0' }));
  t.deepEqual([order.exposureLots, order.restingLots], [10, 10]);
  order.request = { kind: 'replace', clOrdId: 'EMP-2', priceTicks: 101, quantityLots: 20 };
  t.deepEqual([order.exposureLots, order.restingLots], [20, 10], 'the larger quantity counts until the answer');
  transition(order, replacedTo());
  transition(order, fill(5, { clOrdId: 'EMP-2', cumLots: 5 }));
  t.deepEqual([order.exposureLots, order.restingLots, order.priceTicks, order.clOrdId], [15, 15, 101, 'EMP-2']);
  transition(order, report({ execType: '4', cumLots: 5 }));
  t.deepEqual([order.exposureLots, order.restingLots], [0, 0]);
});
