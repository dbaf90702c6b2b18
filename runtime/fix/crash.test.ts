import test from 'ava';
import fc from 'fast-check';
import { SimulatedClock } from '../clock.ts';
import { memoryTransportPair } from './memory-transport.ts';
import { Session } from './session.ts';
import type { SessionHandler } from './session-handler.ts';
import type { SessionStore } from './session-store.ts';
import { INSTRUMENTS } from './testing.ts';
import type { Transport } from './transport.ts';

class Crash extends Error {}

interface State {
  nextInbound: number;
  nextOutbound: number;
  sent: Map<number, Uint8Array>;
  /** Business effects, stored in the same transaction as the numbers: reports issued, or messages taken in. */
  issued: number;
  taken: number[];
}

/** A database that dies: every call of it counts down a fuse, and what was not committed is gone. */
class CrashingStore implements SessionStore {
  fuse = Number.POSITIVE_INFINITY;
  #durable: State = { nextInbound: 1, nextOutbound: 1, sent: new Map(), issued: 0, taken: [] };
  #working: State | undefined;

  get state(): State {
    return this.#working ?? this.#durable;
  }

  nextInbound(): number {
    this.burn();
    return this.state.nextInbound;
  }
  nextOutbound(): number {
    this.burn();
    return this.state.nextOutbound;
  }
  setNextInbound(seqNum: number): void {
    this.burn();
    this.#writable().nextInbound = seqNum;
  }
  setNextOutbound(seqNum: number): void {
    this.burn();
    this.#writable().nextOutbound = seqNum;
  }
  recordOutbound(seqNum: number, bytes: Uint8Array | undefined): void {
    this.burn();
    if (bytes !== undefined) this.#writable().sent.set(seqNum, Uint8Array.from(bytes));
    this.#writable().nextOutbound = seqNum + 1;
  }
  *outbound(from: number, to: number): Iterable<{ seqNum: number; bytes: Uint8Array }> {
    this.burn();
    for (const [seqNum, bytes] of this.state.sent) if (seqNum >= from && seqNum <= to) yield { seqNum, bytes };
  }
  transaction<T>(work: () => T): T {
    this.burn();
    this.#working = structuredClone(this.#durable);
    try {
      const result = work();
      this.burn();
      this.#durable = this.#working;
      this.burn();
      return result;
    } finally {
      this.#working = undefined;
    }
  }
  issue(): number {
    return ++this.#writable().issued;
  }
  take(n: number): void {
    this.#writable().taken.push(n);
  }

  burn(): void {
    if (--this.fuse < 0) throw new Crash('killed');
  }

  #writable(): State {
    if (this.#working === undefined) throw new Error('a write outside a transaction');
    return this.#working;
  }
}

/** One process with its database: it dies at any store call and comes back with what was committed. */
class Process {
  readonly store = new CrashingStore();
  readonly #role: 'initiator' | 'acceptor';
  readonly #clock: SimulatedClock;
  session: Session;

  constructor(role: 'initiator' | 'acceptor', clock: SimulatedClock) {
    this.#role = role;
    this.#clock = clock;
    this.session = this.#start();
  }

  restart(): void {
    this.store.fuse = Number.POSITIVE_INFINITY;
    this.session = this.#start();
  }

  #start(): Session {
    const isInitiator = this.#role === 'initiator';
    const handler: SessionHandler = {
      onLogon: () => undefined,
      onLogout: () => undefined,
      onMarketData: () => undefined,
      onTestRequest: () => undefined,
      onHeartbeat: () => undefined,
      onDecodeError: (error) => {
        throw new Error(`decode error ${error.kind}`);
      },
      onMessage: (m) => {
        if (m.msgType === '3') throw new Error(`rejected: ${m.text(58)}`);
        this.store.take(Number(m.text(58)));
      },
    };
    return new Session(
      {
        role: this.#role,
        beginString: 'FIX.4.4',
        senderCompId: isInitiator ? 'EMP' : 'SIM',
        targetCompId: isInitiator ? 'SIM' : 'EMP',
        heartbeatSeconds: 30,
        store: this.store,
        clock: this.#clock,
        instruments: INSTRUMENTS,
        replayable: (msgType) => msgType === '8',
      },
      handler,
    );
  }

  issue(msgType: string): void {
    this.session.batch(() => {
      const id = this.store.issue();
      this.session.send(msgType, (body) => body.text(58, `${id}`));
    });
  }
}

/** One process does not feel the other's death, in memory as over a network. */
function outlive(act: () => void): void {
  try {
    act();
  } catch (error) {
    const all = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
    for (const one of all) if (!(one instanceof Crash)) throw one;
  }
}

/** Remembers which first-time message left under which number: no number may carry two. */
function watched(transport: Transport, seen: Map<string, string>, reused: string[]): Transport {
  return {
    ...transport,
    onData: (listener) => transport.onData(listener),
    onClose: (listener) => transport.onClose(listener),
    close: () => transport.close(),
    send: (bytes) => {
      const text = Buffer.from(bytes).toString('latin1').replaceAll('\x01', '|');
      for (const message of text.split(/(?<=\|10=\d{3}\|)/)) {
        if (message.includes('|43=Y|')) continue;
        const seqNum = /\|34=(\d+)\|/.exec(message)?.[1] as string;
        if (seen.has(seqNum)) reused.push(`${seen.get(seqNum)} and ${message}`);
        seen.set(seqNum, message);
      }
      outlive(() => transport.send(bytes));
    },
  };
}

type Step = 'report' | 'order' | 'reconnect' | { readonly kill: 'EMP' | 'SIM'; readonly after: number };

function run(steps: readonly Step[]): {
  reports: number[];
  orders: number[];
  issued: number;
  deaths: number;
  problems: string[];
} {
  const clock = new SimulatedClock(Date.UTC(2026, 0, 2) * 1000);
  const emp = new Process('initiator', clock);
  const sim = new Process('acceptor', clock);
  const [fromEmp, fromSim] = [new Map<string, string>(), new Map<string, string>()];
  const problems: string[] = [];
  let deaths = 0;
  let ends: [Transport, Transport] | undefined;

  /** Runs one act; whoever dies in it is started again, and the connection is gone for both. */
  const survive = (act: () => void): void => {
    outlive(act);
    const dead = [emp, sim].filter((process) => process.store.fuse < 0);
    if (dead.length === 0) return;
    deaths += dead.length;
    for (const process of dead) process.restart();
    const [left, right] = ends ?? [];
    ends = undefined;
    survive(() => left?.close());
    survive(() => right?.close());
  };
  const connect = (): void => {
    if (emp.session.state !== 'disconnected' || sim.session.state !== 'disconnected') return;
    const [left, right] = memoryTransportPair();
    ends = [left, right];
    survive(() => sim.session.attach(watched(right, fromSim, problems)));
    if (ends !== undefined) survive(() => emp.session.attach(watched(left, fromEmp, problems)));
  };

  connect();
  for (const step of steps) {
    if (typeof step === 'object') (step.kill === 'EMP' ? emp : sim).store.fuse = step.after;
    else if (step === 'report') survive(() => sim.issue('8'));
    else if (step === 'reconnect') connect();
    else if (emp.session.state === 'active') survive(() => emp.issue('D'));
    clock.advanceTo(clock.nowUs() + 1000);
  }
  for (const process of [emp, sim]) process.store.fuse = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) connect();
  survive(() => sim.issue('8'));
  survive(() => emp.issue('D'));
  if (emp.store.state.nextInbound !== sim.store.state.nextOutbound) problems.push('EMP and SIM disagree on numbers');
  if (sim.store.state.nextInbound !== emp.store.state.nextOutbound) problems.push('SIM and EMP disagree on numbers');
  return {
    reports: emp.store.state.taken,
    orders: sim.store.state.taken,
    issued: sim.store.state.issued,
    deaths,
    problems,
  };
}

const step = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom<Step>('report', 'order') },
  { weight: 3, arbitrary: fc.constant<Step>('reconnect') },
  {
    weight: 2,
    arbitrary: fc.record({
      kill: fc.constantFrom<'EMP' | 'SIM'>('EMP', 'SIM'),
      after: fc.integer({ min: 0, max: 25 }),
    }),
  },
);

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

test('killed at any store call, both sides come back to every report once and no number twice', (t) => {
  let deaths = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }), (steps) => {
      const outcome = run(steps);
      t.deepEqual(outcome.problems, []);
      t.deepEqual(outcome.reports, upTo(outcome.issued));
      const { orders } = outcome;
      t.deepEqual(
        orders,
        [...new Set(orders)].sort((a, b) => a - b),
        'orders come once and in order',
      );
      deaths += outcome.deaths;
    }),
    { numRuns: 1000 },
  );
  t.log(`${deaths} deaths`);
  t.true(deaths > 1000);
});

test('each single store call of one conversation', (t) => {
  const conversation: Step[] = ['report', 'order', 'report', 'reconnect', 'report', 'order', 'reconnect', 'order'];
  let deaths = 0;
  for (const kill of ['EMP', 'SIM'] as const) {
    for (let after = 0; after < 60; after++) {
      const outcome = run([{ kill, after }, ...conversation]);
      t.deepEqual(outcome.problems, []);
      t.deepEqual(outcome.reports, upTo(outcome.issued));
      deaths += outcome.deaths;
    }
  }
  t.log(`${deaths} deaths`);
  t.true(deaths > 30);
});
