/**
 * Time, and the only file that may read it.
 *
 * `Us` is microseconds since the Unix epoch: an integer, exact in a double until the year 2255.
 * Decisions read event time (a `SimulatedClock` moved by the market's own timestamps, or the `SystemClock` on a live
 * venue); `stopwatchNs` is for measuring ourselves and never reaches a decision.
 */

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Microseconds since the Unix epoch, integer. */
  nowUs(): number;
  /** Calls `fire` once, `delayUs` from now on this clock. */
  after(delayUs: number, fire: () => void): Timer;
}

export class SystemClock implements Clock {
  nowUs(): number {
    return Math.round((performance.timeOrigin + performance.now()) * 1000);
  }

  after(delayUs: number, fire: () => void): Timer {
    const handle = setTimeout(fire, Math.ceil(delayUs / 1000));
    return { cancel: () => clearTimeout(handle) };
  }
}

interface PendingTimer extends Timer {
  readonly dueUs: number;
  readonly order: number;
  readonly fire: () => void;
  cancelled: boolean;
}

/** A clock that stands still until `advanceTo`; timers fire in order of due time, then of creation. */
export class SimulatedClock implements Clock {
  #nowUs: number;
  #created = 0;
  #timers: PendingTimer[] = [];

  constructor(startUs = 0) {
    this.#nowUs = startUs;
  }

  nowUs(): number {
    return this.#nowUs;
  }

  after(delayUs: number, fire: () => void): Timer {
    const timer: PendingTimer = {
      dueUs: this.#nowUs + Math.max(0, delayUs),
      order: this.#created++,
      fire,
      cancelled: false,
      cancel() {
        this.cancelled = true;
      },
    };
    this.#timers.push(timer);
    this.#timers.sort((a, b) => a.dueUs - b.dueUs || a.order - b.order);
    return timer;
  }

  /** Moves to `timeUs`, firing what falls due on the way. A time in the past is ignored: time never runs backwards. */
  advanceTo(timeUs: number): void {
    while (this.#timers.length > 0 && (this.#timers[0] as PendingTimer).dueUs <= timeUs) {
      const timer = this.#timers.shift() as PendingTimer;
      if (timer.cancelled) continue;
      if (timer.dueUs > this.#nowUs) this.#nowUs = timer.dueUs;
      timer.fire();
    }
    if (timeUs > this.#nowUs) this.#nowUs = timeUs;
  }
}

/** Monotonic nanoseconds for latency measurements; the origin is arbitrary. */
export function stopwatchNs(): number {
  return Math.round(performance.now() * 1e6);
}

/** Resolves after `delayMs` of wall time, or rejects with the signal's reason. For supervisors, never for decisions. */
export function sleepMs(delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const stop = () => {
      clearTimeout(handle);
      reject(signal?.reason);
    };
    const handle = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, delayMs);
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/** Blocks this thread for `durationMs`: for proving that wall time changes nothing. */
export function blockMs(durationMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}
