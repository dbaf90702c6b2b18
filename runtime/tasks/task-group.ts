import { assert } from '../assert.ts';
import { sleepMs } from '../clock.ts';

export interface TaskGroupOptions {
  /** Cancels the group when it fires. */
  readonly signal?: AbortSignal;
  /** Time that tasks have to end once they are cancelled; wall time. @default 10000 */
  readonly shutdownMs?: number;
}

/** One task's failure, with the task's name. */
export class TaskFailure extends Error {
  override readonly name = 'TaskFailure';
  readonly task: string;

  constructor(task: string, cause: unknown) {
    super(`${task}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.task = task;
  }
}

/**
 * Owns background work, so that none is detached: each task has a name and a signal, the first failure cancels the
 * others, and `wait` returns only when all have ended, or names those that would not.
 *
 * A task that ends by throwing the signal's own reason after it was cancelled has not failed.
 */
export class TaskGroup {
  readonly #options: TaskGroupOptions;
  readonly #controller = new AbortController();
  readonly #running = new Map<string, Promise<void>>();
  readonly #failures: TaskFailure[] = [];
  readonly #onOuterAbort: () => void;

  constructor(options: TaskGroupOptions = {}) {
    this.#options = options;
    this.#onOuterAbort = () => this.cancel(options.signal?.reason);
    if (options.signal?.aborted) this.#onOuterAbort();
    else options.signal?.addEventListener('abort', this.#onOuterAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Names of the tasks that have not ended, in the order of their start. */
  get running(): string[] {
    return [...this.#running.keys()];
  }

  /** Starts `work` before the next event; not at all when the group is cancelled already. Running names are unique. */
  spawn(name: string, work: (signal: AbortSignal) => Promise<void>): void {
    assert(!this.#running.has(name), `a task named "${name}" is running already`);
    if (this.signal.aborted) return;
    this.#running.set(name, this.#follow(name, work));
  }

  /** Tells every task to end. Later calls change nothing. */
  cancel(reason: unknown = new Error('the group was cancelled')): void {
    this.#controller.abort(reason);
  }

  /**
   * Resolves when every task has ended, those included that are spawned meanwhile.
   *
   * @throws TaskFailure of the one task that failed, or AggregateError of several. A task that has not ended
   * `shutdownMs` after the cancellation counts as failed.
   */
  async wait(): Promise<void> {
    const settled = new AbortController();
    try {
      await Promise.race([this.#allEnded(), this.#deadline(settled.signal)]);
    } finally {
      settled.abort();
      this.#options.signal?.removeEventListener('abort', this.#onOuterAbort);
    }
    const [first, ...others] = this.#failures;
    if (first === undefined) return;
    if (others.length === 0) throw first;
    const messages = this.#failures.map((failure) => failure.message).join('; ');
    throw new AggregateError(this.#failures, `${this.#failures.length} tasks failed: ${messages}`);
  }

  /** Cancels and waits. @throws as `wait` does. */
  async stop(reason?: unknown): Promise<void> {
    this.cancel(reason);
    await this.wait();
  }

  async #follow(name: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    try {
      // Registered before it runs: a task may throw at once.
      await Promise.resolve();
      if (!this.signal.aborted) await work(this.signal);
    } catch (error) {
      if (!this.signal.aborted || error !== this.signal.reason) {
        const failure = new TaskFailure(name, error);
        this.#failures.push(failure);
        this.cancel(failure);
      }
    } finally {
      this.#running.delete(name);
    }
  }

  async #allEnded(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  async #deadline(settled: AbortSignal): Promise<void> {
    const shutdownMs = this.#options.shutdownMs ?? 10_000;
    await aborted(this.signal, settled);
    await sleepMs(shutdownMs, settled).catch(() => undefined);
    if (settled.aborted) return;
    for (const name of this.running) {
      this.#failures.push(new TaskFailure(name, new Error(`did not stop within ${shutdownMs} ms`)));
    }
  }
}

/** Resolves when either signal fires. */
function aborted(...signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const either = AbortSignal.any([...signals]);
    if (either.aborted) resolve();
    else either.addEventListener('abort', () => resolve(), { once: true });
  });
}
