/**
 * `npm run bench -- step`: a step of the model beside a graph of the same inputs and outputs that computes nothing, in one
 * process by turns; paced; and beside training.
 */
import { renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Table from 'cli-table3';
import { Command } from 'commander';
import { benchStep, type StepBench } from '../../policies/training/bench.ts';
import { benchPaced, type PacedBench } from '../../policies/training/bench-pacing.ts';
import { SystemClock } from '../../runtime/clock.ts';
import type { ModelConfig } from '../../runtime/contract.ts';
import { parseOptions, print, printJson } from '../environment/cli.ts';
import { wholeNumberFrom } from '../environment/whole-number.ts';
import { type Figure, figure } from './figure.ts';
import { machineOf } from './machine.ts';
import { PEER_BLOCKS } from './peers/peer-blocks.ts';
import { MODEL } from './trader.ts';

const RESULTS = path.join(import.meta.dirname, 'step-results.json');
const checkout = path.resolve(import.meta.dirname, '../..');
const STEPS_A_ROUND = 1000;
const PACED_STEPS = 500;

const SHAPES: Readonly<Record<string, ModelConfig>> = {
  ssd: PEER_BLOCKS['ssd'] as ModelConfig,
  mamba3: PEER_BLOCKS['mamba3'] as ModelConfig,
  founder: MODEL,
};

interface Round {
  readonly step: StepBench;
  readonly paced: PacedBench;
}

/** What is measured in a round; `most`: what its median is held to at the peers' shape. */
const MEASURES: readonly { readonly name: string; readonly most?: number; readonly of: (round: Round) => number }[] = [
  { name: 'StepTimesEmptyGraph', most: 2.2, of: ({ step }) => step.stepUs.p50 / step.emptyStepUs.p50 },
  {
    name: 'StepOf64StreamsTimesEmptyGraph',
    most: 2.8,
    of: ({ step }) => step.streams64Us.p50 / step.emptyStreams64Us.p50,
  },
  { name: 'PacedStepP99TimesP50', most: 4, of: ({ paced }) => paced.alone.p99 / paced.alone.p50 },
  {
    name: 'PacedStepBesideTrainingP99TimesP50',
    of: ({ paced }) => paced.besideTraining.p99 / paced.besideTraining.p50,
  },
  { name: 'StepP50Us', of: ({ step }) => step.stepUs.p50 },
  { name: 'PacedStepP50Us', of: ({ paced }) => paced.alone.p50 },
  { name: 'PacedStepBesideTrainingP50Us', of: ({ paced }) => paced.besideTraining.p50 },
];

interface Measured extends Figure {
  readonly most?: number;
  readonly held?: boolean;
}

/** @returns 0 done, 1 a median at the peers' shape is beyond what it is held to */
export async function main(args: string[]): Promise<number> {
  const { rounds, out, json } = parseOptions<{ rounds: number; out?: string; json?: boolean }>(command(), args);
  const machine = await machineOf(checkout);
  const byShape = Object.fromEntries(Object.keys(SHAPES).map((shape) => [shape, [] as Round[]]));
  for (let round = 1; round <= rounds; round++) {
    for (const [shape, config] of Object.entries(SHAPES)) {
      process.stderr.write(`round ${round} of ${rounds}: ${shape}\n`);
      byShape[shape]?.push({ step: benchStep(config, STEPS_A_ROUND), paced: await benchPaced(config, PACED_STEPS) });
    }
  }
  const figures = Object.entries(byShape).flatMap(([shape, of]) =>
    MEASURES.map((measure) => measured(shape, of, measure)),
  );
  const timeUtc = new Date(new SystemClock().nowUs() / 1000).toISOString();
  const result = { schema: 'emp/bench-step/v1', timeUtc, machine, rounds, shapes: SHAPES, figures };
  const file = out ?? RESULTS;
  writeFileSync(`${file}.new`, `${JSON.stringify(result, null, 2)}\n`);
  renameSync(`${file}.new`, file);
  if (json === true) printJson(result);
  else {
    const table = new Table({ head: ['figure', 'min', 'median', 'max', 'at most'], style: { head: [], border: [] } });
    for (const { name, min, median, max, most } of figures) table.push([name, min, median, max, most ?? '']);
    print(table.toString(), `stored in ${file}`);
  }
  return figures.every(({ held }) => held !== false) ? 0 : 1;
}

function measured(shape: string, rounds: readonly Round[], { name, most, of }: (typeof MEASURES)[number]): Measured {
  const found = figure(`${shape}${name}`, rounds.map(of));
  return most === undefined || shape === 'founder' ? found : { ...found, most, held: found.median <= most };
}

function command(): Command {
  return new Command('npm run bench -- step')
    .description('a step of the model beside an empty graph: alone, of 64 streams, paced, and beside training')
    .option('--rounds <n>', 'measurements of each shape, by turns', wholeNumberFrom(1), 9)
    .option('--out <file>', 'where the figures are stored; default: scripts/bench/step-results.json')
    .option('--json', 'one JSON object on stdout and nothing else')
    .exitOverride();
}
