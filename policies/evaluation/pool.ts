import path from 'node:path';
import { Piscina } from 'piscina';
import type { TrainedWeights } from '../evolution/evolve.ts';
import type { SliceOutcome } from './evaluate.ts';
import type { SymbolSeries } from './recording.ts';
import type { EvaluateTask, RecordTask, TrainTask } from './worker.ts';

/** Worker threads for the units of learning and gating; each unit is a function of its arguments. */
export class EvaluationPool {
  readonly #pool: Piscina;
  readonly #signal: AbortSignal;

  /** Aborting the signal ends running units, too. */
  constructor(workers: number, signal: AbortSignal) {
    this.#signal = signal;
    this.#pool = new Piscina({
      filename: path.join(import.meta.dirname, 'worker.ts'),
      minThreads: workers,
      maxThreads: workers,
      recordTiming: false,
    });
  }

  record(task: RecordTask): Promise<SymbolSeries[]> {
    return this.#run('record', task);
  }

  train(task: TrainTask): Promise<TrainedWeights> {
    return this.#run('train', task);
  }

  evaluate(task: EvaluateTask): Promise<SliceOutcome> {
    return this.#run('evaluate', task);
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  #run<T>(name: string, task: object): Promise<T> {
    return this.#pool.run(task, { name, signal: this.#signal });
  }
}
