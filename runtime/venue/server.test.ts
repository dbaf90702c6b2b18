import test from 'ava';
import { memoryTransportPair } from '../fix/memory-transport.ts';
import { MemorySessionStore } from '../fix/session-store.ts';
import { type HandMadeMessage, handMadeMarket, twoInstruments } from './hand-made-log.ts';
import { VenueServer, type VenueServerOptions } from './server.ts';
import { TestParticipant } from './test-participant.ts';
import { MemoryVenueState } from './venue-state.ts';

const book: HandMadeMessage = {
  timeUs: 1e6,
  snapshot: true,
  entries: [
    ['bid', 100, 10],
    ['bid', 99, 20],
    ['ask', 102, 10],
    ['ask', 103, 20],
  ],
};
/** Something happens every second, far from the touch, so that the market lasts. */
const later: HandMadeMessage[] = Array.from({ length: 30 }, (_, i) => ({
  timeUs: (i + 2) * 1e6,
  entries: [['ask', 110, i + 1]],
}));

interface Table {
  readonly venue: VenueServer;
  readonly participant: TestParticipant;
  /** Steps the venue so often. */
  steps(count: number): void;
}

function connect(venue: VenueServer, participant: TestParticipant): void {
  const [left, right] = memoryTransportPair();
  venue.attach(right);
  participant.attach(left);
}

function seat(
  messages: readonly HandMadeMessage[] = [book, ...later],
  options: Partial<VenueServerOptions> = {},
  participant = new TestParticipant(twoInstruments),
): Table {
  const venue = new VenueServer({ market: handMadeMarket(messages), seed: 1, ...options });
  venue.step(); // before anyone is there
  connect(venue, participant);
  const steps = (count: number) => {
    for (let i = 0; i < count; i++) venue.step();
  };
  return { venue, participant, steps };
}

test('a logon is answered, a subscription gets a W for each symbol, and then the first step is asked for', (t) => {
  const { participant } = seat();
  t.is(participant.session.state, 'active');
  t.deepEqual(participant.events, ['step 1', 'W', 'W']);
  t.is(participant.best('buy'), 100);
  t.is(participant.best('sell', 1), 0);
});

test('every event of a symbol is one X, and a step ends with its number', (t) => {
  const { participant, steps } = seat([
    book,
    { timeUs: 1.15e6, entries: [['bid', 101, 5]] },
    {
      timeUs: 1.16e6,
      entries: [
        ['sold', 101, 2],
        ['bid', 101, 3],
      ],
    },
    { timeUs: 1.25e6, symbolId: 1, entries: [['bid', 50, 1]] },
    ...later,
  ]);
  participant.events.length = 0;
  steps(2);
  t.deepEqual(participant.events, ['X', 'X', 'step 2', 'X', 'step 3']);
  t.is(participant.lotsAt('buy', 101), 3);
  t.is(participant.best('buy', 1), 50);
  t.is(participant.clock.nowUs(), 1.25e6);
  t.deepEqual(participant.problems, []);
});

test('a subscriber sees so many levels as it asked for, and those that come into view', (t) => {
  const participant = new TestParticipant(twoInstruments);
  participant.depth = 1;
  const { steps } = seat(
    [book, { timeUs: 1.15e6, entries: [['bid', 101, 5]] }, { timeUs: 1.25e6, entries: [['bid', 101, 0]] }, ...later],
    {},
    participant,
  );
  steps(1);
  t.deepEqual([...(participant.books.get('0 buy') ?? [])], [[101, 5]]);
  steps(1);
  t.deepEqual([...(participant.books.get('0 buy') ?? [])], [[100, 10]]);
  t.deepEqual(participant.problems, []);
});

test('a request takes effect in the next step, a latency after the end of the one it answers', (t) => {
  const { venue, participant, steps } = seat();
  const endUs = venue.timeUs;
  participant.submit('A1', 'buy', 100, 4);
  t.deepEqual(participant.said(), []);
  steps(1);
  t.deepEqual(participant.said(), ['0/0 A1']);
  const latencyUs = (participant.reports[0]?.timeUs ?? 0) - endUs;
  t.true(latencyUs > 0 && latencyUs < 20_000, `${latencyUs}`);
  t.is(participant.lotsAt('buy', 100), 14);
});

test('requests keep their order whatever their latencies', (t) => {
  const { participant, steps } = seat([book, ...later], { latency: { medianUs: 1000, sigma: 3 } });
  for (let i = 1; i <= 50; i++) participant.submit(`A${i}`, 'buy', 90, 1);
  steps(100);
  t.deepEqual(
    participant.reports.map((r) => r.clOrdId),
    Array.from({ length: 50 }, (_, i) => `A${i + 1}`),
  );
});

test('reports come before the X of the same event', (t) => {
  const { participant, steps } = seat();
  participant.submit('A1', 'buy', 102, 4, { timeInForce: 'ioc' });
  participant.events.length = 0;
  steps(1);
  t.deepEqual(participant.events, ['8', '8', 'X', 'step 2']);
});

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

test('a subscription to an unknown symbol is refused by name', (t) => {
  const participant = new TestParticipant(twoInstruments, { symbols: ['AAA', 'ZZZ'] });
  seat(undefined, {}, participant);
  t.deepEqual(participant.others, [['Y', 'symbol ZZZ is not traded here']]);
  t.is(participant.books.size, 0);
});

test('a message that a venue does not take is refused, and the session lives', (t) => {
  const { participant } = seat();
  participant.session.send('B', (body) => body.text(148, 'news'));
  t.deepEqual(participant.others, [['j', 'message type B is not taken here']]);
  participant.session.send('D', (body) => body.text(11, 'A1'));
  t.is(participant.others[1]?.[0], '3');
  t.is(participant.session.state, 'active');
});

test('a venue that waits for its participant cannot be stepped', (t) => {
  const venue = new VenueServer({ market: handMadeMarket([book, ...later]), seed: 1 });
  const [left, right] = memoryTransportPair();
  venue.attach(right);
  const participant = new TestParticipant(twoInstruments);
  participant.attach({
    ...left,
    send: (bytes) => holdHeartbeats(left.send.bind(left), bytes),
    onData: left.onData.bind(left),
    onClose: left.onClose.bind(left),
    close: left.close.bind(left),
  });
  t.true(venue.waiting);
  t.throws(() => venue.step(), { message: /before the participant answered step 0/ });
});

function holdHeartbeats(send: (bytes: Uint8Array) => void, bytes: Uint8Array): void {
  if (!Buffer.from(bytes).toString('latin1').includes('\x0135=0\x01')) send(bytes);
}

test('at the end of the market the participant is told, has time to get flat, and then it is done', (t) => {
  const messages: HandMadeMessage[] = [book, { timeUs: 1.3e6, entries: [['ask', 110, 1]] }];
  const { venue, participant, steps } = seat(messages, { closingSteps: 20 });
  participant.submit('A1', 'buy', 102, 5);
  steps(2);
  t.deepEqual(participant.others, [['h', 'the market is over']]);
  t.false(venue.done);
  participant.submit('A2', 'sell', 100, 5, { timeInForce: 'ioc' });
  steps(1);
  t.is(participant.said().at(-1), 'F/2 A2 5@100');
  t.true(venue.done);
});

test('a participant that does not get flat has its closing steps and no more', (t) => {
  const { venue, participant } = seat([book], { closingSteps: 20 });
  participant.submit('A1', 'buy', 102, 5);
  while (!venue.done) venue.step();
  t.is(venue.steps, 21);
  t.is(venue.positionLots(0), 5);
});

test('a venue may close before its market ends', (t) => {
  for (const end of [{ endStep: 12 }, { endUs: 2.15e6 }]) {
    const { venue } = seat([book, ...later], end);
    while (!venue.done) venue.step();
    t.is(venue.steps, 12);
  }
});

test('what happens while the participant is away is told when it is back', (t) => {
  const state = new MemoryVenueState();
  const participant = new TestParticipant(twoInstruments);
  const { venue, steps } = seat(
    [book, { timeUs: 1.55e6, entries: [['sold', 101, 9]] }, ...later],
    { state },
    participant,
  );
  participant.submit('A1', 'buy', 101, 4);
  steps(1);
  venue.drop();
  t.is(participant.session.state, 'disconnected');
  t.false(venue.connected);
  steps(5);
  t.deepEqual(participant.said(), ['0/0 A1']);
  participant.books.clear();
  connect(venue, participant);
  t.deepEqual(participant.said(), ['0/0 A1', 'F/2 A1 4@101']);
  t.true(participant.reports[1]?.possDup);
  steps(10);
  t.deepEqual(participant.problems, []);
  t.is(participant.best('sell'), 102);
});

test('open orders outlive a connection, unless the venue cancels on disconnect', (t) => {
  for (const cancelOnDisconnect of [false, true]) {
    const { venue, participant, steps } = seat(undefined, { cancelOnDisconnect });
    participant.submit('A1', 'buy', 100, 4);
    steps(1);
    venue.drop();
    steps(1);
    t.is(venue.openOrders, cancelOnDisconnect ? 0 : 1);
    participant.books.clear();
    connect(venue, participant);
    t.deepEqual(participant.said(), cancelOnDisconnect ? ['0/0 A1', '4/4 A1'] : ['0/0 A1']);
  }
});

test('a second connection is refused while the first lives', (t) => {
  const { venue } = seat();
  t.false(venue.free);
  t.throws(() => venue.attach(memoryTransportPair()[0]), { message: /one at a time is allowed/ });
});

test('stop logs the participant out', (t) => {
  const { venue, participant } = seat();
  venue.stop('the venue is stopping');
  t.is(participant.loggedOut, 'the peer logged out: the venue is stopping');
  t.true(venue.free);
});

test('the same seed and participant give the same bytes, another seed others', (t) => {
  const digests = [1, 1, 2].map((seed) => {
    const { participant, steps } = seat(undefined, { seed });
    participant.onStep = (id) => participant.submit(`A${id}`, 'buy', 90 + (Number(id) % 3), 1);
    steps(20);
    return participant.receivedDigest();
  });
  t.is(digests[0], digests[1]);
  t.not(digests[0], digests[2]);
});

test('a participant that was killed before its last messages left is served after its next logon', (t) => {
  const store = new MemorySessionStore();
  const participant = new TestParticipant(twoInstruments, { store });
  const { venue, steps } = seat(undefined, {}, participant);
  steps(2);
  venue.drop();
  store.setNextOutbound(store.nextOutbound() + 3); // recorded, and lost on the way
  participant.books.clear();
  connect(venue, participant);
  t.is(participant.best('buy'), 100);
  steps(20);
  t.is(participant.lotsAt('sell', 110), 2);
  t.deepEqual(participant.problems, []);
});
