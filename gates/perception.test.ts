/** scaling, psi, invariants and backfill: each with what it passes and what it refuses, and why. */
import test, { type ExecutionContext } from 'ava';
import type { BookSnapshot } from '../runtime/book/backfill.ts';
import type { Scaler } from '../runtime/contract.ts';
import { populationReference } from '../runtime/drift/population-index.ts';
import { catalogue } from '../runtime/features/index.ts';
import { RandomEvents } from '../runtime/features/random-events.ts';
import { Random } from '../runtime/random.ts';
import { type BackfillMethod, findBackfillDefect, judgeBackfill, productBackfill } from './backfill.ts';
import type { Finding } from './gate.ts';
import { findFeatureProblem } from './invariants.ts';
import { candidateWith } from './planted-policy.ts';
import { judgeIndices, psi } from './psi.ts';
import { findUnlike, type ScalingColumn } from './scaling.ts';
import { contextOf } from './testing.ts';

function gaussians(count: number, label: string, mean = 0, deviation = 1): Float64Array {
  const random = Random.of('perception gates', label);
  return Float64Array.from({ length: count }, () => mean + deviation * random.gaussian());
}

const UNIT: Scaler = { mean: [0], deviation: [1], clip: 6 };
const column = (symbol: string, values: ArrayLike<number>): ScalingColumn => ({
  feature: 'depth',
  symbol,
  day: 1,
  values,
});

test('scaling: what looks alike on every symbol passes, and the figures are the worst of all', (t) => {
  const measured = {};
  const columns = [column('A', gaussians(500, 'a')), column('B', gaussians(500, 'b', 1, 2))];
  t.is(
    findUnlike(columns, () => UNIT, measured),
    undefined,
  );
  t.like(measured, { clippedShareMost: 0.002 });
});

const unlike: Readonly<Record<string, readonly [values: ArrayLike<number>, because: RegExp]>> = {
  'a symbol that trades in other lots': [
    gaussians(500, 'lots', 300, 40),
    /^feature "depth" of B on day 2 has its middle 6\.00 deviations from the scaler's, at most 2\.5 is allowed$/,
  ],
  'a symbol that is wilder by far': [
    gaussians(500, 'wild', 0, 10),
    /of B on day 2 is at the clip in \d\d\.\d % of its/,
  ],
  'one with two regimes': [
    gaussians(500, 'both').map((value, i) => 5 * Math.sign((i % 5) - 2) + value / 10),
    /is 4\.\d\d times as wide as the scaler says/,
  ],
};
for (const [name, [values, because]] of Object.entries(unlike)) {
  test(`scaling: planted: ${name}`, (t) => {
    t.regex(findUnlike([column('A', gaussians(500, 'a')), column('B', values)], () => UNIT, {}) ?? '', because);
  });
}

test('scaling: planted: a scaler so wide that the model sees a constant; too little data is no verdict', (t) => {
  const wide = { ...UNIT, deviation: [1000] };
  t.regex(
    findUnlike([column('A', gaussians(500, 'a'))], () => wide, {}) ?? '',
    /^feature "depth" hardly moves on any symbol: 0\.00\d+ of the scaler's deviation/,
  );
  t.throws(() => findUnlike([column('A', [1, 2, 3])], () => UNIT, {}), {
    message: /too few values \(3\), at least 200/,
  });
});

const HORIZON = 4;
const NAMES = ['a', 'b', 'c', 'd'];
const MANIFEST = {
  featureNames: NAMES,
  reference: {
    informationCoefficient: 0.5,
    pnlPerSliceUsd: null,
    features: NAMES.map((name) => populationReference(gaussians(5000, name))),
  },
};

/** Decisions of a market whose forecasts are right by `signal`, and whose first `moved` features moved. */
function judged(signal: number, moved: number): Finding {
  const random = Random.of('psi', signal, moved);
  const count = 4000;
  const forecasts = gaussians(count, `forecast ${signal}`);
  const midTicks = new Float64Array(count).fill(1000);
  for (let i = HORIZON; i < count; i++) {
    midTicks[i] = midTicks[i - HORIZON] + signal * forecasts[i - HORIZON] + 1.7 * random.gaussian();
  }
  const rows = Float32Array.from({ length: 4 * count }, (_, i) => random.gaussian() + (i % 4 < moved ? 1.5 : 0));
  return judgeIndices(MANIFEST, [{ rows, forecasts, midTicks, unitTicks: new Float64Array(count).fill(1) }], HORIZON);
}

test('psi: a policy that knows what it knew passes', (t) => {
  const { status, because } = judged(1, 0);
  t.is(status, 'passed', because);
  t.regex(because, /^signal index (0\.9|1\.\d)\d over 3996 decisions, 0 of 4 features have moved$/);
});

test('psi: planted: no signal, the wrong sign, a constant, another market', (t) => {
  const says = (finding: Finding, because: RegExp) => {
    t.is(finding.status, 'failed');
    t.regex(finding.because, because);
  };
  says(judged(0, 0), /^the signal index is -?0\.\d\d on an unseen hour, at least 0\.5 is needed$/);
  says(judged(-1, 0), /^the signal index is -(0\.9|1\.\d)\d on an unseen hour/);
  says(judged(1, 4), /^4 features have left the policy's deciles, at most 2 may: [a-d] \d\.\d\d, [a-d] /);
  t.is(judged(1, 2).status, 'passed');
  const still = { rows: new Float32Array(16000), forecasts: new Float64Array(4000), midTicks: gaussians(4000, 'mids') };
  says(
    judgeIndices(MANIFEST, [{ ...still, unitTicks: new Float64Array(4000).fill(1) }], HORIZON),
    /cannot be told, the forecasts are all the same/,
  );
  t.throws(() => judgeIndices(MANIFEST, [], HORIZON), { message: /too few decisions \(0\), at least 2000/ });
});

test('psi: planted: a manifest that could never be held against anything', async (t) => {
  const verdict = async (reference: object) => {
    const manifest = { reference: { informationCoefficient: null, pnlPerSliceUsd: null, ...reference } };
    return psi.run(candidateWith(t, { manifest }), contextOf());
  };
  t.regex((await verdict({})).because, /^the manifest has no deciles of its features/);
  t.regex((await verdict({ features: MANIFEST.reference.features })).because, /rank correlation is null: there is no/);
});

test('invariants: planted: a feature without one, beyond its own, or that breaks what it states', (t) => {
  const markets = [new RandomEvents('gate').take(60)];
  t.is(findFeatureProblem(catalogue.slice(0, 4), markets), undefined);
  const sound = {
    name: 'planted',
    unit: 'lots',
    bounds: { min: -1e12, max: 1e12 },
    mirror: 'even' as const,
    create: () => ({
      onChange: () => {},
      value: (book: { bidCount: number; bidLots(i: number): number }) => lots(book),
    }),
  };
  const lots = (book: { bidCount: number; bidLots(i: number): number }) => (book.bidCount > 0 ? book.bidLots(0) : 0);
  const { mirror: _, ...silent } = sound;
  t.is(findFeatureProblem([silent], markets), 'feature "planted" states no mirror: nothing could be held to it');
  const narrow = { ...sound, bounds: { min: -1, max: 1 } };
  t.regex(
    findFeatureProblem([narrow], markets) ?? '',
    /^feature "planted" is \d+ at event 0, which is outside of its own bounds$/,
  );
  t.regex(
    findFeatureProblem([sound], markets) ?? '',
    /^feature "planted" breaks "mirror" at event \d+: it is \d+, \d+ was expected$/,
  );
});

const SNAPSHOTS: BookSnapshot[] = Array.from({ length: 30 }, (_, s) => ({
  timeUs: 1_000_000 * (s + 1),
  bids: [1, 2, 3].map((i) => [100 + (s % 7) - i, 5 + ((s * i) % 4)] as const),
  asks: [1, 2, 3].map((i) => [100 + (s % 7) + i, 5 + ((s + i) % 3)] as const),
}));

/** What is wrong with a way to fill in, and what the gate says of it. */
const methods: Readonly<Record<string, readonly [BackfillMethod, because: RegExp]>> = {
  'an update left out': [
    (snapshots) => productBackfill(snapshots).filter((_, i) => i !== 9),
    /^snapshot \d+ of 30 does not come back: /,
  ],
  'a step a snapshot early': [
    (snapshots) =>
      productBackfill(snapshots).map((event) => (event.snapshot ? event : { ...event, timeUs: event.timeUs - 1e6 })),
    /^(snapshot \d+ of 30 does not come back: |time runs backwards)/,
  ],
  'time that runs backwards': [
    (snapshots) =>
      productBackfill(snapshots).map((event, i) => (i === 9 ? { ...event, timeUs: event.timeUs - 900_000 } : event)),
    /^time runs backwards by \d+ µs at event 9$/,
  ],
  'a price that jumps before the other side has left': [
    (snapshots) =>
      productBackfill(snapshots).flatMap((event) => {
        const jump = { side: 'buy', priceTicks: 999, lots: 1 } as const;
        const back = { ...event, levels: [{ ...jump, lots: 0 }, ...event.levels] };
        return event.snapshot ? [event] : [{ ...event, levels: [jump] }, back];
      }),
    /^the book is crossed after event 1$/,
  ],
  'a level from the snapshot after the next': [
    (snapshots) =>
      productBackfill(snapshots).map((event) => {
        const later = snapshots.find(({ timeUs }) => timeUs > event.timeUs + 1e6)?.bids[0]?.[1] ?? 0;
        return { ...event, trades: [{ priceTicks: 100, lots: later, aggressor: 1 }] };
      }),
    /^what is told up to snapshot \d+ depends on a later one$/,
  ],
};
test('backfill: our own way is sound', (t) => {
  t.is(findBackfillDefect(productBackfill, SNAPSHOTS), undefined);
});
for (const [name, [method, because]] of Object.entries(methods)) {
  test(`backfill: planted: ${name}`, (t) => {
    t.regex(findBackfillDefect(method, SNAPSHOTS) ?? 'nothing found', because);
  });
}

test('backfill: the gate says which symbol, at which interval, and why', async (t: ExecutionContext) => {
  const candidate = candidateWith(t);
  const sound = await judgeBackfill(productBackfill, candidate, contextOf());
  t.is(sound.status, 'passed', sound.because);
  t.regex(sound.because, /^1980 snapshots every 1 s and 10 s came back exactly from \d+ events, none of them early$/);
  const [lossy] = methods['an update left out'] as readonly [BackfillMethod, RegExp];
  const found = await judgeBackfill(lossy, candidate, contextOf());
  t.is(found.status, 'failed');
  t.regex(found.because, /^SIM-S, a snapshot every 1 s: snapshot \d+ of \d+ does not come back: /);
});
