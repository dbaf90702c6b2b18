import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { busiest, type Load, sojournNs } from './decision-load.ts';
import { plannerSla, verdictOf } from './planner-sla.ts';
import { contextOf, untrained } from './testing.ts';
import { thresholds } from './thresholds.ts';

const load: Load = {
  decisions: 1000,
  emptyNs: 10_000,
  decisionP50Ns: 100_000,
  decisionP99Ns: 300_000,
  decisionP10Ns: 80_000,
  messageP10Ns: 20_000,
  loadedP99Ns: 400_000,
  messagesInBusiestMinute: 1000,
};

test('verdicts: in time, too slow, too late under load, too few decisions', (t) => {
  t.is(verdictOf(load).status, 'passed');
  const slow = verdictOf({ ...load, decisionP99Ns: 2e6 });
  t.is(slow.status, 'failed');
  t.is(slow.because, "too slow: p99 of a decision is 2000 µs, 200 times an empty graph's 10 µs (at most 100)");
  const late = verdictOf({ ...load, loadedP99Ns: 40e6 });
  t.is(late.status, 'failed');
  t.regex(late.because, /^too late: p99 from message to decision at 4 times the busiest minute is 40\.00 ms/);
  t.throws(() => verdictOf({ ...load, decisions: 10 }), { message: /^10 decisions were made under load/ });
});

test('the busiest minute is the one with most messages', (t) => {
  const seconds = [0, 50, 100, 101, 102, 158, 159, 161, 300];
  t.deepEqual(busiest(seconds.map((s) => s * 1e6)), [2, 7]);
  t.deepEqual(busiest([]), [0, 0]);
});

test('messages that come faster than they are served wait for each other', (t) => {
  const arrivalUs = [0, 100, 200, 300];
  const serviceNs = [50_000, 50_000, 50_000, 50_000];
  const decided = [true, true, false, true];
  t.deepEqual(sojournNs(arrivalUs, serviceNs, 0, 4, 1, decided), [50_000, 50_000, 50_000]);
  t.deepEqual(sojournNs(arrivalUs, serviceNs, 0, 4, 4, decided), [50_000, 75_000, 125_000]);
});

test('a policy of the usual size is in time; plant: one with big layers is not', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-sla-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const sound = await plannerSla.run(untrained(path.join(folder, 'sound'), 20), contextOf());
  t.log(sound.because);
  t.is(sound.status, 'passed');
  t.true((sound.measured['decisions'] as number) >= thresholds.plannerSla.decisionsMin);
  const big = { dModel: 256, heads: 4, headDim: 128, stateDim: 64, layers: 8 };
  const slow = await plannerSla.run(untrained(path.join(folder, 'slow'), 20, { model: big }), contextOf());
  t.log(slow.because);
  t.is(slow.status, 'failed');
  t.regex(slow.because, /^too slow: p99 of a decision is \d+ µs/);
});
