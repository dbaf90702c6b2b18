/** `npm run bench`: what the product costs on this machine, as a table and as JSON. */
import { renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Table from 'cli-table3';
import { Command, Option } from 'commander';
import { SystemClock, stopwatchNs } from '../runtime/clock.ts';
import { benchDecoding } from './bench/decoding.ts';
import { benchEnvironments, benchLedger } from './bench/environments.ts';
import { benchFeatures } from './bench/features.ts';
import type { Figure } from './bench/figure.ts';
import { benchCandidates, benchEvaluation } from './bench/learning.ts';
import { type Machine, machineOf } from './bench/machine.ts';
import { benchInference, benchPacing, benchStreaming, benchTrainingStep } from './bench/model.ts';
import { benchRendering } from './bench/rendering.ts';
import { benchInProcess, benchOverTcp } from './bench/tick-to-order.ts';
import { parseOptions, print, printJson } from './environment/cli.ts';

const checkout = path.resolve(import.meta.dirname, '..');
const RESULTS = path.join(import.meta.dirname, 'bench', 'results.json');

/** In the order in which they run: what one core does before what takes them all. */
const benches = {
  decoding: () => benchDecoding(7),
  features: () => benchFeatures(5),
  'training-step': () => benchTrainingStep(5),
  inference: () => benchInference(5),
  pacing: () => benchPacing(3),
  streaming: () => benchStreaming(),
  ledger: () => benchLedger(5),
  environments: () => benchEnvironments(3),
  rendering: () => benchRendering(3),
  'tick-to-order': () => benchInProcess(5),
  'tick-to-order-tcp': () => benchOverTcp(3),
  evaluation: () => benchEvaluation(4),
  candidates: () => benchCandidates(),
} as const satisfies Record<string, () => Figure[] | Promise<Figure[]>>;
type Name = keyof typeof benches;
const names = Object.keys(benches) as Name[];

/** Benches of their own, with a table and a file of their own: `npm run bench -- model`. */
const subjects: Readonly<Record<string, () => Promise<{ main(args: string[]): Promise<number> }>>> = {
  model: () => import('./bench/model-quality.ts'),
  peers: () => import('./bench/peers.ts'),
  quickfix: () => import('./bench/quickfix.ts'),
  step: () => import('./bench/step.ts'),
};

interface Options {
  readonly only?: readonly Name[];
  readonly out?: string;
  readonly json?: boolean;
}

export interface BenchResult {
  readonly schema: 'emp/bench/v1';
  readonly timeUtc: string;
  readonly seconds: number;
  readonly machine: Machine;
  readonly figures: readonly Figure[];
}

/** @returns 0 done */
export async function main(args: string[]): Promise<number> {
  const subject = args[0] === undefined ? undefined : subjects[args[0]];
  if (subject !== undefined) return (await subject()).main(args.slice(1));
  const { only = names, out, json } = parseOptions<Options>(command(), args);
  const chosen = names.filter((name) => only.includes(name));
  const machine = await machineOf(checkout);
  if (machine.loadBefore > machine.cores / 2) process.stderr.write(busy(machine));
  const beganNs = stopwatchNs();
  const secondsSince = (fromNs: number) => Math.round((stopwatchNs() - fromNs) / 1e8) / 10;
  const figures: Figure[] = [];
  for (const [index, name] of chosen.entries()) {
    process.stderr.write(`${index + 1} of ${chosen.length}: ${name} … `);
    const startedNs = stopwatchNs();
    figures.push(...(await benches[name]()));
    process.stderr.write(`${secondsSince(startedNs)} s\n`);
  }
  const result: BenchResult = {
    schema: 'emp/bench/v1',
    timeUtc: new Date(new SystemClock().nowUs() / 1000).toISOString(),
    seconds: secondsSince(beganNs),
    machine,
    figures,
  };
  const file = out ?? (chosen.length === names.length ? RESULTS : undefined);
  if (file !== undefined) store(file, result);
  if (json === true) printJson(result);
  else
    print(
      tableOf(figures),
      lineOf(result),
      file === undefined ? 'not stored: name a file with --out' : `stored in ${file}`,
    );
  return 0;
}

function command(): Command {
  return new Command('npm run bench --')
    .description(
      'measures throughput and latency on this machine; `model` compares kinds of model, `step` a step with an empty graph, `peers` training and `quickfix` decoding with other engines',
    )
    .addOption(new Option('--only <names...>', 'these and no others; stored only with --out').choices(names))
    .option('--out <file>', 'where the figures are stored as JSON; default: scripts/bench/results.json')
    .option('--json', 'one JSON object on stdout and nothing else')
    .exitOverride();
}

function busy({ loadBefore, cores }: Machine): string {
  return `the machine is busy (load ${loadBefore} on ${cores} cores): figures will be worse than the product is\n`;
}

/** Whole or not at all. */
function store(file: string, result: BenchResult): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(result, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

function tableOf(figures: readonly Figure[]): string {
  const table = new Table({
    head: ['figure', 'min', 'median', 'max', 'repeats', 'times the reference'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [] },
  });
  const plain = (value: number) => value.toLocaleString('en-US', { maximumSignificantDigits: 4 });
  for (const { name, min, median, max, repeats, ratio } of figures) {
    const reference = ratio === undefined ? '' : `${plain(ratio.median)} × ${ratio.to}`;
    table.push([name, plain(min), plain(median), plain(max), repeats, reference]);
  }
  return table.toString();
}

function lineOf({ machine, seconds }: BenchResult): string {
  const { processor, cores, memoryGiB, platform, node, commit, changed, loadBefore } = machine;
  const product = commit === null ? 'no commit' : `${commit.slice(0, 12)}${changed ? ' with changes' : ''}`;
  return `${processor}, ${cores} cores, ${memoryGiB} GiB, ${platform}, Node ${node}, ${product}, load before ${loadBefore}; ${seconds} s`;
}
