import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { memoryTransportPair } from '../fix/memory-transport.ts';
import { InstrumentTable } from '../instrument.ts';
import { Random } from '../random.ts';
import { profiles } from '../sim/profiles.ts';
import { VenueServer, venueIdentity } from './server.ts';
import { SIMULATED_START_US, simulatedMarket } from './simulated-market.ts';
import { SqliteVenueState } from './sqlite-venue-state.ts';
import { TestParticipant } from './test-participant.ts';
import { MemoryVenueState, type VenueState } from './venue-state.ts';

const instruments = new InstrumentTable(profiles.map((profile) => profile.instrument));
const market = simulatedMarket({ seed: 3, warmUpSeconds: 60 });
const options = { market, seed: 3, checkpointSteps: 25 };
const identity = venueIdentity(options);

function folder(t: ExecutionContext): string {
  const made = mkdtempSync(path.join(tmpdir(), 'emp-venue-'));
  t.teardown(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

function connect(venue: VenueServer, participant: TestParticipant): void {
  const [left, right] = memoryTransportPair();
  venue.attach(right);
  participant.books.clear();
  participant.attach(left);
}

/** Trades at random, of its own stream, and remembers across connections. */
function trader(seed: number): TestParticipant {
  const participant = new TestParticipant(instruments, { startUs: SIMULATED_START_US });
  const random = Random.of('trader', seed);
  let n = 0;
  let last = '';
  participant.onStep = (id) => {
    if (id === last) return; // asked again after a reconnect: the step was dealt with
    last = id;
    if (!random.bernoulli(0.5)) return;
    const symbolId = random.integer(instruments.list.length);
    const side = random.pick(['buy', 'sell'] as const);
    const price = participant.best(side, symbolId);
    if (price === 0) return;
    const timeInForce = random.pick(['day', 'ioc'] as const);
    const through = timeInForce === 'ioc' ? 3 : -random.integer(3);
    participant.submit(`T${++n}`, side, side === 'buy' ? price + through : price - through, 1 + random.integer(20), {
      symbolId,
      timeInForce,
    });
    if (random.bernoulli(0.1)) participant.massCancel(`Q${n}`);
  };
  return participant;
}

/** What matters of a run: every report but its possible-duplicate mark, in order of ExecID, once each. */
function told(participant: TestParticipant): string[] {
  const byId = new Map(participant.reports.map((r) => [r.execId, r]));
  return [...byId.values()]
    .sort((a, b) => Number(a.execId.slice(1)) - Number(b.execId.slice(1)))
    .map((r) => JSON.stringify({ ...r, possDup: undefined }));
}

function firstDifference(actual: readonly string[], expected: readonly string[]): string | undefined {
  const at = expected.findIndex((line, i) => line !== actual[i]);
  if (at < 0 && actual.length === expected.length) return undefined;
  return `${actual.length} of ${expected.length}, first at ${at}: ${actual[at]} instead of ${expected[at]}`;
}

/** Runs `steps` steps; `kill` says after which of them the venue process dies, to be started again on its state. */
function run(t: ExecutionContext, steps: number, kill: (step: number) => boolean, open: () => VenueState) {
  let state = open();
  let venue = new VenueServer({ ...options, state });
  const participant = trader(1);
  connect(venue, participant);
  for (let step = 1; step <= steps; step++) {
    venue.step();
    if (!kill(step)) continue;
    const before = { steps: venue.steps, timeUs: venue.timeUs, open: venue.openOrders, at: positions(venue) };
    venue.drop();
    if (state instanceof SqliteVenueState) state.close();
    state = state instanceof SqliteVenueState ? open() : state;
    venue = new VenueServer({ ...options, state });
    t.deepEqual({ steps: venue.steps, timeUs: venue.timeUs, open: venue.openOrders, at: positions(venue) }, before);
    connect(venue, participant);
  }
  return { venue, participant, state };
}

const positions = (venue: VenueServer) => instruments.list.map((_, id) => venue.positionLots(id));

test('a venue that is killed and started again goes on as if nothing had been', (t) => {
  const whole = run(
    t,
    200,
    () => false,
    () => new MemoryVenueState(),
  );
  const random = Random.of('kills');
  const memory = new MemoryVenueState();
  const killed = run(
    t,
    200,
    () => random.bernoulli(0.1),
    () => memory,
  );
  t.true(told(whole.participant).length > 100);
  t.is(firstDifference(told(killed.participant), told(whole.participant)), undefined);
  t.deepEqual([...killed.venue.executions()], [...whole.venue.executions()]);
  t.deepEqual(killed.participant.problems, []);
});

test('the same on a file', (t) => {
  const file = path.join(folder(t), 'venue.sqlite');
  const whole = run(
    t,
    80,
    () => false,
    () => new MemoryVenueState(),
  );
  const killed = run(
    t,
    80,
    (step) => step % 13 === 0,
    () => new SqliteVenueState(file, identity),
  );
  t.is(firstDifference(told(killed.participant), told(whole.participant)), undefined);
  t.deepEqual([...killed.venue.executions()], [...whole.venue.executions()]);
  killed.state.close();
});

test('a participant that was killed with orders under way is told everything once', (t) => {
  const state = new MemoryVenueState();
  const venue = new VenueServer({ ...options, state });
  const participant = trader(2);
  connect(venue, participant);
  for (let step = 1; step <= 120; step++) {
    venue.step();
    if (step % 17 !== 0) continue;
    participant.submit(`LAST${step}`, 'buy', participant.best('sell') + 5, 2, { timeInForce: 'ioc' });
    venue.drop();
    for (let i = 0; i < 3; i++) venue.step();
    connect(venue, participant);
  }
  const fills = new Map(participant.reports.filter((r) => r.execType === 'F').map((r) => [r.execId, r]));
  const sum = instruments.list.map(() => 0);
  for (const r of fills.values()) sum[r.symbolId] = (sum[r.symbolId] ?? 0) + (r.side === 'buy' ? 1 : -1) * r.lastLots;
  t.deepEqual(sum, positions(venue));
  t.is(fills.size, [...venue.executions()].length);
  t.deepEqual(participant.problems, []);
});

test('executions are summed by symbol to the positions', (t) => {
  const { venue } = run(
    t,
    100,
    () => false,
    () => new MemoryVenueState(),
  );
  const sum = new Map(instruments.list.map((instrument) => [instrument.symbol, 0]));
  for (const e of venue.executions())
    sum.set(e.symbol, (sum.get(e.symbol) ?? 0) + (e.side === 'buy' ? 1 : -1) * e.lots);
  t.deepEqual([...sum.values()], positions(venue));
});

test('a state that does not repeat is refused', (t) => {
  const state = new MemoryVenueState();
  run(
    t,
    60,
    () => false,
    () => state,
  );
  state.addExecution({ ...[...state.executions()][0], execId: 'X999999' } as never);
  t.throws(() => new VenueServer({ ...options, state }), {
    message: /the venue's state does not repeat: \d+ executions/,
  });
});

test('a state file belongs to one market', (t) => {
  const file = path.join(folder(t), 'venue.sqlite');
  new SqliteVenueState(file, identity).close();
  t.throws(() => new SqliteVenueState(file, venueIdentity({ ...options, seed: 4 })), {
    message: new RegExp(`^${file} belongs to another market \\(.*seed 3\\), only .*seed 4 is allowed here; start`),
  });
  t.notThrows(() => new SqliteVenueState(file, identity).close());
});

test('a state file is one process’s at a time', (t) => {
  const file = path.join(folder(t), 'venue.sqlite');
  const held = new SqliteVenueState(file, identity);
  t.throws(() => new SqliteVenueState(file, identity), { message: new RegExp(`^${file} is in use by another venue`) });
  held.close();
});

test('what is not a state, or is damaged, is refused by name', (t) => {
  const made = folder(t);
  const text = path.join(made, 'text');
  writeFileSync(text, 'this is no database at all, though it is long enough to be looked at'.repeat(20));
  t.throws(() => new SqliteVenueState(text, identity), { message: new RegExp(`^${text} is not a venue's state`) });
  t.throws(() => new SqliteVenueState(path.join(made, 'no', 'such'), identity), { message: /cannot be opened/ });
  const torn = path.join(made, 'torn.sqlite');
  const state = new SqliteVenueState(torn, identity);
  for (let i = 1; i < 300; i++) state.recordOutbound(i, new Uint8Array(500));
  state.close();
  writeFileSync(torn, 'torn'.repeat(5000), { flag: 'r+' });
  t.throws(() => new SqliteVenueState(torn, identity), { message: new RegExp(`^${torn} is (damaged|not a venue)`) });
});

test('nothing of a step that failed is stored', (t) => {
  const file = path.join(folder(t), 'venue.sqlite');
  const state = new SqliteVenueState(file, identity);
  t.throws(
    () =>
      state.transaction(() => {
        state.completeStep(5);
        state.recordOutbound(9, new Uint8Array(3));
        state.addRequest({ id: 1, effectUs: 1, body: '{}' });
        throw new Error('in the middle');
      }),
    { message: 'in the middle' },
  );
  t.like(state.recovered(), { step: 0, requests: [], lastRequestId: 0 });
  t.is(state.nextOutbound(), 1);
  state.close();
});
