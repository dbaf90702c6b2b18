/**
 * `npm run bench -- model`: what kinds of model learn from the same rows with as many parameters and the same trainer, over
 * several seeds; and what a decision costs.
 */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Table from 'cli-table3';
import { Command, Option } from 'commander';
import { benchStep } from '../../policies/training/bench.ts';
import {
  baselineOf,
  parameterCount,
  plainBlockOf,
  type Recipe,
  type Score,
  trainAndTest,
} from '../../policies/training/compare.ts';
import { RECALL } from '../../policies/training/tasks/recall.ts';
import { SERIES } from '../../policies/training/tasks/series.ts';
import type { Task } from '../../policies/training/tasks/task.ts';
import { SystemClock } from '../../runtime/clock.ts';
import type { Mamba3Model, ModelConfig } from '../../runtime/contract.ts';
import { parseOptions, print, printJson } from '../environment/cli.ts';
import { wholeNumberFrom } from '../environment/whole-number.ts';
import { machineOf } from './machine.ts';
import { recordedTasks } from './recorded-tasks.ts';

const RESULTS = path.join(import.meta.dirname, 'model-results.json');
const checkout = path.resolve(import.meta.dirname, '../..');

/** Sizes of Mamba-3; of the others, what is free is as large as makes as many parameters. */
const SIZES = { dModel: 16, heads: 4, headDim: 4, stateDim: 16, layers: 1, chunk: 32 } as const;

type Group = 'series' | 'recall' | 'recorded';
const RECIPES: Readonly<Record<Group, Recipe>> = {
  series: { steps: 600, learningRate: 3e-2, shape: { batch: 4, length: 256 } },
  recall: { steps: 400, learningRate: 2e-2, shape: { batch: 16, length: 32 } },
  recorded: { steps: 200, learningRate: 1e-2, shape: { batch: 8, length: 128 } },
};

interface Options {
  readonly seeds: number;
  readonly only?: readonly Group[];
  readonly out?: string;
  readonly json?: boolean;
}

interface Interval {
  readonly mean: number;
  /** Half of a 95 % interval over seeds, by Student's t. */
  readonly half: number;
}

interface Row {
  readonly group: Group;
  readonly task: string;
  readonly kind: string;
  readonly parameters: number;
  readonly seeds: number;
  readonly nats: Interval;
  readonly r2: Interval;
  readonly rankCorrelation: Interval;
  /** Of tasks with classes. */
  readonly accuracy: Interval | null;
  /** Of this kind less the LSTM's, seed by seed. */
  readonly natsOverLstm: Interval;
  readonly trainingSeconds: number;
}

/** @returns 0 done */
export async function main(args: string[]): Promise<number> {
  const { seeds, only = ['series', 'recall', 'recorded'], out, json } = parseOptions<Options>(command(), args);
  const file = out ?? (only.length === 3 ? RESULTS : undefined);
  const begun = new Begun(`${file ?? RESULTS}.begun`, { recipes: RECIPES, models: configsOf(1, [1]), seeds });
  const machine = await machineOf(checkout);
  const rows: Row[] = [];
  for (const group of only) {
    for (const [name, taskOf] of Object.entries(await tasksOf(group))) {
      rows.push(...(await begun.task(group, name, () => compared(group, name, taskOf, seeds))));
    }
  }
  const latency = Object.entries(configsOf(15, [8, 40, 120])).map(([kind, config]) => {
    const { stepUs, emptyStepUs } = benchStep(config, 2000);
    return { kind, parameters: parameterCount(config), stepP50Us: stepUs.p50, emptyP50Us: emptyStepUs.p50 };
  });
  const result = {
    schema: 'emp/bench-model/v1',
    timeUtc: new Date(new SystemClock().nowUs() / 1000).toISOString(),
    machine,
    recipes: RECIPES,
    sizes: SIZES,
    rows,
    latency,
  };
  begun.end();
  if (file !== undefined) {
    writeFileSync(`${file}.new`, `${JSON.stringify(result, null, 2)}\n`);
    renameSync(`${file}.new`, file);
  }
  if (json === true) printJson(result);
  else
    print(
      tableOf(rows),
      ...worseThanLstm(rows),
      latencyTable(latency),
      file === undefined ? 'not stored' : `stored in ${file}`,
    );
  return 0;
}

/** Tasks that are done, on disk: a bench of many minutes that was interrupted goes on where it was. */
class Begun {
  readonly #file: string;
  readonly #how: string;
  #rows: Row[] = [];

  /** @param how what makes rows comparable; a file of anything else is begun anew */
  constructor(file: string, how: object) {
    this.#file = file;
    this.#how = JSON.stringify(how);
    if (!existsSync(file)) return;
    const known = JSON.parse(readFileSync(file, 'utf8'));
    if (known.how === this.#how) this.#rows = known.rows;
  }

  async task(group: Group, task: string, work: () => Promise<Row[]>): Promise<Row[]> {
    const known = this.#rows.filter((row) => row.group === group && row.task === task);
    if (known.length > 0) return known;
    const rows = await work();
    this.#rows.push(...rows);
    writeFileSync(`${this.#file}.new`, JSON.stringify({ how: this.#how, rows: this.#rows }));
    renameSync(`${this.#file}.new`, this.#file);
    return rows;
  }

  end(): void {
    rmSync(this.#file, { force: true });
  }
}

function command(): Command {
  return new Command('npm run bench -- model')
    .description(
      'SSD, Mamba-3, LSTM and MLP of as many parameters, trained alike and judged on rows they have not seen',
    )
    .option('--seeds <n>', 'runs of each, at least 2', wholeNumberFrom(2), 5)
    .addOption(new Option('--only <groups...>', 'these and no others').choices(['series', 'recall', 'recorded']))
    .option('--out <file>', 'where the figures are stored as JSON; default: scripts/bench/model-results.json')
    .option('--json', 'one JSON object on stdout and nothing else')
    .exitOverride();
}

async function tasksOf(group: Group): Promise<Record<string, (seed: number) => Task>> {
  if (group === 'series') return SERIES;
  if (group === 'recall') return RECALL;
  return recordedTasks();
}

function configsOf(features: number, horizons: readonly number[]): Record<string, ModelConfig> {
  const mamba3: Mamba3Model = {
    kind: 'mamba3',
    features,
    ...SIZES,
    angles: SIZES.stateDim / 4,
    rank: 1,
    decay: 'softplus',
    horizons: [...horizons],
  };
  return { ssd: plainBlockOf(mamba3), mamba3, lstm: baselineOf('lstm', mamba3), mlp: baselineOf('mlp', mamba3) };
}

async function compared(group: Group, name: string, taskOf: (seed: number) => Task, seeds: number): Promise<Row[]> {
  const scores: Record<string, Score[]> = {};
  let configs: Record<string, ModelConfig> = {};
  let classes = false;
  for (let seed = 1; seed <= seeds; seed++) {
    process.stderr.write(`${group}: ${name}, seed ${seed} of ${seeds}\n`);
    const task = taskOf(seed);
    const { features, horizons } = task.training;
    classes = task.classes;
    configs = configsOf(
      features,
      Array.from({ length: horizons }, (_, i) => i + 1),
    );
    for (const [kind, config] of Object.entries(configs)) {
      const found = await trainAndTest(config, task.training, task.test, seed, { ...RECIPES[group], ...task.recipe });
      scores[kind] = [...(scores[kind] ?? []), found];
    }
  }
  const lstm = scores['lstm'] as Score[];
  return Object.entries(scores).map(([kind, runs]) => {
    const over = (pick: (score: Score, i: number) => number) => interval(runs.map(pick));
    return {
      group,
      task: name,
      kind,
      parameters: parameterCount(configs[kind] as ModelConfig),
      seeds,
      nats: over(({ nats }) => nats),
      r2: over(({ r2 }) => r2),
      rankCorrelation: over((score) => score.rankCorrelation),
      accuracy: classes ? over(({ accuracy }) => accuracy) : null,
      natsOverLstm: over(({ nats }, i) => nats - (lstm[i] as Score).nats),
      trainingSeconds: rounded(runs.reduce((sum, run) => sum + run.trainingSeconds, 0) / runs.length),
    };
  });
}

/** Student's t at 97.5 %, by degrees of freedom from 1 on; beyond, the last is close enough. */
const STUDENT = [12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];

function interval(values: readonly number[]): Interval {
  const n = values.length;
  const mean = values.reduce((a, b) => a + b, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const t = STUDENT[Math.min(n - 1, STUDENT.length) - 1] as number;
  return { mean: rounded(mean), half: rounded(t * Math.sqrt(variance / n)) };
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

function tableOf(rows: readonly Row[]): string {
  const table = new Table({
    head: ['task', 'kind', 'parameters', 'nats', 'over LSTM', 'R²', 'rank corr.', 'accuracy', 'trained, s'],
    style: { head: [], border: [] },
  });
  const plain = ({ mean, half }: Interval) => `${mean.toFixed(3)} ± ${half.toFixed(3)}`;
  for (const row of rows) {
    const accuracy = row.accuracy === null ? '' : plain(row.accuracy);
    const scores = [row.nats, row.natsOverLstm, row.r2, row.rankCorrelation].map(plain);
    table.push([row.task, row.kind, row.parameters, ...scores, accuracy, row.trainingSeconds]);
  }
  return table.toString();
}

/** Where a model with a memory is worse than the LSTM beyond the interval: what of a table nobody should have to look for. */
function worseThanLstm(rows: readonly Row[]): string[] {
  return rows
    .filter(({ kind, natsOverLstm: { mean, half } }) => kind !== 'mlp' && mean > half)
    .map(({ kind, task, natsOverLstm: { mean, half } }) => {
      return `${kind} is worse than the LSTM at ${task}: ${mean.toFixed(3)} ± ${half.toFixed(3)} nats`;
    });
}

function latencyTable(
  rows: readonly { kind: string; parameters: number; stepP50Us: number; emptyP50Us: number }[],
): string {
  const table = new Table({
    head: ['kind', 'parameters', 'a step, p50 µs', 'times an empty graph'],
    style: { head: [], border: [] },
  });
  for (const { kind, parameters, stepP50Us, emptyP50Us } of rows) {
    table.push([kind, parameters, stepP50Us, (stepP50Us / emptyP50Us).toFixed(2)]);
  }
  return table.toString();
}
