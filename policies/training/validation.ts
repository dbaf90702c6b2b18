/** The loss on rows that training does not see, by which a run ends early and its best weights are kept. */
import type { ModelConfig } from '../../runtime/contract.ts';
import { Engine, tensor } from '../../runtime/inference/engine.ts';
import { Batches } from './batches.ts';
import type { LossKind } from './loss.ts';
import type { Rows } from './rows.ts';
import type { TrainingState } from './state.ts';
import { type BatchShape, lossModel } from './step-graph.ts';

export interface ValidationOptions {
  readonly data: Rows;
  /** Steps between two looks. */
  readonly everySteps: number;
  /** Looks without a better loss after which the run ends. */
  readonly patience: number;
}

/** Windows are drawn once, so that every look sees the same ones. */
const BATCHES = 4;

export class Validation {
  readonly #engine: Engine;
  readonly #options: ValidationOptions;
  readonly #batches: Batches;
  readonly #shape: BatchShape;

  constructor(options: ValidationOptions, config: ModelConfig, shape: BatchShape, kind: LossKind, seed: number) {
    this.#options = options;
    this.#shape = shape;
    this.#engine = new Engine(lossModel(config, shape, kind));
    this.#batches = new Batches(options.data, shape, seed);
  }

  /** Looks when it is time to, and keeps the weights when they are the best so far. */
  look(state: TrainingState): void {
    if (state.step % this.#options.everySteps !== 0) return;
    const loss = this.#loss(state.theta);
    state.validationLosses.push(loss);
    if (!(loss < (state.best?.loss ?? Number.POSITIVE_INFINITY))) return;
    state.best = { step: state.step, loss, theta: state.theta.slice() };
  }

  /** Whether it has been long enough since the best. */
  ended({ best, step }: TrainingState): boolean {
    const { everySteps, patience } = this.#options;
    return best !== undefined && step - best.step >= everySteps * patience;
  }

  dispose(): void {
    this.#engine.dispose();
  }

  #loss(theta: Float32Array): number {
    const { batch } = this.#batches;
    const { data } = this.#options;
    const rows = [this.#shape.batch, this.#shape.length];
    const found = new Float32Array(1);
    let sum = 0;
    for (let i = 0; i < BATCHES; i++) {
      this.#batches.fill(i);
      const feeds = {
        theta: tensor(theta, [theta.length]),
        features: tensor(batch.features, [...rows, data.features]),
        labels: tensor(batch.labels, [...rows, data.horizons]),
        weights: tensor(batch.weights, [...rows, data.horizons]),
      };
      this.#engine.run(feeds, { loss: tensor(found, [1]) });
      sum += found[0] as number;
    }
    return sum / BATCHES;
  }
}
