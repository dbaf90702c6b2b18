import '../../runtime/inference/telemetry.ts';
import path from 'node:path';
import { Piscina } from 'piscina';
import type { TrainedWeights } from '../evolution/evolve.ts';
import type { SliceOutcome } from './evaluate.ts';
import type { SymbolSeries } from './recording.ts';
import type { EvaluateTask, RecordTask, TrainTask } from './worker.ts';

interface Waiting {
  start(): Promise<void>;
  reject(reason: unknown): void;
}

/**
 * Worker threads for the units of learning and gating; each unit is a function of its arguments.
 *
 * No thread is ever ended with a unit in its hands: torn down inside the inference engine it would take the process with
 * it. So the units that wait are kept here and not in the pool, whose own way of closing ends threads that are busy.
 */
export class EvaluationPool {
  readonly #pool: Piscina;
  readonly #workers: number;
  readonly #signal: AbortSignal;
  readonly #waiting: Waiting[] = [];
  readonly #active = new Set<Promise<void>>();
  #closed: Promise<void> | undefined;

  /** Aborting the signal rejects every unit at once, with its reason. */
  constructor(workers: number, signal: AbortSignal) {
    this.#workers = workers;
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

  /** Drops what waits, lets what runs end, then ends the threads. */
  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    for (const { reject } of this.#waiting.splice(0)) reject(new Error('the pool is closed'));
    await Promise.all(this.#active);
    await this.#pool.destroy();
  }

  #run<T>(name: string, task: object): Promise<T> {
    const signal = this.#signal;
    return new Promise<T>((resolve, reject) => {
      signal.throwIfAborted();
      if (this.#closed !== undefined) throw new Error('the pool is closed');
      const stop = () => reject(signal.reason);
      signal.addEventListener('abort', stop, { once: true });
      const start = async () => {
        try {
          if (!signal.aborted) resolve(await this.#pool.run(task, { name }));
        } catch (error) {
          reject(error);
        } finally {
          signal.removeEventListener('abort', stop);
        }
      };
      this.#waiting.push({ start, reject });
      this.#advance();
    });
  }

  #advance(): void {
    while (this.#active.size < this.#workers) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      const unit: Promise<void> = next.start().then(() => {
        this.#active.delete(unit);
        this.#advance();
      });
      this.#active.add(unit);
    }
  }
}
