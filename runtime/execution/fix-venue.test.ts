import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { SimulatedClock, sleepMs } from '../clock.ts';
import { memoryTransportPair } from '../fix/memory-transport.ts';
import { Session } from '../fix/session.ts';
import { MemorySessionStore } from '../fix/session-store.ts';
import { connectTcp, listenTcp } from '../fix/tcp-transport.ts';
import type { Transport } from '../fix/transport.ts';
import type { Journal } from '../journal/journal.ts';
import { SqliteJournal } from '../journal/sqlite-journal.ts';
import type { Anomaly } from './anomaly.ts';
import { Execution } from './execution.ts';
import { FakeAcceptor } from './fake-acceptor.ts';
import { FakeExchange } from './fake-exchange.ts';
import { FixVenue } from './fix-venue.ts';
import type { FlattenOutcome } from './flatten.ts';
import { instruments } from './test-account.ts';

/** The initiator's side as a runtime has it: session, venue and execution on one journal. */
class Trader {
  readonly session: Session;
  readonly venue: FixVenue;
  readonly execution: Execution;
  readonly anomalies: Anomaly[] = [];
  readonly unread: string[] = [];

  constructor(journal: Journal, clock: SimulatedClock) {
    const session = new Session(
      {
        role: 'initiator',
        beginString: 'FIX.4.4',
        senderCompId: 'EMP',
        targetCompId: 'EMPSIM',
        heartbeatSeconds: 30,
        store: journal,
        clock,
        instruments,
        replayable: () => false,
      },
      {
        onLogon: () => this.execution.onSessionUp(),
        onLogout: () => this.execution.onSessionDown(),
        onMarketData: () => {},
        onTestRequest: () => {},
        onHeartbeat: () => {},
        onDecodeError: () => {},
        onMessage: (message) => {
          if (!venue.read(message, this.execution)) this.unread.push(message.msgType);
        },
      },
    );
    const venue = new FixVenue(session, instruments, clock);
    this.session = session;
    this.venue = venue;
    this.execution = new Execution({
      venue,
      journal,
      clock,
      instruments,
      midHalfTicks: () => 201,
      onFill: () => {},
      onAnomaly: (anomaly) => this.anomalies.push(anomaly),
    });
    this.execution.recover();
  }

  place(side: 'buy' | 'sell', quantityLots: number, timeInForce: 'day' | 'ioc' = 'day'): string {
    const priceTicks = side === 'buy' ? 100 : 101;
    return this.execution.place(1, { symbolId: 0, side, priceTicks, quantityLots, timeInForce, postOnly: false });
  }
}

const PLACED = {
  symbolId: 0,
  side: 'buy',
  priceTicks: 100,
  quantityLots: 10,
  timeInForce: 'day',
  postOnly: false,
} as const;

class World {
  readonly clock = new SimulatedClock(1_700_000_000_000_000);
  readonly exchange = new FakeExchange(instruments, (order) => (order.timeInForce === 'ioc' ? order.quantityLots : 0));
  readonly acceptor = new FakeAcceptor(this.exchange, instruments, this.clock, new MemorySessionStore());
  readonly journal: SqliteJournal;

  constructor(t: ExecutionContext) {
    const folder = mkdtempSync(path.join(tmpdir(), 'emp-fix-venue-'));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    this.journal = new SqliteJournal(path.join(folder, 'journal.sqlite'));
  }
}

/** The whole conversation; `settle` waits until both sides have nothing left to say. */
async function converse(
  t: ExecutionContext,
  world: World,
  ours: Transport,
  settle: () => Promise<void>,
): Promise<void> {
  const { exchange, acceptor, journal } = world;
  const trader = new Trader(journal, world.clock);
  trader.session.attach(ours);
  await settle();
  t.true(trader.execution.positionKnown);

  const clOrdId = trader.place('buy', 10);
  await settle();
  t.is(trader.execution.order(clOrdId)?.status, 'new');
  exchange.fill(exchange.open[0], 4);
  acceptor.say();
  trader.execution.replace(clOrdId, 99, 12);
  await settle();
  t.is(trader.execution.order(clOrdId)?.status, 'partiallyFilled');
  t.is(trader.execution.restingLots(0, 'buy', 99), 8);
  t.is(trader.execution.positionLots(0), 4);
  exchange.bust(exchange.open[0], exchange.executions[0].execId);
  trader.execution.cancel(clOrdId);
  await settle();
  t.is(trader.execution.order(clOrdId)?.status, 'canceled');
  trader.place('sell', 7, 'ioc');
  trader.place('buy', 2);
  await settle();
  t.is(trader.execution.openOrders, 1);

  let outcome: FlattenOutcome | undefined;
  trader.execution.flatten({
    reason: 'test',
    deadlineUs: 1e6,
    touchTicks: () => 100,
    onDone: (done) => (outcome = done),
  });
  await settle();
  t.like(outcome, { outcome: 'flat' });
  t.deepEqual(exchange.open, []);
  t.deepEqual(trader.unread, []);
}

test('over a transport in memory', async (t) => {
  const world = new World(t);
  const [ours, theirs] = memoryTransportPair();
  world.acceptor.attach(theirs);
  await converse(t, world, ours, () => Promise.resolve());
});

test('over TCP', async (t) => {
  const world = new World(t);
  const server = await listenTcp({
    host: '127.0.0.1',
    port: 0,
    onConnection: (theirs) => world.acceptor.attach(theirs),
  });
  const ours = await connectTcp({ host: '127.0.0.1', port: server.port, timeoutSeconds: 5 });
  t.teardown(async () => {
    ours.close();
    await server.close();
  });
  let quiet = 0;
  await converse(t, world, ours, async () => {
    for (let seen = -1; quiet < 3; ) {
      await sleepMs(10);
      const now = world.journal.nextInbound() + world.journal.nextOutbound() + world.exchange.messages.length;
      quiet = now === seen ? quiet + 1 : 0;
      seen = now;
    }
    quiet = 0;
  });
});

test('a process that dies and starts again on its journal finds what was filled meanwhile', (t) => {
  const world = new World(t);
  const [ours, theirs] = memoryTransportPair();
  world.acceptor.attach(theirs);
  const first = new Trader(world.journal, world.clock);
  first.session.attach(ours);
  const [kept, filled] = [first.place('buy', 10), first.place('buy', 5)];
  ours.close();
  world.exchange.fill(world.exchange.open[1], 5);
  world.exchange.fill(world.exchange.open[0], 1);
  world.acceptor.say();
  world.journal.close();

  const journal = new SqliteJournal(world.journal.file);
  const second = new Trader(journal, world.clock);
  t.is(second.execution.positionLots(0), 0);
  const [again, theirsAgain] = memoryTransportPair();
  world.acceptor.attach(theirsAgain);
  second.session.attach(again);
  t.is(second.execution.positionLots(0), 6);
  t.is(second.execution.order(filled)?.status, 'filled');
  t.is(second.execution.order(kept)?.status, 'partiallyFilled');
  t.true(second.execution.positionKnown);
  t.deepEqual(second.anomalies, []);
  t.is([...journal.records(0, ['fill'])].length, 2);
  journal.close();
});

test('a Reject (3) of an order rejects it; one of anything else is not ours to read', (t) => {
  const world = new World(t);
  const [ours, theirs] = memoryTransportPair();
  world.acceptor.attach(theirs);
  const trader = new Trader(world.journal, world.clock);
  trader.session.attach(ours);
  const before = world.journal.nextOutbound();
  world.exchange.handle = () => {};
  const clOrdId = trader.place('buy', 10);
  const reject = (refSeqNum: number, refMsgType: string) =>
    world.acceptor.session.send('3', (body) => body.integer(45, refSeqNum).text(372, refMsgType).text(58, 'planned'));
  reject(before, 'D');
  t.is(trader.execution.order(clOrdId)?.status, 'rejected');
  t.like(trader.anomalies, [{ kind: 'REQUEST_REFUSED', clOrdId, detail: '35=D: planned' }]);
  reject(1, 'V');
  t.deepEqual(trader.unread, ['3']);
});

test('a j that names the order rejects it; a refusal of nobody knows what casts doubt until the venue has told', (t) => {
  const world = new World(t);
  const [ours, theirs] = memoryTransportPair();
  world.acceptor.attach(theirs);
  const trader = new Trader(world.journal, world.clock);
  trader.session.attach(ours);
  world.exchange.handle = () => {};
  const clOrdId = trader.place('buy', 10);
  const { session } = world.acceptor;
  session.send('j', (body) => body.text(372, 'D').text(379, clOrdId).integer(380, 4));
  t.is(trader.execution.order(clOrdId)?.status, 'rejected');
  t.is(trader.anomalies[0]?.detail, '35=D: application not available');
  t.is(trader.execution.openOrders, 0);
  session.send('3', (body) => body.integer(45, 4000));
  t.like(trader.anomalies[1], { kind: 'REQUEST_REFUSED', clOrdId: '', detail: '35=: no reason given' });
  t.false(trader.execution.positionKnown);
  t.deepEqual(trader.unread, []);
});

test('a status that was asked for is a report like any other', (t) => {
  const world = new World(t);
  const [ours, theirs] = memoryTransportPair();
  world.acceptor.attach(theirs);
  const trader = new Trader(world.journal, world.clock);
  trader.session.attach(ours);
  world.exchange.handle = () => {};
  const clOrdId = trader.place('buy', 10);
  trader.venue.orderStatus({ ...PLACED, clOrdId }, undefined, 'EMP-Q');
  world.acceptor.session.send('8', (body) =>
    body
      .text(37, 'V-1')
      .text(11, clOrdId)
      .text(17, 'X-1')
      .text(150, 'I')
      .text(39, '0')
      .text(55, 'AAA')
      .text(54, '1')
      .text(38, '10')
      .text(151, '10')
      .text(14, '0')
      .text(790, 'EMP-Q'),
  );
  t.is(trader.execution.order(clOrdId)?.status, 'new');
  t.deepEqual(trader.anomalies, []);
});

test('a report that cannot be read casts doubt', (t) => {
  const world = new World(t);
  const [ours, theirs] = memoryTransportPair();
  world.acceptor.attach(theirs);
  const trader = new Trader(world.journal, world.clock);
  trader.session.attach(ours);
  t.true(trader.execution.positionKnown);
  world.exchange.handle = () => {};
  world.acceptor.session.send('8', (body) => body.text(37, 'V-1').text(17, 'X-1').text(150, 'F').text(39, '2'));
  t.is(trader.anomalies[0].kind, 'MALFORMED_REPORT');
  t.false(trader.execution.positionKnown);
});
