/**
 * What the model's parts hold only at size: cost linear in length, memory that does not grow with it, gates that find a slow
 * step and broken blocks.
 *
 * Usage: node scripts/suites/model.ts [PART-OF-A-CASE'S-NAME]
 */
import path from 'node:path';
import { type Latency, ssdLatency, verdictOf } from '../../gates/ssd-latency.ts';
import { ssdVsLstm, ssdVsLstmOf } from '../../gates/ssd-vs-lstm.ts';
import { contextOf, untrained } from '../../gates/testing.ts';
import { Graph } from '../../policies/graph/graph.ts';
import { concat, matmul, scale, tanh, unsqueeze } from '../../policies/graph/ops.ts';
import { serialise } from '../../policies/graph/serialise.ts';
import { stateShapes } from '../../policies/model/network.ts';
import { writeModels } from '../../policies/model/policy-folder.ts';
import { benchStream } from '../../policies/training/bench.ts';
import type { ModelConfig } from '../../runtime/contract.ts';
import { loadPolicy } from '../../runtime/policy/load.ts';
import { blockStep } from '../bench/peers/block-step.ts';
import { PEER_BLOCKS } from '../bench/peers/peer-blocks.ts';
import { brokenBlock, type Defect } from './broken-blocks.ts';
import { hold, inFolder, Suite } from './suite.ts';

const MOST_A_DOUBLING = 2.15;
/** One series: more of them fit a core's cache at the short length and not at the long one, and then it is the cache that shows. */
const SHORT = 256;
const LONG = 16_384;
const BATCH = 1;
/** Rounds of both lengths before a step counts as too dear: a neighbour on the machine may cost one round, not all of them. */
const ROUNDS = 12;

/** @returns processor time of one training step on one thread, µs */
function stepUs(step: { run(): number }, length: number): number {
  const repeats = Math.max(1, Math.round(2048 / length));
  const before = process.cpuUsage();
  for (let k = 0; k < repeats; k++) step.run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / repeats;
}

/**
 * What a doubling of the length costs, as the mean over the six from 256 to 16,384: single doublings also show where the
 * step outgrows a cache. Least times over alternating rounds, as many as it takes.
 */
function linear(kind: string): void {
  const [short, long] = [SHORT, LONG].map((length) =>
    blockStep(PEER_BLOCKS[kind] as ModelConfig, BATCH, length, 1),
  ) as [ReturnType<typeof blockStep>, ReturnType<typeof blockStep>];
  short.run();
  long.run();
  const least = { short: Number.POSITIVE_INFINITY, long: Number.POSITIVE_INFINITY };
  let doubling = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS && doubling > MOST_A_DOUBLING; round++) {
    least.short = Math.min(least.short, stepUs(short, SHORT));
    least.long = Math.min(least.long, stepUs(long, LONG));
    doubling = (least.long / least.short) ** (1 / Math.log2(LONG / SHORT));
  }
  console.log(`        ${kind}: ${doubling.toFixed(3)} times a doubling of the length`);
  hold(doubling <= MOST_A_DOUBLING, `a doubling costs ${doubling} times, at most ${MOST_A_DOUBLING} is allowed`);
}

const FOUNDER: ModelConfig = {
  kind: 'ssd',
  features: 15,
  dModel: 32,
  heads: 2,
  headDim: 16,
  stateDim: 16,
  layers: 1,
  chunk: 32,
  horizons: [8, 40, 120],
};
const MIB = 2 ** 20;

const suite = new Suite(process.argv[2]);
for (const kind of ['ssd', 'mamba3']) {
  await suite.check(`the cost of a training step is linear in its length, ${kind}`, () => linear(kind));
}
await suite.check('a million rows block by block take no more memory than half of them', () => {
  const grown = benchStream(FOUNDER, 1_000_000).grownBytes;
  hold(grown < 32 * MIB, `the process grew by ${(grown / MIB).toFixed(0)} MiB over the second half`);
});
await suite.check('ssd-latency passes a policy of the usual size, or says what of it is slow here', async () => {
  await inFolder(async (folder) => {
    const verdict = await ssdLatency.run(untrained(path.join(folder, 'sound'), 1), contextOf());
    console.log(`        ${verdict.because}`);
    hold((verdict.measured['ratio'] as number) <= 4, verdict.because);
  });
});
await suite.check('ssd-latency fails a step with a slow operation', async () => {
  await inFolder(async (folder) => {
    const { directory, manifest } = untrained(path.join(folder, 'slow'), 1);
    const { sequence } = loadPolicy(directory).models;
    const { schema: _, files: __, model, ...parts } = manifest;
    writeModels(directory, parts, model, sequence, slowStep(model as ModelConfig));
    const slow = loadPolicy(directory);
    const verdict = await ssdLatency.run({ directory, manifest: slow.manifest, digest: slow.digest }, contextOf());
    hold(verdict.status === 'failed', `it passed: ${verdict.because}`);
    hold(/^too slow: a step is \S+ times an empty graph's/.test(verdict.because), verdict.because);
  });
});
await suite.check('each of its three figures decides', () => {
  const fast: Latency = { stepNs: 20, emptyNs: 10, stepOf64Ns: 50, emptyOf64Ns: 20, pacedP50Ns: 30, pacedP99Ns: 60 };
  hold(verdictOf(fast).status === 'passed', verdictOf(fast).because);
  for (const change of [{ stepNs: 41 }, { stepOf64Ns: 161 }, { pacedP99Ns: 121 }]) {
    hold(verdictOf({ ...fast, ...change }).status === 'failed', `${JSON.stringify(change)} passed`);
  }
});
for (const defect of ['none', 'decay sign', 'off-by-one state', 'missing gate'] as const satisfies readonly Defect[]) {
  const expected = defect === 'none' ? 'passed' : 'failed';
  const name = defect === 'none' ? 'passes a block without a defect' : `fails a block with this defect: ${defect}`;
  await suite.check(`ssd-vs-lstm ${name}`, async () => {
    const gate = ssdVsLstmOf((config) => brokenBlock(config, defect));
    await inFolder(async (folder) => {
      const { horizons: _, ...model } = { ...FOUNDER, dModel: 16, headDim: 8 };
      const candidate = untrained(path.join(folder, 'block'), 1, { model: model as Partial<typeof FOUNDER> });
      const { status, because } = await gate.run(candidate, contextOf());
      console.log(`        ${because}`);
      hold(status === expected, because);
    });
  });
}
for (const angles of [4, 0]) {
  const name = angles > 0 ? 'passes Mamba-3' : 'fails Mamba-3 that does not turn, at parity';
  await suite.check(`ssd-vs-lstm ${name}`, async () => {
    await inFolder(async (folder) => {
      const candidate = untrained(path.join(folder, 'block'), 1);
      const turning = { kind: 'mamba3', angles, rank: 1, decay: 'softplus' } as const;
      const model: ModelConfig = { ...FOUNDER, ...turning, dModel: 16, headDim: 8 };
      const { status, because } = await ssdVsLstm.run(
        { ...candidate, manifest: { ...candidate.manifest, model } },
        contextOf(),
      );
      console.log(`        ${because}`);
      hold(angles > 0 ? status === 'passed' : status === 'failed' && because.includes('parity'), because);
    });
  });
}
process.exitCode = suite.end();

/** A step model of the same contract that multiplies big matrices for nothing. */
function slowStep(config: ModelConfig): Uint8Array {
  const graph = new Graph();
  const features = graph.input('features', ['S', config.features]);
  const width = 512;
  const noise = (rows: number, columns: number) =>
    graph.constant(
      [rows, columns],
      Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i) / 30),
    );
  let x = matmul(features, noise(config.features, width));
  for (let i = 0; i < 6; i++) x = tanh(matmul(x, noise(width, width)));
  const each = unsqueeze(matmul(x, noise(width, config.horizons.length)), -1);
  const states = stateShapes(config).map((shape, i) => {
    const state = graph.input(`state_${i}`, ['S', ...shape]);
    return [`next_state_${i}`, scale(state, 0.5)] as const;
  });
  return serialise(graph, { forecast: concat([each, each], -1), ...Object.fromEntries(states) });
}
