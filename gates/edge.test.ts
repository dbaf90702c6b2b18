import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { SliceOutcome } from '../policies/evaluation/evaluate.ts';
import type { Slice } from '../policies/evaluation/slice.ts';
import type { Strategy } from '../policies/evaluation/strategy.ts';
import { Random } from '../runtime/random.ts';
import { allowedP, edge, heldOutSlices, looksAt } from './edge.ts';
import type { Candidate, GateContext, SliceRuns } from './gate.ts';
import { contextOf, outcomeOf, untrained } from './testing.ts';
import { thresholds } from './thresholds.ts';

type World = (strategy: Strategy, slice: Slice, random: Random) => SliceOutcome;

/** Slices whose outcomes are drawn, the same for the same strategy and slice; counts what was run. */
class DrawnRuns implements SliceRuns {
  readonly ran = new Set<string>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  async evaluate(strategy: Strategy, slice: Slice): Promise<SliceOutcome> {
    const key = JSON.stringify([strategy, slice]);
    this.ran.add(key);
    return this.#world(strategy, slice, Random.of(JSON.stringify([{ ...strategy, directory: undefined }, slice])));
  }

  async record(): Promise<never> {
    throw new Error('the edge gate records nothing');
  }
}

function plainCandidate(t: ExecutionContext): Candidate {
  const directory = mkdtempSync(path.join(tmpdir(), 'emp-edge-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  return untrained(directory, 1);
}

async function judged(t: ExecutionContext, world: World, change: Partial<GateContext> = {}) {
  const runs = new DrawnRuns(world);
  const finding = await edge.run(plainCandidate(t), contextOf({ runs, ...change }));
  t.log(finding.because);
  return { ...finding, runs };
}

/** In USD, mean zero over every eight slices and a deviation of about a hundred. */
const noise = [100, -100, 60, -60, 150, -150, 30, -30];
const slices = heldOutSlices(contextOf());

function noiseOn(slice: Slice, shift = 0): number {
  const index = slices.findIndex((known) => JSON.stringify(known) === JSON.stringify(slice));
  return index < 0 ? 0 : (noise[(index + shift) % noise.length] as number);
}

/** The candidate earns `usd` ± 100 a slice; its random twin loses; the untrained trades for next to nothing. */
const earning =
  (usd: number, change: Partial<SliceOutcome> = {}): World =>
  ({ kind }, slice) => {
    if (kind === 'policy') return outcomeOf(usd + noiseOn(slice), change);
    return outcomeOf(kind === 'random' ? noiseOn(slice, 5) - 150 : noiseOn(slice, 7) / 100);
  };

test('sound: a candidate that earns passes, early when it is clear, with figures', async (t) => {
  const { status, because, measured, runs } = await judged(t, earning(150));
  t.is(status, 'passed');
  t.regex(
    because,
    /^earns \d+\.\d\d USD a slice after costs \(95 % interval .*, 8 slices\); doing nothing 0\.00, a random/,
  );
  t.is(measured['slices'], 8);
  t.true((measured['overNothingLowUsd'] as number) > 0);
  t.true(runs.ran.size < 4 * 8 + 7);
});

test('sound: a smaller edge is found at a later look', async (t) => {
  const { status, measured } = await judged(t, earning(55));
  t.is(status, 'passed');
  t.true((measured['slices'] as number) > 8);
});

test('plant: a loser fails at the first look, and nothing else is run for it', async (t) => {
  const { status, because, runs } = await judged(t, earning(-60));
  t.is(status, 'failed');
  t.regex(because, /^earns −\d+\.\d\d USD a slice after costs .*, doing nothing earns 0\.00$/);
  t.is(runs.ran.size, 8);
});

test('plant: what luck does as well fails, saying how likely luck is', async (t) => {
  const { status, because, measured } = await judged(t, earning(12));
  t.is(status, 'failed');
  t.is(measured['slices'], thresholds.edge.slicesMax);
  t.regex(
    because,
    /doing nothing earns 0\.00: luck alone does as well with probability 0\.\d+, at most 0\.0083 is allowed$/,
  );
});

test('plant: no better than its random twin', async (t) => {
  const lucky: World = ({ kind }, slice) => outcomeOf(150 + noiseOn(slice, kind === 'random' ? 5 : 0));
  const { status, because } = await judged(t, lucky);
  t.is(status, 'failed');
  t.regex(because, /a random policy earns \d+\.\d\d/);
});

test('plant: no better than the best of the untrained', async (t) => {
  const { status, because } = await judged(t, (strategy, slice, random) =>
    strategy.kind === 'untrained' ? outcomeOf(150 + noiseOn(slice, 7)) : earning(150)(strategy, slice, random),
  );
  t.is(status, 'failed');
  t.regex(because, /the best untrained policy earns \d+\.\d\d/);
});

test('the untrained that counts is the one that earns most; those that never trade are doing nothing', async (t) => {
  const planners: string[] = [];
  const { status, runs } = await judged(t, (strategy, slice, random) => {
    if (strategy.kind !== 'untrained') return earning(150)(strategy, slice, random);
    const key = JSON.stringify(strategy);
    if (!planners.includes(key)) planners.push(key);
    return outcomeOf([-5, -1, 0][planners.indexOf(key)] as number, planners.indexOf(key) === 2 ? { fills: 0 } : {});
  });
  t.is(status, 'passed');
  t.is(planners.length, 3);
  const runsOf = planners.map((key) => [...runs.ran].filter((ran) => ran.startsWith(`[${key}`)).length);
  t.deepEqual(runsOf, [2, 10, 2]);
});

test('plant: profit without forecasts that tell anything', async (t) => {
  const { status, because } = await judged(t, (strategy, slice, random) => ({
    ...earning(150)(strategy, slice, random),
    informationCoefficients: [0.2, 0.1 * random.gaussian(), 0.2],
  }));
  t.is(status, 'failed');
  t.regex(because, /its forecasts do not tell what happens: rank correlation/);
});

test('plant: a candidate that never trades', async (t) => {
  const { status, because } = await judged(t, () =>
    outcomeOf(0, { fills: 0, informationCoefficients: [null, null, null] }),
  );
  t.is(status, 'failed');
  t.is(because, 'never traded in 8 slices, so it earns nothing');
});

test('of candidates without any edge, costs left out, at most the allowed share passes', async (t) => {
  const candidate = plainCandidate(t);
  const world: World = ({ kind }, _slice, random) => {
    return outcomeOf(kind === 'policy' ? 100 * random.gaussian() : -1000);
  };
  let passes = 0;
  const rounds = 120;
  for (let seed = 0; seed < rounds; seed++) {
    const { status } = await edge.run(candidate, contextOf({ seed, runs: new DrawnRuns(world) }));
    if (status === 'passed') passes++;
  }
  t.log(`${passes} of ${rounds} passed by luck`);
  t.true(passes / rounds <= thresholds.edge.falsePassShareMax);
});

test('every attempt meets a higher bar, and all together are allowed no more luck than one', (t) => {
  t.true(allowedP(3, 2) < allowedP(3, 1));
  let sum = 0;
  for (let attempt = 1; attempt <= 10_000; attempt++) sum += 3 * allowedP(3, attempt);
  t.true(sum <= thresholds.edge.falsePassShareMax);
  t.deepEqual(looksAt(32), [8, 16, 32]);
  t.deepEqual(looksAt(22), [11, 22]);
  t.deepEqual(looksAt(8), [8]);
});

test('held-out slices depend on the seed and on nothing else', (t) => {
  const market = { kind: 'simulated', informed: true } as const;
  t.deepEqual(heldOutSlices({ market, seed: 1 }), heldOutSlices({ market, seed: 1 }));
  t.notDeepEqual(heldOutSlices({ market, seed: 1 }), heldOutSlices({ market, seed: 2 }));
});
