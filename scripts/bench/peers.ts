/**
 * `npm run bench -- peers`: a training step of a bare block beside the same step in JAX and PyTorch, one process each, by
 * turns, so that what else the machine does hits all alike.
 */
import { renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Table from 'cli-table3';
import { Command } from 'commander';
import { SystemClock } from '../../runtime/clock.ts';
import { fixture } from '../../runtime/fixtures.ts';
import { parseOptions, print, printJson } from '../environment/cli.ts';
import { wholeNumberFrom } from '../environment/whole-number.ts';
import { quantile } from './figure.ts';
import { machineOf } from './machine.ts';
import { type Contestant, processTime } from './peers/contestants.ts';

const RESULTS = path.join(import.meta.dirname, 'peers-results.json');
const checkout = path.resolve(import.meta.dirname, '../..');

interface Options {
  readonly rounds: number;
  readonly jax: string;
  readonly torch: string;
  readonly out?: string;
  readonly json?: boolean;
}

interface Pair {
  readonly ours: string;
  readonly peer: string;
  /** How many times faster ours has to be. */
  readonly least: number;
}

const PAIRS: readonly Pair[] = [
  { ours: 'ssd', peer: 'jax-ssd', least: 1.6 },
  { ours: 'mamba3', peer: 'jax-mamba3', least: 1.4 },
  { ours: 'lstm', peer: 'torch-lstm', least: 8 },
];

/** @returns 0 done, 1 a pair is below what it is held to */
export async function main(args: string[]): Promise<number> {
  const { rounds, jax, torch, out, json } = parseOptions<Options>(command(), args);
  const jaxStep = fixture('peers/jax/train_step.py');
  const torchStep = fixture('peers/torch/train_step.py');
  const own = path.join(import.meta.dirname, 'peers', 'block-trainer.ts');
  const contestants: Readonly<Record<string, Contestant | undefined>> = {
    ssd: { command: process.execPath, args: [own, 'ssd'], pick: 'ms_median' },
    mamba3: { command: process.execPath, args: [own, 'mamba3'], pick: 'ms_median' },
    lstm: { command: process.execPath, args: [own, 'lstm'], pick: 'ms_median' },
    'jax-ssd': jaxStep === undefined ? undefined : { command: jax, args: [jaxStep], pick: 'ms_median' },
    'jax-mamba3': {
      command: jax,
      args: [path.join(import.meta.dirname, 'peers', 'mamba3_step.py')],
      pick: 'ms_median',
    },
    'torch-lstm':
      torchStep === undefined ? undefined : { command: torch, args: [torchStep, 'lstm'], pick: 'lstm.ms_median' },
  };
  const times: Record<string, number[]> = {};
  for (let round = 1; round <= rounds; round++) {
    for (const [name, contestant] of Object.entries(contestants)) {
      process.stderr.write(`round ${round} of ${rounds}: ${name}\n`);
      const ms = contestant === undefined ? `its program is not here` : processTime(contestant);
      if (typeof ms === 'number') times[name] = [...(times[name] ?? []), ms];
      else if (round === 1) process.stderr.write(`SKIP: ${name}: ${ms}\n`);
    }
  }
  const pairs = PAIRS.flatMap(({ ours, peer, least }) => {
    const [mine, theirs] = [times[ours], times[peer]];
    if (mine === undefined || theirs === undefined) return [];
    const [ms, peerMs] = [quantile(mine, 0.5), quantile(theirs, 0.5)];
    return [{ ours, peer, ms, peerMs, times: Number((peerMs / ms).toFixed(2)), least, held: peerMs / ms >= least }];
  });
  const machine = await machineOf(checkout);
  const timeUtc = new Date(new SystemClock().nowUs() / 1000).toISOString();
  const result = { schema: 'emp/bench-peers/v1', timeUtc, machine, rounds, threads: 2, medianMsByRound: times, pairs };
  const file = out ?? RESULTS;
  writeFileSync(`${file}.new`, `${JSON.stringify(result, null, 2)}\n`);
  renameSync(`${file}.new`, file);
  if (json === true) printJson(result);
  else {
    const table = new Table({
      head: ['step', 'ms', 'peer', 'ms', 'times faster', 'held to'],
      style: { head: [], border: [] },
    });
    for (const pair of pairs) table.push([pair.ours, pair.ms, pair.peer, pair.peerMs, pair.times, pair.least]);
    print(table.toString(), `stored in ${file}`);
  }
  return pairs.every(({ held }) => held) ? 0 : 1;
}

function command(): Command {
  return new Command('npm run bench -- peers')
    .description('a training step (8 × 256 rows, width 32, 2 heads of 64, state 64, 2 threads) beside JAX and PyTorch')
    .option('--rounds <n>', 'processes of each, by turns', wholeNumberFrom(1), 5)
    .option('--jax <python>', 'a Python that has jax and optax', 'python3')
    .option('--torch <python>', 'a Python that has torch', 'python3')
    .option('--out <file>', 'where the figures are stored; default: scripts/bench/peers-results.json')
    .option('--json', 'one JSON object on stdout and nothing else')
    .exitOverride();
}
