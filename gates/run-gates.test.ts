import test from 'ava';
import { SimulatedClock, sleepMs } from '../runtime/clock.ts';
import { type GateName, gateCatalog } from './catalog.ts';
import type { Candidate, Gate, GateContext, Verdict } from './gate.ts';
import { gates as productGates } from './registry.ts';
import { type GateEvent, type RoundContext, runGates } from './run-gates.ts';
import { contextOf } from './testing.ts';

type Finding = Omit<Verdict, 'gate' | 'seconds'>;

const candidate = { directory: 'none', digest: 'sha256:none' } as unknown as Candidate;
const passed: Finding = { status: 'passed', because: 'well', measured: { n: 1 }, thresholds: { n: 1 } };

const gateOf = (name: GateName, run: (context: GateContext) => Promise<Finding>): Gate => ({
  name,
  proves: 'nothing',
  run: (_candidate, context) => run(context),
});

const round = (change: Partial<RoundContext> = {}): RoundContext => contextOf(change);
const never = () => new Promise<never>(() => {});
/** Lets everything that is ready happen. */
const settle = () => sleepMs(0);

test('the catalogue, from which a cluster’s Jobs are made, names the product’s gates in their order', (t) => {
  t.deepEqual(
    gateCatalog.map(({ name }) => name),
    productGates.map(({ name }) => name) as GateName[],
  );
});

test('verdicts come in the order of the gates, with what each found', async (t) => {
  const failed: Finding = { ...passed, status: 'failed', because: 'bad' };
  const gates = [gateOf('causality', async () => passed), gateOf('regret', async () => failed)];
  const verdicts = await runGates(candidate, round(), { gates });
  t.deepEqual(
    verdicts.map(({ gate, status, because }) => [gate, status, because]),
    [
      ['causality', 'passed', 'well'],
      ['regret', 'failed', 'bad'],
    ],
  );
  t.true(verdicts.every(({ seconds }) => seconds >= 0 && seconds < 5));
});

test('only those asked for run', async (t) => {
  const gates = [gateOf('causality', never), gateOf('regret', async () => passed)];
  const verdicts = await runGates(candidate, round(), { gates, only: ['regret'] });
  t.deepEqual(
    verdicts.map(({ gate }) => gate),
    ['regret'],
  );
});

/** Runs one gate on a clock that jumps a minute whenever nothing else can happen. */
async function runOne(run: (context: GateContext, attempt: number) => Promise<Finding>) {
  const clock = new SimulatedClock();
  const events: GateEvent[] = [];
  let attempts = 0;
  const gates = [gateOf('causality', (context) => run(context, ++attempts))];
  let over = false;
  const running = runGates(candidate, round(), { gates, clock, onEvent: (event) => events.push(event) }).finally(() => {
    over = true;
  });
  while (!over) {
    await settle();
    clock.advanceTo(clock.nowUs() + 60e6);
  }
  const [verdict] = (await running) as [Verdict];
  return { verdict, attempts, events };
}

test('a gate that throws is tried once more, and errored with its message when it throws again', async (t) => {
  const { verdict, attempts, events } = await runOne(async () => {
    throw new Error('port in use', { cause: new Error('EADDRINUSE') });
  });
  t.is(verdict.status, 'errored');
  t.is(verdict.because, 'could not run: port in use: EADDRINUSE');
  t.is(attempts, 2);
  t.deepEqual(
    events.map(({ kind }) => kind),
    ['started', 'retried', 'finished'],
  );
});

test('a second try that runs decides', async (t) => {
  const { verdict } = await runOne(async (_context, attempt) => {
    if (attempt === 1) throw new Error('busy');
    return { ...passed, status: 'failed' };
  });
  t.is(verdict.status, 'failed');
});

test('a failed verdict is never tried again', async (t) => {
  const { verdict, attempts } = await runOne(async () => ({ ...passed, status: 'failed' }));
  t.is(verdict.status, 'failed');
  t.is(attempts, 1);
});

test('a gate that hangs is errored after its time, even when it ignores its signal', async (t) => {
  const { verdict, attempts } = await runOne(never);
  t.is(verdict.status, 'errored');
  t.is(verdict.because, 'could not run: it took longer than 120 s');
  t.is(attempts, 2);
});

test('aborting the round rejects with the reason: a round cut short has no verdicts', async (t) => {
  const stop = new AbortController();
  let told: unknown;
  const gates = [
    gateOf('causality', ({ signal }) => {
      signal.addEventListener('abort', () => {
        told = signal.reason;
      });
      return never();
    }),
  ];
  const running = runGates(candidate, round({ signal: stop.signal }), { gates });
  await settle();
  const reason = new Error('Ctrl-C');
  stop.abort(reason);
  t.is(await t.throwsAsync(running), reason);
  t.is(told, reason);
});

test('gates run side by side as far as there are workers, and a wide one waits for its seats', async (t) => {
  let now = 0;
  const seen: [string, number][] = [];
  const busy = (name: GateName, cpu: number) =>
    gateOf(name, async () => {
      now += cpu;
      seen.push([name, now]);
      await settle();
      await settle();
      now -= cpu;
      return passed;
    });
  const gates = [busy('causality', 1), busy('book-integrity', 1), busy('edge', 2), busy('regret', 1)];
  await runGates(candidate, round({ workers: 2 }), { gates });
  t.is(seen.length, 4);
  t.true(seen.every(([, load]) => load <= 2));
  t.true(seen.some(([name, load]) => name === 'book-integrity' && load === 2));
  await runGates(candidate, round({ workers: 1 }), { gates });
  t.is(seen.length, 8);
});
