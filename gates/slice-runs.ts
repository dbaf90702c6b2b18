import type { SliceOutcome } from '../policies/evaluation/evaluate.ts';
import { EvaluationPool } from '../policies/evaluation/pool.ts';
import type { SymbolSeries } from '../policies/evaluation/recording.ts';
import type { Slice } from '../policies/evaluation/slice.ts';
import type { Strategy } from '../policies/evaluation/strategy.ts';
import type { GateContext, SliceRuns } from './gate.ts';

type World = Pick<GateContext, 'config' | 'limits' | 'workers' | 'signal'>;

/** On worker threads, which start with the first run. */
export class ThreadedRuns implements SliceRuns {
  readonly #world: World;
  readonly #outcomes = new Map<string, Promise<SliceOutcome>>();
  #pool: EvaluationPool | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  evaluate(strategy: Strategy, slice: Slice): Promise<SliceOutcome> {
    const key = JSON.stringify([strategy, slice]);
    const known = this.#outcomes.get(key);
    if (known !== undefined) return known;
    const { config, limits } = this.#world;
    const outcome = this.#workers().evaluate({ strategy, slice, config, limits });
    this.#outcomes.set(key, outcome);
    // A run that failed is no answer: whoever asks again gets another try.
    outcome.catch(() => this.#outcomes.delete(key));
    return outcome;
  }

  record(slice: Slice, horizons: readonly number[]): Promise<SymbolSeries[]> {
    const { config, limits } = this.#world;
    return this.#workers().record({ slice, config, limits, horizons });
  }

  async close(): Promise<void> {
    await this.#pool?.close();
    this.#pool = undefined;
  }

  #workers(): EvaluationPool {
    this.#pool ??= new EvaluationPool(this.#world.workers, this.#world.signal);
    return this.#pool;
  }
}

/** Uses the round's shared runs, or runs of its own that end with the gate. */
export async function withRuns<T>(context: GateContext, use: (runs: SliceRuns) => Promise<T>): Promise<T> {
  if (context.runs !== undefined) return use(context.runs);
  const own = new ThreadedRuns(context);
  try {
    return await use(own);
  } finally {
    await own.close();
  }
}
