import test from 'ava';
import { book, later, seat } from './seat.ts';
import type { TestParticipant } from './test-participant.ts';

test('orders: new, trade, partial fill, rest of an ioc', (t) => {
  const { venue, participant, steps } = seat();
  participant.submit('A1', 'buy', 102, 4);
  participant.submit('A2', 'buy', 102, 10, { timeInForce: 'ioc' });
  participant.submit('A3', 'buy', 103, 25);
  steps(1);
  t.deepEqual(participant.said(), [
    '0/0 A1',
    'F/2 A1 4@102',
    '0/0 A2',
    'F/1 A2 6@102',
    '4/4 A2',
    '0/0 A3',
    'F/1 A3 20@103',
  ]);
  t.is(venue.positionLots(0), 30);
  t.is(venue.openOrders, 1);
  t.deepEqual(
    [...venue.executions()].map((e) => [e.execId, e.clOrdId, e.lots, e.priceTicks, e.feeMicroUsd, e.positionLots]),
    [
      ['X2', 'A1', 4, 102, 12_000, 4],
      ['X4', 'A2', 6, 102, 18_000, 10],
      ['X7', 'A3', 20, 103, 60_000, 30],
    ],
  );
});

test('a maker earns the rebate', (t) => {
  const { venue, participant, steps } = seat([book, { timeUs: 1.35e6, entries: [['sold', 101, 2]] }, ...later]);
  participant.submit('A1', 'buy', 101, 5, { postOnly: true });
  steps(3);
  t.deepEqual(participant.said(), ['0/0 A1', 'F/1 A1 2@101']);
  t.is(participant.reports[1]?.liquidity, 'maker');
  t.is([...venue.executions()][0]?.feeMicroUsd, -4000);
});

test('cancel and replace', (t) => {
  const { participant, steps } = seat();
  const order = participant.submit('A1', 'buy', 100, 4);
  participant.replace('A2', order, 99, 6);
  steps(1);
  t.is(participant.lotsAt('buy', 99), 26);
  participant.cancel('A3', { ...order, clOrdId: 'A2' });
  steps(1);
  t.deepEqual(participant.said(), ['0/0 A1', '5/0 A2', '4/4 A3']);
  t.deepEqual(
    participant.reports.map((r) => [r.origClOrdId, r.orderId, r.leavesLots]),
    [
      [undefined, 'O1', 4],
      ['A1', 'O1', 6],
      ['A2', 'O1', 0],
    ],
  );
});

test('a replace that crosses trades after it is told', (t) => {
  const { participant, steps } = seat();
  const order = participant.submit('A1', 'buy', 100, 4);
  participant.replace('A2', order, 102, 12);
  steps(1);
  t.deepEqual(participant.said(), ['0/0 A1', '5/0 A2', 'F/1 A2 10@102']);
});

type Ask = (participant: TestParticipant) => void;
const refusals: Record<string, { ask: Ask; said: string; text: string }> = {
  'an unknown symbol': {
    ask: (p) =>
      p.session.send('D', (b) =>
        b.text(11, 'A9').text(55, 'ZZZ').text(54, '1').text(38, '1').text(40, '2').text(44, '1'),
      ),
    said: '8/8 A9',
    text: 'symbol ZZZ is not traded here',
  },
  'an off-tick price': {
    ask: (p) =>
      p.session.send('D', (b) =>
        b.text(11, 'A9').text(55, 'AAA').text(54, '1').text(38, '1').text(40, '2').text(44, '1.005'),
      ),
    said: '8/8 A9',
    text: 'price 1.005 is no multiple of 0.01',
  },
  'a price of zero': {
    ask: (p) => p.submit('A9', 'buy', 0, 1),
    said: '8/8 A9',
    text: 'price is 0 ticks, 1 to 2147483647 is allowed',
  },
  'a quantity of zero': {
    ask: (p) =>
      p.session.send('D', (b) =>
        b.text(11, 'A9').text(55, 'AAA').text(54, '1').text(38, '0').text(40, '2').text(44, '1'),
      ),
    said: '8/8 A9',
    text: 'quantity 0 is no positive multiple of 1',
  },
  'a quantity beyond bounds': {
    ask: (p) => p.submit('A9', 'buy', 1, 2_000_000),
    said: '8/8 A9',
    text: 'quantity is 2000000 lots, 1 to 1000000 is allowed',
  },
  'a ClOrdID used before': {
    ask: (p) => p.submit('A1', 'buy', 90, 1),
    said: '8/8 A1',
    text: 'ClOrdID A1 was used before',
  },
  'a post-only order that would take': {
    ask: (p) => p.submit('A9', 'buy', 102, 1, { postOnly: true }),
    said: '8/8 A9',
    text: 'a post-only order would take',
  },
  'a post-only ioc order': {
    ask: (p) => p.submit('A9', 'buy', 90, 1, { postOnly: true, timeInForce: 'ioc' }),
    said: '8/8 A9',
    text: 'a post-only order cannot be immediate-or-cancel',
  },
  'an order that could trade with our own': {
    ask: (p) => p.submit('A9', 'sell', 100, 1),
    said: '8/8 A9',
    text: 'it could trade with your own order A1',
  },
  'a cancel of an unknown order': {
    ask: (p) => p.cancel('A9', { ...resting, clOrdId: 'A0' }),
    said: '9:1/8 A9',
    text: 'no order has ClOrdID A0',
  },
  'a cancel that comes too late': {
    ask: (p) => {
      p.cancel('A8', resting);
      p.cancel('A9', resting);
    },
    said: '9:0/4 A9',
    text: 'order A1 is not open any more',
  },
  'a replace below what has traded': {
    ask: (p) => {
      const order = p.submit('A8', 'buy', 102, 15);
      p.replace('A9', order, 102, 10);
    },
    said: '9:99/1 A9',
    text: 'quantity is not above what has traded (10), more than 10 is allowed',
  },
  'a replace of an order that has another ClOrdID by now': {
    ask: (p) => {
      p.replace('A8', resting, 100, 2);
      p.replace('A9', resting, 100, 3);
    },
    said: '9:1/0 A9',
    text: 'the order is A8 since it was replaced',
  },
  'a post-only order that a replace would make take': {
    ask: (p) => {
      const order = p.submit('A8', 'buy', 101, 1, { postOnly: true });
      p.replace('A9', order, 102, 1);
    },
    said: '9:99/0 A9',
    text: 'a post-only order would take',
  },
};
const resting = {
  clOrdId: 'A1',
  symbolId: 0,
  side: 'buy',
  priceTicks: 100,
  quantityLots: 1,
  timeInForce: 'day',
  postOnly: false,
} as const;

for (const [what, { ask, said, text }] of Object.entries(refusals)) {
  test(`refused: ${what}`, (t) => {
    const { venue, participant, steps } = seat();
    participant.submit('A1', 'buy', 100, 1);
    steps(1);
    const openBefore = venue.openOrders;
    ask(participant);
    steps(1);
    t.is(participant.said().at(-1), said);
    t.is(participant.reports.at(-1)?.text, text);
    t.true(openBefore === 1);
    t.is(participant.session.state, 'active');
  });
}

test('a mass cancel cancels everything, and says so last', (t) => {
  const { venue, participant, steps } = seat();
  participant.submit('A1', 'buy', 100, 1);
  participant.submit('A2', 'sell', 50, 1, { symbolId: 1 });
  participant.massCancel('A3');
  steps(1);
  t.deepEqual(participant.said(), ['0/0 A1', '0/0 A2', '4/4 A1', '4/4 A2']);
  t.deepEqual(participant.events.slice(-5), ['8', 'X', '8', 'r', 'step 2']);
  t.is(venue.openOrders, 0);
});

test('a mass status tells open orders, then a position for each symbol', (t) => {
  const { participant, steps } = seat();
  participant.submit('A1', 'buy', 102, 3);
  participant.submit('A2', 'buy', 100, 2);
  participant.submit('A3', 'sell', 50, 1, { symbolId: 1 });
  steps(1);
  participant.reports.length = 0;
  participant.massStatus('S1');
  steps(1);
  t.deepEqual(participant.said(), ['I/0 A2', 'I/0 A3']);
  t.deepEqual(
    participant.reports.map((r) => r.status),
    [
      { requestId: 'S1', total: 2, last: false },
      { requestId: 'S1', total: 2, last: true },
    ],
  );
  t.deepEqual(
    participant.positions.map((p) => [p.requestId, p.symbol, p.positionLots, p.last]),
    [
      ['S1', 'AAA', 3, false],
      ['S1', 'BBB', 0, true],
    ],
  );
});

test('an order status tells what an order is now, was at its end, or never was', (t) => {
  const { participant, steps } = seat();
  const details = { account: 'DESK-1', secondaryClOrdId: 'alpha' };
  const open = participant.submit('A1', 'buy', 100, 5, { details });
  const filled = participant.submit('A2', 'buy', 102, 4);
  steps(1);
  participant.reports.length = 0;
  const ask = (order: typeof open, requestId: string) =>
    participant.session.send('H', (body) => participant.orders.writeStatusRequest(body, order, undefined, requestId));
  ask(open, 'Q1');
  ask(filled, 'Q2');
  ask({ ...open, clOrdId: 'A9' }, 'Q3');
  steps(1);
  t.deepEqual(
    participant.reports.map((r) => [r.execType, r.ordStatus, r.orderId, r.statusRequestId, r.cumLots, r.leavesLots]),
    [
      ['I', '0', 'O1', 'Q1', 0, 5],
      ['I', '2', 'O2', 'Q2', 4, 0],
      ['I', '8', 'NONE', 'Q3', 0, 0],
    ],
  );
  t.deepEqual(participant.reports[0]?.details, details);
  t.is(participant.reports[2]?.text, 'no order has ClOrdID A9');
});

test('an order that expires is refused, for nothing here would end it', (t) => {
  const { participant, steps } = seat();
  participant.submit('A1', 'buy', 100, 5, { details: { expireTimeUs: 1.7e15 } });
  steps(1);
  t.like(participant.reports[0], { ordStatus: '8', rejectReason: 11, text: 'good till date is not supported' });
});

test('a mass status without open orders is answered all the same', (t) => {
  const { participant, steps } = seat();
  participant.massStatus('S1');
  steps(1);
  t.deepEqual(
    participant.reports.map((r) => [r.execType, r.ordStatus, r.orderId, r.status]),
    [['I', '8', 'NONE', { requestId: 'S1', total: 0, last: true }]],
  );
  t.is(participant.positions.length, 2);
});

test('every ExecID is used once', (t) => {
  const { participant, steps } = seat();
  for (let i = 0; i < 5; i++) participant.submit(`A${i}`, i % 2 ? 'sell' : 'buy', i % 2 ? 103 : 100, 30);
  participant.massStatus('S1');
  participant.massCancel('Q1');
  participant.massStatus('S2');
  steps(1);
  const ids = participant.reports.filter((r) => r.kind === 'execution').map((r) => r.execId);
  t.true(ids.length > 8);
  t.is(new Set(ids).size, ids.length);
});
