import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { benchDecoding } from './bench/decoding.ts';
import { benchEnvironments, benchLedger } from './bench/environments.ts';
import type { Figure } from './bench/figure.ts';
import { benchCandidates, benchEvaluation, SMALL_BUDGET } from './bench/learning.ts';
import { benchInference, benchPacing, benchStreaming, benchTrainingStep } from './bench/model.ts';
import { benchInProcess, benchOverTcp } from './bench/tick-to-order.ts';
import type { BenchResult } from './bench.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';

const start = path.join(import.meta.dirname, 'start.mjs');

function bench(...args: string[]) {
  return spawnSync(process.execPath, [start, 'bench', ...args], { encoding: 'utf8' });
}

/** Figures are what a person can read: named with a unit, in order, of so many repeats. */
function sound(t: ExecutionContext, figures: readonly Figure[], repeats: number): void {
  t.true(figures.length > 0);
  for (const { name, min, median, max, ...rest } of figures) {
    t.regex(name, /(PerSecond|PerMinute|Seconds|Ms|Us)$/);
    t.true(min > 0 && min <= median && median <= max && max < Infinity, `${name}: ${min}, ${median}, ${max}`);
    t.is(rest.repeats, repeats, name);
  }
}

const tinyBudget = {
  ...SMALL_BUDGET,
  trainingSlices: 1,
  trainingSeconds: 200,
  selectionSlices: 1,
  selectionSeconds: 60,
  evolution: { generations: 0, population: 1, offspring: 1, founders: 1 },
};

const small: readonly [string, number, () => Figure[] | Promise<Figure[]>][] = [
  ['decoding', 2, () => benchDecoding(2, 30)],
  ['the training step', 1, () => benchTrainingStep(1, 5)],
  ['inference', 2, () => benchInference(2, 100)],
  ['pacing', 1, () => benchPacing(1, 20)],
  ['streaming', 1, () => benchStreaming(20_000, 20_000).slice(0, 2)],
  ['the ledger', 1, () => benchLedger(1, [20])],
  ['environments', 1, () => benchEnvironments(1, [3])],
  ['tick to order in process', 1, () => benchInProcess(1, 120)],
  ['tick to order over TCP', 1, () => benchOverTcp(1, 120)],
  ['evaluation', 1, () => benchEvaluation(1, 60)],
  ['candidates', 1, () => benchCandidates(tinyBudget)],
];
for (const [title, repeats, run] of small) {
  test.serial(`${title}, in small`, async (t) => sound(t, await run(), repeats));
}

test.serial('inference is told in units of an empty graph', (t) => {
  const [step, , empty] = benchInference(1, 50);
  t.is(step?.ratio?.to, empty?.name);
});

test.serial("the least of repeats is no more than any repeat's", (t) => {
  const [p50, , leastP50] = benchInProcess(2, 90);
  t.true((leastP50 as Figure).median <= (p50 as Figure).min);
});

test.serial('too few orders for a p99 are no figure', (t) => {
  t.throws(() => benchInProcess(1, 1), {
    message: 'bench: tickToOrderInProcess saw 0 orders in a repeat, at least 100 are needed',
  });
});

test.serial('--json prints what --out stores: figures, and where they were taken', (t) => {
  const file = path.join(temporaryFolder(t), 'figures.json');
  const run = bench('--only', 'decoding', '--out', file, '--json');
  t.is(run.status, 0, run.stderr);
  const result: BenchResult = JSON.parse(run.stdout);
  t.deepEqual(JSON.parse(readFileSync(file, 'utf8')), result);
  t.is(result.schema, 'emp/bench/v1');
  t.is(result.machine.node, process.version);
  t.true(result.machine.cores > 0);
  t.is(result.figures[0]?.name, 'decodedAndBookedXMessagesPerSecond');
  t.regex(run.stderr, /1 of 1: decoding … [\d.]+ s/);
});

test('wrong usage ends with 2 and measures nothing', (t) => {
  const file = path.join(temporaryFolder(t), 'figures.json');
  const run = bench('--only', 'beauty', '--out', file);
  t.is(run.status, 2);
  t.regex(run.stderr, /beauty.*Allowed choices are decoding, /);
  t.false(existsSync(file));
});
