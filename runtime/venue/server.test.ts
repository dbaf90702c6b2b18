import test from 'ava';
import { memoryTransportPair } from '../fix/memory-transport.ts';
import { MemorySessionStore } from '../fix/session-store.ts';
import { type HandMadeMessage, handMadeMarket, twoInstruments } from './hand-made-log.ts';
import { book, connect, later, seat } from './seat.ts';
import { VenueServer } from './server.ts';
import { TestParticipant } from './test-participant.ts';
import { MemoryVenueState } from './venue-state.ts';

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
