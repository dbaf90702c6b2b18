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
  readonly #stop = () => {
    this.close().catch(() => {});
  };
  #closed: Promise<void> | undefined;

  /**
   * Aborting the signal rejects every unit at once, with its reason. Threads end after the unit in their hands: one that
   * is torn down inside the inference engine takes the process with it.
   */
  constructor(workers: number, signal: AbortSignal) {
    this.#signal = signal;
    this.#pool = new Piscina({
      filename: path.join(import.meta.dirname, 'worker.ts'),
      minThreads: workers,
      maxThreads: workers,
      recordTiming: false,
    });
    signal.addEventListener('abort', this.#stop, { once: true });
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

  /** Resolves when every thread has ended. */
  close(): Promise<void> {
    this.#signal.removeEventListener('abort', this.#stop);
    this.#closed ??= this.#pool.close({ force: true });
    return this.#closed;
  }

  async #run<T>(name: string, task: object): Promise<T> {
    const signal = this.#signal;
    signal.throwIfAborted();
    return new Promise<T>((resolve, reject) => {
      const stop = () => reject(signal.reason);
      signal.addEventListener('abort', stop, { once: true });
      this.#pool
        .run(task, { name })
        .finally(() => signal.removeEventListener('abort', stop))
        .then(resolve, reject);
    });
  }
}
