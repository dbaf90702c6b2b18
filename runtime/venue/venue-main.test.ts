import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import test, { type ExecutionContext } from 'ava';
import { sleepMs, stopwatchNs } from '../clock.ts';
import { memoryTransportPair } from '../fix/memory-transport.ts';
import { connectTcp } from '../fix/tcp-transport.ts';
import { InstrumentTable } from '../instrument.ts';
import { profiles } from '../sim/profiles.ts';
import { VenueServer, venueIdentity } from './server.ts';
import { SIMULATED_START_US, simulatedMarket } from './simulated-market.ts';
import { SqliteVenueState } from './sqlite-venue-state.ts';
import { TestParticipant } from './test-participant.ts';

const instruments = new InstrumentTable(profiles.map((profile) => profile.instrument));
const main = path.join(import.meta.dirname, 'venue-main.ts');

interface VenueEvent {
  readonly event: string;
  readonly port?: number;
  readonly step?: number;
}

interface RunningVenue {
  readonly child: ChildProcess;
  readonly events: VenueEvent[];
  readonly port: number;
  /** Resolves with the exit code; null after a signal. */
  readonly exit: Promise<number | null>;
}

function start(t: ExecutionContext, ...flags: string[]): ChildProcess {
  const child = spawn(process.execPath, [main, '--json', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  t.teardown(() => child.kill('SIGKILL'));
  return child;
}

async function run(t: ExecutionContext, ...flags: string[]): Promise<RunningVenue> {
  const child = start(t, ...flags);
  const events: VenueEvent[] = [];
  const exit = once(child, 'close').then(([code]) => code as number | null);
  const lines = readline.createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const listening = new Promise<number>((resolve, reject) => {
    lines.on('line', (line) => {
      const event = JSON.parse(line) as VenueEvent;
      events.push(event);
      if (event.event === 'listening') resolve(event.port as number);
    });
    void exit.then((code) => reject(new Error(`the venue ended with ${code}`)));
  });
  return { child, events, port: await listening, exit };
}

async function refused(t: ExecutionContext, ...flags: string[]): Promise<{ code: number; text: string }> {
  const child = start(t, ...flags);
  let text = '';
  child.stderr?.on('data', (chunk) => {
    text += chunk;
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, text };
}

function folder(t: ExecutionContext): string {
  const made = mkdtempSync(path.join(tmpdir(), 'emp-venue-'));
  t.teardown(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** Buys and sells in turn, every third step. */
function trader(): TestParticipant {
  const participant = new TestParticipant(instruments, { startUs: SIMULATED_START_US });
  let last = '';
  participant.onStep = (id) => {
    const step = Number(id);
    if (id === last || step % 3 !== 0 || step === 0) return;
    last = id;
    const side = step % 2 === 0 ? 'buy' : 'sell';
    const through = side === 'buy' ? participant.best('sell') + 1 : participant.best('buy') - 1;
    participant.submit(`T${id}`, side, through, 3, { timeInForce: 'ioc' });
  };
  return participant;
}

async function connect(participant: TestParticipant, port: number): Promise<void> {
  participant.books.clear();
  participant.attach(await connectTcp({ host: '127.0.0.1', port, timeoutSeconds: 5 }));
}

async function soon(t: ExecutionContext, what: string, condition: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !condition(); i++) await sleepMs(10);
  t.true(condition(), what);
}

function position(participant: TestParticipant): number {
  const fills = new Map(participant.reports.filter((r) => r.execType === 'F').map((r) => [r.execId, r]));
  return [...fills.values()].reduce((sum, r) => sum + (r.side === 'buy' ? r.lastLots : -r.lastLots), 0);
}

test('the bytes are the same in memory, over TCP, and over TCP with stalls', async (t) => {
  const inMemory = trader();
  const venue = new VenueServer({ market: simulatedMarket({ seed: 5 }), seed: 5, endStep: 150 });
  const [left, right] = memoryTransportPair();
  venue.attach(right);
  inMemory.attach(left);
  while (!venue.done) venue.step();
  venue.stop('the market is over');
  t.true(inMemory.said().length > 50);

  for (const stallMs of ['0', '5']) {
    const running = await run(t, '--seed', '5', '--speed', 'max', '--steps', '150', '--stall-ms', stallMs);
    const overTcp = trader();
    await connect(overTcp, running.port);
    t.is(await running.exit, 0);
    t.deepEqual(overTcp.said(), inMemory.said());
    t.is(overTcp.receivedDigest(), inMemory.receivedDigest());
    t.deepEqual(
      running.events.map((e) => e.event),
      ['listening', 'connected', 'end', 'disconnected', 'stopped'],
    );
    t.is(overTcp.loggedOut, 'the peer logged out: the market is over');
  }
});

test('a stopped venue goes on where it was', async (t) => {
  const file = path.join(folder(t), 'venue.sqlite');
  const participant = trader();
  const first = await run(t, '--seed', '5', '--speed', 'max', '--state', file);
  await connect(participant, first.port);
  await soon(t, 'some trades', () => participant.said().length > 20);
  first.child.kill('SIGTERM');
  t.is(await first.exit, 0);
  t.is(first.events.at(-1)?.event, 'stopped');
  t.is(participant.loggedOut, 'the peer logged out: the venue is stopping');
  const before = participant.reports.length;

  const second = await run(t, '--seed', '5', '--speed', 'max', '--state', file);
  t.is(second.events[0]?.step, first.events.at(-1)?.step);
  await connect(participant, second.port);
  await soon(t, 'some more trades', () => participant.reports.length > before + 20);
  second.child.kill('SIGINT');
  t.is(await second.exit, 0);
  t.deepEqual(participant.problems, []);
  checkRecord(t, file, participant);
});

test('a venue that is killed at any moment goes on where it was', async (t) => {
  const file = path.join(folder(t), 'venue.sqlite');
  const participant = trader();
  let least = 0;
  for (let life = 0; life < 3; life++) {
    const venue = await run(t, '--seed', '5', '--speed', 'max', '--state', file);
    await connect(participant, venue.port);
    least += 15;
    await soon(t, `life ${life}`, () => participant.reports.length >= least);
    venue.child.kill('SIGKILL');
    await venue.exit;
    await soon(t, 'the connection is gone', () => participant.session.state === 'disconnected');
  }
  const last = await run(t, '--seed', '5', '--speed', 'max', '--state', file);
  await connect(participant, last.port);
  await soon(t, 'trades after the last kill', () => participant.reports.length > least + 10);
  last.child.kill('SIGTERM');
  t.is(await last.exit, 0);
  t.deepEqual(participant.problems, []);
  checkRecord(t, file, participant);
});

/** The venue's own record and what the participant was told are the same trades. */
function checkRecord(t: ExecutionContext, file: string, participant: TestParticipant): void {
  const state = new SqliteVenueState(file, venueIdentity({ market: simulatedMarket({ seed: 5 }), seed: 5 }));
  const recorded = [...state.executions()];
  state.close();
  const told = new Map(participant.reports.filter((r) => r.execType === 'F').map((r) => [r.execId, r]));
  t.deepEqual(
    recorded.map((e) => [e.execId, e.clOrdId, e.side, e.lots, e.priceTicks]),
    [...told.values()].map((r) => [r.execId, r.clOrdId, r.side, r.lastLots, r.lastPriceTicks]),
  );
  t.is(recorded.at(-1)?.positionLots, position(participant));
}

test('at a numeric speed event time keeps to wall time', async (t) => {
  const venue = await run(t, '--seed', '5', '--speed', '20');
  const participant = trader();
  await connect(participant, venue.port);
  const fromNs = stopwatchNs();
  await sleepMs(1000);
  const steps = participant.events.filter((event) => event.startsWith('step')).length;
  const most = ((stopwatchNs() - fromNs) / 1e9) * 200 + 2;
  t.true(steps > 2 && steps <= most, `${steps} steps, at most ${most} at 20 times`);
  venue.child.kill('SIGTERM');
  t.is(await venue.exit, 0);
});

test('a second participant is refused while the first is there', async (t) => {
  const venue = await run(t, '--seed', '5', '--speed', 'max');
  const first = trader();
  await connect(first, venue.port);
  const second = trader();
  await connect(second, venue.port);
  await soon(t, 'the second is cut off', () => second.session.state === 'disconnected');
  t.is(first.session.state, 'active');
  t.true(venue.events.some((e) => e.event === 'refused'));
});

test('bad usage and input are refused with 2', async (t) => {
  const made = folder(t);
  const cases: [flags: string[], text: RegExp][] = [
    [['--sed', '7'], /unknown option '--sed'/],
    [['--speed', 'fast'], /"max" or a number above 0 is allowed/],
    [['--port', '70000'], /0 to 65535 is allowed/],
    [['--log', path.join(made, 'none.zst')], /none\.zst/],
    [['--state', path.join(made, 'no', 'such', 'folder')], /cannot be opened/],
  ];
  for (const [flags, text] of cases) {
    const { code, text: said } = await refused(t, ...flags);
    t.is(code, 2, said);
    t.regex(said, text);
  }
});

test('a port in use is named', async (t) => {
  const venue = await run(t, '--seed', '5');
  const { code, text } = await refused(t, '--port', String(venue.port));
  t.is(code, 3);
  t.regex(text, new RegExp(`127\\.0\\.0\\.1:${venue.port}: cannot listen, the port is in use`));
});
