/** What a step of the model takes when steps come at a pace, and when the process has other work. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { sleepMs, stopwatchNs } from '../../runtime/clock.ts';
import type { ModelConfig } from '../../runtime/contract.ts';
import { Engine } from '../../runtime/inference/engine.ts';
import { stepModel } from '../model/export.ts';
import { initialWeights } from '../model/parameters.ts';
import { type Quantiles, quantilesOf, scaled, stepper } from './bench.ts';
import type { TrainerData } from './bench-trainer.ts';

const WARM_UP = 20;

/** Steps that come one a millisecond, µs. */
export interface PacedBench {
  readonly alone: Quantiles;
  /** While a thread of the same process trains a model of the same shape. */
  readonly besideTraining: Quantiles;
}

/** Steps paced at a millisecond, alone and with training in a worker thread beside them. */
export async function benchPaced(config: ModelConfig, steps = 2000): Promise<PacedBench> {
  const engine = new Engine(stepModel(initialWeights(config, 1)));
  const step = stepper(engine, config, 1);
  const alone = await paced(steps, step);
  const enough = new Int32Array(new SharedArrayBuffer(4));
  const workerData: TrainerData = { config, enough };
  const worker = new Worker(new URL('./bench-trainer.ts', import.meta.url), { workerData });
  const ended = once(worker, 'exit');
  try {
    await once(worker, 'message');
    return { alone, besideTraining: await paced(steps, step) };
  } finally {
    // Asked to end rather than terminated: the runtime's threads do not outlive that.
    Atomics.store(enough, 0, 1);
    await ended;
    engine.dispose();
  }
}

async function paced(calls: number, call: () => void): Promise<Quantiles> {
  const durations = new Float64Array(calls);
  for (let i = -WARM_UP; i < calls; i++) {
    const beganNs = stopwatchNs();
    call();
    if (i >= 0) durations[i] = stopwatchNs() - beganNs;
    await sleepMs(1);
  }
  return scaled(quantilesOf(durations), 1e-3);
}
