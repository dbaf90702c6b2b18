/** The run that `kill.test.ts` interrupts: long enough to be killed several times, short enough for a test. */
import type { ModelConfig } from '../../runtime/contract.ts';
import { syntheticRows } from './synthetic.ts';
import type { TrainingOptions } from './trainer.ts';

const config: ModelConfig = {
  kind: 'ssd',
  features: 4,
  dModel: 8,
  heads: 2,
  headDim: 8,
  stateDim: 8,
  layers: 1,
  chunk: 16,
  horizons: [1, 4],
};

export function killedRun(): TrainingOptions {
  const data = syntheticRows(5, 1000, config.features, config.horizons.length);
  return { config, data, seed: 5, steps: 1200, learningRate: 1e-2, shape: { batch: 4, length: 32 } };
}
