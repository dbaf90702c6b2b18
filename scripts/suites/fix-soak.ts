/**
 * Suite fix-soak: days of two sessions in simulated time, with connections cut at any byte, either process killed at any
 * call of its store, and both sequences reset at the end of each day. No number is lost or used twice: what one side
 * said, the other has acted on once, in order.
 */
import { type Clock, SimulatedClock, type Timer } from '../../runtime/clock.ts';
import { memoryTransportPair } from '../../runtime/fix/memory-transport.ts';
import type { FieldReader } from '../../runtime/fix/message.ts';
import { Session } from '../../runtime/fix/session.ts';
import type { SessionHandler } from '../../runtime/fix/session-handler.ts';
import { MemorySessionStore, type SessionStore } from '../../runtime/fix/session-store.ts';
import type { Transport } from '../../runtime/fix/transport.ts';
import { InstrumentTable } from '../../runtime/instrument.ts';
import { Random } from '../../runtime/random.ts';
import { hold, Suite } from './suite.ts';

const SEEDS = 4;
const DAY_US = 86_400_000_000;
const DAYS = 2;
const START_US = Date.UTC(2026, 0, 5) * 1000;

class Killed extends Error {}

/** What survives a process: numbers, sent messages, and what its owner had done. A transaction is whole or not at all. */
class Disk implements SessionStore {
  readonly heard: string[] = [];
  readonly said: string[] = [];
  /** Calls until the process dies in the middle of what it does. */
  fuse = Number.POSITIVE_INFINITY;
  #store = new MemorySessionStore();
  #sent = new Map<number, Uint8Array>();

  nextInbound = () => this.#burn(() => this.#store.nextInbound());
  nextOutbound = () => this.#burn(() => this.#store.nextOutbound());
  setNextInbound = (seqNum: number) => this.#burn(() => this.#store.setNextInbound(seqNum));
  setNextOutbound = (seqNum: number) =>
    this.#burn(() => {
      for (const sent of this.#sent.keys()) if (sent >= seqNum) this.#sent.delete(sent);
      this.#store.setNextOutbound(seqNum);
    });
  recordOutbound = (seqNum: number, bytes: Uint8Array | undefined) =>
    this.#burn(() => {
      if (bytes !== undefined) this.#sent.set(seqNum, Uint8Array.from(bytes));
      this.#store.recordOutbound(seqNum, bytes);
    });
  outbound = (from: number, to: number) => this.#burn(() => this.#store.outbound(from, to));

  transaction<T>(work: () => T): T {
    const before = {
      inbound: this.#store.nextInbound(),
      outbound: this.#store.nextOutbound(),
      sent: new Map(this.#sent),
      heard: this.heard.length,
      said: this.said.length,
    };
    try {
      const result = work();
      this.#burn(() => undefined);
      return result;
    } catch (error) {
      this.#store = new MemorySessionStore();
      for (const [seqNum, bytes] of before.sent) this.#store.recordOutbound(seqNum, bytes);
      this.#store.setNextOutbound(before.outbound);
      this.#store.setNextInbound(before.inbound);
      this.#sent = before.sent;
      this.heard.length = before.heard;
      this.said.length = before.said;
      throw error;
    }
  }

  #burn<T>(work: () => T): T {
    if (--this.fuse < 0) throw new Killed('killed');
    return work();
  }
}

/** A connection that ends after so many bytes, in the middle of whatever was under way. */
class Cut implements Transport {
  readonly #transport: Transport;
  #left: number;

  constructor(transport: Transport, bytes: number) {
    this.#transport = transport;
    this.#left = bytes;
  }
  send(bytes: Uint8Array): void {
    const sent = Math.min(bytes.length, this.#left);
    this.#left -= sent;
    if (sent > 0) this.#transport.send(bytes.subarray(0, sent));
    if (sent < bytes.length) this.#transport.close();
  }
  onData(listener: (chunk: Uint8Array) => void): void {
    this.#transport.onData(listener);
  }
  onClose(listener: (error?: Error) => void): void {
    this.#transport.onClose(listener);
  }
  close(): void {
    this.#transport.close();
  }
}

/** One side: a process that can be killed, on a disk that stays. */
class Side {
  readonly disk = new Disk();
  readonly #role: 'initiator' | 'acceptor';
  readonly #clock: Clock;
  #alive = { is: true };
  session: Session;

  constructor(role: 'initiator' | 'acceptor', clock: Clock) {
    this.#role = role;
    this.#clock = clock;
    this.session = this.start(false);
  }

  /** A new process on the same disk. */
  start(resets: boolean): Session {
    this.#alive.is = false;
    const alive = { is: true };
    this.#alive = alive;
    this.disk.fuse = Number.POSITIVE_INFINITY;
    const clock: Clock = {
      nowUs: () => this.#clock.nowUs(),
      after: (delayUs, fire): Timer => this.#clock.after(delayUs, () => alive.is && fire()),
    };
    const isInitiator = this.#role === 'initiator';
    const handler: SessionHandler = {
      onMessage: (message: FieldReader) => {
        const text = message.text(58);
        if (text !== undefined && message.msgType === 'B') this.disk.heard.push(text);
      },
      onLogon: () => undefined,
      onLogout: () => undefined,
      onMarketData: () => undefined,
      onTestRequest: () => undefined,
      onHeartbeat: () => undefined,
      onDecodeError: () => undefined,
    };
    this.session = new Session(
      {
        role: this.#role,
        beginString: 'FIX.4.4',
        senderCompId: isInitiator ? 'ONE' : 'TWO',
        targetCompId: isInitiator ? 'TWO' : 'ONE',
        heartbeatSeconds: 30,
        store: this.disk,
        clock,
        instruments: new InstrumentTable([]),
        replayable: (msgType) => msgType === 'B',
        ...(isInitiator && resets ? { resetOnLogon: true } : {}),
      },
      handler,
    );
    return this.session;
  }

  /** Says something new, and remembers it with the number that it took. */
  say(text: string): void {
    this.session.batch(() => {
      this.session.send('B', (body) => body.text(148, 'H').text(58, text));
      this.disk.said.push(text);
    });
  }
}

interface Tally {
  messages: number;
  connections: number;
  cuts: number;
  kills: number;
  resets: number;
}

class Soak {
  readonly #clock = new SimulatedClock(START_US);
  readonly #random: Random;
  readonly #one = new Side('initiator', this.#clock);
  readonly #two = new Side('acceptor', this.#clock);
  readonly tally: Tally = { messages: 0, connections: 0, cuts: 0, kills: 0, resets: 0 };

  constructor(seed: number) {
    this.#random = Random.of(seed, 'suite', 'fix-soak');
  }

  run(): void {
    for (let day = 0; day < DAYS; day++) {
      if (day > 0) this.#resetDay();
      const endUs = START_US + (day + 1) * DAY_US;
      while (this.#clock.nowUs() < endUs - 600_000_000) this.#step();
      this.#settle();
      this.#compare(day);
    }
  }

  #step(): void {
    const random = this.#random;
    if (!this.#isUp()) this.#connect(random.bernoulli(0.5) ? random.integer(4_000) : Number.POSITIVE_INFINITY);
    const side = random.bernoulli(0.5) ? this.#one : this.#two;
    if (random.bernoulli(0.1)) side.disk.fuse = random.integer(30);
    const talks = random.integer(6);
    for (let i = 0; i < talks; i++)
      this.#dare(() => (random.bernoulli(0.5) ? this.#one : this.#two).say(`m${++this.tally.messages}`));
    this.#dare(() => this.#clock.advanceTo(this.#clock.nowUs() + 1_000_000 * (1 + random.integer(120))));
    if (random.bernoulli(0.02)) this.#dare(() => side.session.logout());
  }

  #isUp(): boolean {
    return this.#one.session.state !== 'disconnected' || this.#two.session.state !== 'disconnected';
  }

  #connect(bytes: number): void {
    this.tally.connections++;
    if (Number.isFinite(bytes)) this.tally.cuts++;
    const [left, right] = memoryTransportPair();
    const cutLeft = this.#random.bernoulli(0.5);
    this.#dare(() => this.#two.session.attach(cutLeft ? right : new Cut(right, bytes)));
    this.#dare(() => this.#one.session.attach(cutLeft ? new Cut(left, bytes) : left));
  }

  /** What may kill a process: then another takes its place, and the connection is gone. */
  #dare(work: () => void): void {
    try {
      work();
    } catch (error) {
      const errors = error instanceof AggregateError ? error.errors : [error];
      if (!errors.every((one) => one instanceof Killed)) throw error;
      this.tally.kills++;
      for (const side of [this.#one, this.#two]) if (side.disk.fuse < 0) this.#restart(side);
    }
  }

  #restart(side: Side): void {
    const other = side === this.#one ? this.#two : this.#one;
    side.start(false);
    if (other.session.state !== 'disconnected') this.#dare(() => other.session.logout());
    this.#dare(() => this.#clock.advanceTo(this.#clock.nowUs() + 70_000_000));
  }

  /** A calm end of the day: connected without a cut until everything is said. */
  #settle(): void {
    for (const side of [this.#one, this.#two]) side.disk.fuse = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 40 && !this.#isSettled(); i++) {
      if (!this.#isUp()) this.#connect(Number.POSITIVE_INFINITY);
      this.#clock.advanceTo(this.#clock.nowUs() + 31_000_000);
    }
  }

  #isSettled(): boolean {
    return (
      this.#one.disk.heard.length >= this.#two.disk.said.length &&
      this.#two.disk.heard.length >= this.#one.disk.said.length
    );
  }

  #compare(day: number): void {
    for (const [speaker, listener, name] of [
      [this.#one, this.#two, 'initiator'],
      [this.#two, this.#one, 'acceptor'],
    ] as const) {
      const { said } = speaker.disk;
      const { heard } = listener.disk;
      let at = 0;
      while (at < said.length && said[at] === heard[at]) at++;
      hold(
        at === said.length && heard.length === said.length,
        `day ${day}, of the ${name}: ${said.length} said, ${heard.length} heard; first apart at ${at}: ${said[at]} / ${heard[at]}`,
      );
    }
  }

  #resetDay(): void {
    this.tally.resets++;
    this.#dare(() => this.#one.session.logout());
    this.#clock.advanceTo(this.#clock.nowUs() + 700_000_000);
    for (const side of [this.#one, this.#two]) {
      side.disk.said.length = 0;
      side.disk.heard.length = 0;
    }
    this.#one.start(true);
    this.#two.start(false);
    this.#connect(Number.POSITIVE_INFINITY);
    hold(this.#one.session.state === 'active', 'the reset Logon was not taken');
    hold(this.#one.disk.nextOutbound() === 2 && this.#two.disk.nextInbound() === 2, 'the sequences do not begin anew');
    this.#dare(() => this.#one.session.logout());
    this.#one.start(false);
  }
}

const suite = new Suite(process.argv[2]);
for (let seed = 1; seed <= SEEDS; seed++) {
  await suite.check(`seed ${seed}: ${DAYS} days`, () => {
    const soak = new Soak(seed);
    soak.run();
    console.log(`        ${JSON.stringify(soak.tally)}`);
    const { messages, cuts, kills, resets } = soak.tally;
    hold(messages > 1_000 && cuts > 50 && kills > 50 && resets === DAYS - 1, 'too little happened to show anything');
  });
}
process.exitCode = suite.end();
