import test from 'ava';
import { sleepMs, stopwatchNs } from '../clock.ts';
import { memoryTransportPair } from '../fix/memory-transport.ts';
import type { Transport } from '../fix/transport.ts';
import { type HandMadeMessage, handMadeMarket, twoInstruments } from './hand-made-log.ts';
import { runPaced } from './paced.ts';
import { VenueServer } from './server.ts';
import { TestParticipant } from './test-participant.ts';

/** Ten seconds, a hundred steps. */
const messages: HandMadeMessage[] = Array.from({ length: 11 }, (_, i) => ({
  timeUs: i * 1e6,
  snapshot: i === 0,
  entries: [
    ['bid', 100, i + 1],
    ['ask', 102, 10],
  ],
}));

function open() {
  const venue = new VenueServer({ market: handMadeMarket(messages), seed: 1 });
  const participant = new TestParticipant(twoInstruments);
  return { venue, participant, stop: new AbortController() };
}

function connect(
  venue: VenueServer,
  participant: TestParticipant,
  spoil: (transport: Transport) => Transport = (x) => x,
) {
  const [left, right] = memoryTransportPair();
  venue.attach(right);
  participant.books.clear();
  participant.attach(spoil(left));
}

/** A participant that stops answering, as a hung process does. */
function silentAfter(sends: number): (transport: Transport) => Transport {
  return (transport) => ({
    send: (bytes) => {
      if (sends-- > 0) transport.send(bytes);
    },
    onData: (listener) => transport.onData(listener),
    onClose: (listener) => transport.onClose(listener),
    close: () => transport.close(),
  });
}

for (const speed of ['max', 1000] as const) {
  test(`at speed ${speed} nothing happens before the first logon`, async (t) => {
    const { venue, participant, stop } = open();
    const running = runPaced(venue, { speed, signal: stop.signal, awayPatienceMs: 1 });
    await sleepMs(50);
    t.is(venue.steps, 0);
    connect(venue, participant);
    t.is(await running, 'ended');
    t.is(venue.steps, 100);
  });
}

test('at a numeric speed the market goes on without a participant that stays away', async (t) => {
  const { venue, participant, stop } = open();
  connect(venue, participant);
  participant.onStep = (id) => {
    if (id === '5') venue.drop();
  };
  t.is(await runPaced(venue, { speed: 1000, signal: stop.signal, awayPatienceMs: 20 }), 'ended');
});

test('at max the market waits for a participant that is away', async (t) => {
  const { venue, participant, stop } = open();
  connect(venue, participant);
  let asked = 0;
  participant.onStep = (id) => {
    if (id === '5' && asked++ === 0) venue.drop();
  };
  const running = runPaced(venue, { speed: 'max', signal: stop.signal, awayPatienceMs: 1 });
  await sleepMs(50);
  t.is(venue.steps, 5);
  connect(venue, participant);
  t.is(await running, 'ended');
});

test('at a numeric speed a participant that does not answer is dropped', async (t) => {
  const { venue, participant, stop } = open();
  connect(venue, participant, silentAfter(10));
  const options = { speed: 1000, signal: stop.signal, awayPatienceMs: 1, silencePatienceMs: 20 };
  t.is(await runPaced(venue, options), 'ended');
  t.false(venue.connected);
});

test('the signal stops it, whatever it waits for', async (t) => {
  const waits: ((venue: VenueServer, participant: TestParticipant) => void)[] = [
    () => undefined,
    (venue, participant) => connect(venue, participant, silentAfter(10)),
    (venue, participant) => connect(venue, participant),
  ];
  for (const [i, arrange] of waits.entries()) {
    const { venue, participant, stop } = open();
    arrange(venue, participant);
    const running = runPaced(venue, { speed: i === 2 ? 0.01 : 'max', signal: stop.signal });
    await sleepMs(20);
    stop.abort();
    t.is(await running, 'stopped');
  }
});

test('event time keeps to its speed', async (t) => {
  const { venue, participant, stop } = open();
  connect(venue, participant);
  const from = stopwatchNs();
  await runPaced(venue, { speed: 50, signal: stop.signal });
  const tookMs = (stopwatchNs() - from) / 1e6;
  t.true(tookMs > 190, `10 s at 50 times took ${tookMs} ms`);
});
