import { type Clock, SystemClock, stopwatchNs } from '../runtime/clock.ts';
import type { VerdictCache } from './cache.ts';
import { furtherGates, type GateName, gateCatalog } from './catalog.ts';
import type { Candidate, Finding, Gate, GateContext, JudgedSlot, Verdict } from './gate.ts';
import { inputsDigest, judgedParts } from './inputs.ts';
import { further, gates as registered } from './registry.ts';
import { ThreadedRuns } from './slice-runs.ts';
import { thresholds } from './thresholds.ts';

export type GateEvent =
  | { readonly kind: 'started'; readonly gate: GateName }
  /** `share` is 0…1. */
  | { readonly kind: 'progress'; readonly gate: GateName; readonly share: number; readonly note: string | undefined }
  /** It could not run, and is tried once more. */
  | { readonly kind: 'retried'; readonly gate: GateName; readonly because: string }
  | {
      readonly kind: 'finished';
      readonly gate: GateName;
      readonly verdict: Verdict;
      /** It was not run: nothing that it follows from has changed since. */
      readonly cached: boolean;
    };

/** What all gates of a round are told; the rest of their context is made here. */
export type RoundContext = Omit<GateContext, 'runs' | 'progress'>;

export interface RunOptions {
  /** @default every gate */
  readonly only?: readonly GateName[];
  readonly onEvent?: (event: GateEvent) => void;
  /** @default the product's own */
  readonly gates?: readonly Gate[];
  /** Of timeouts and of the pause before a second try. @default the system's */
  readonly clock?: Clock;
  /** Verdicts of earlier rounds. @default none: every gate runs */
  readonly cache?: VerdictCache;
}

/**
 * Holds a candidate to its gates and returns a verdict of each, in the catalogue's order. Gates run side by side as far
 * as `workers` allows. A gate that throws or takes too long could not run: it is tried once more, and is `errored` when
 * it fails again.
 *
 * @throws the signal's reason when aborted: a round that was cut short has no verdicts
 */
export async function runGates(
  candidate: Candidate,
  context: RoundContext,
  options: RunOptions = {},
): Promise<readonly Verdict[]> {
  const { only, onEvent = () => {}, gates = registered, clock = new SystemClock(), cache } = options;
  const { signal } = context;
  signal.throwIfAborted();
  const ended = new AbortController();
  const roundSignal = AbortSignal.any([signal, ended.signal]);
  const runs = new ThreadedRuns({ ...context, signal: roundSignal });
  const seats = new Seats(context.workers);
  const wanted = only === undefined ? gates : [...gates, ...further].filter(({ name }) => only.includes(name));
  try {
    return await Promise.all(
      wanted.map(async (gate) => {
        const { cpu } = catalogued(gate.name);
        const inputs = cache === undefined ? {} : { inputs: inputsDigest(gate.name, candidate, context) };
        const named = { ...inputs, ...slotInputs(gate.name, context) };
        const known = inputs.inputs === undefined ? undefined : cache?.find(gate.name, candidate.digest, inputs.inputs);
        if (known !== undefined) {
          const verdict = { ...known, inputs: named };
          onEvent({ kind: 'finished', gate: gate.name, verdict, cached: true });
          return verdict;
        }
        const leave = await seats.take(cpu, roundSignal);
        try {
          const found = await hold(gate, candidate, { ...context, runs, signal: roundSignal }, clock, onEvent);
          const verdict = { ...found, inputs: named };
          await cache?.keep(verdict, candidate.digest);
          onEvent({ kind: 'finished', gate: gate.name, verdict, cached: false });
          return verdict;
        } finally {
          leave();
        }
      }),
    );
  } finally {
    ended.abort(new Error('the round of gates is over'));
    await runs.close();
  }
}

/** One gate, with its second try. */
async function hold(
  gate: Gate,
  candidate: Candidate,
  context: Omit<GateContext, 'progress'>,
  clock: Clock,
  onEvent: (event: GateEvent) => void,
): Promise<Verdict> {
  const { name } = gate;
  onEvent({ kind: 'started', gate: name });
  const startedNs = stopwatchNs();
  const progress = (share: number, note?: string) => onEvent({ kind: 'progress', gate: name, share, note });
  let finding = await attempt(gate, candidate, { ...context, progress }, clock);
  if (finding.status === 'errored') {
    onEvent({ kind: 'retried', gate: name, because: finding.because });
    await pause(clock, thresholds.round.retryAfterMs * 1000, context.signal);
    finding = await attempt(gate, candidate, { ...context, progress }, clock);
  }
  return { gate: name, ...finding, seconds: (stopwatchNs() - startedNs) / 1e9 };
}

/** Digests of the slot's parts that the gate's claim is about; none when the round judges no slot. */
function slotInputs(name: GateName, { slot }: RoundContext): Partial<JudgedSlot> {
  if (slot === undefined) return {};
  const parts = judgedParts(catalogued(name)).filter((part) => part !== 'policy');
  return Object.fromEntries(parts.map((part) => [part, slot[part]]));
}

async function attempt(gate: Gate, candidate: Candidate, context: GateContext, clock: Clock): Promise<Finding> {
  const { timeoutSeconds } = catalogued(gate.name);
  const late = new AbortController();
  const signal = AbortSignal.any([context.signal, late.signal]);
  const timer = clock.after(timeoutSeconds * 1e6, () =>
    late.abort(new Error(`it took longer than ${timeoutSeconds} s`)),
  );
  try {
    return await orAborted(gate.run(candidate, { ...context, signal }), signal);
  } catch (error) {
    context.signal.throwIfAborted();
    return { status: 'errored', because: `could not run: ${messageOf(error)}`, measured: {}, thresholds: {} };
  } finally {
    timer.cancel();
  }
}

/** The work's result, or the signal's reason, whichever is first: a gate that ignores its signal holds nobody up. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

function pause(clock: Clock, delayUs: number, signal: AbortSignal): Promise<void> {
  let timer: { cancel(): void } | undefined;
  const waited = new Promise<void>((resolve) => {
    timer = clock.after(delayUs, resolve);
  });
  return orAborted(waited, signal).finally(() => timer?.cancel());
}

/** Message of an error and of what caused it, on one line. */
function messageOf(error: unknown): string {
  const messages: string[] = [];
  for (let cause = error; cause !== undefined; cause = cause instanceof Error ? cause.cause : undefined) {
    const message = cause instanceof Error ? cause.message : String(cause);
    if (!messages.some((known) => known.includes(message))) messages.push(message);
  }
  return messages.join(': ').replaceAll('\n', ' ');
}

function catalogued(name: GateName): (typeof gateCatalog | typeof furtherGates)[number] {
  const row = [...gateCatalog, ...furtherGates].find((known) => known.name === name);
  if (row === undefined) throw new Error(`gate ${name} is not in the catalogue`);
  return row;
}

/** As many seats as there are workers, taken in the order asked for; a gate that wants more than there are takes all. */
class Seats {
  readonly #all: number;
  #free: number;
  readonly #waiting: { readonly seats: number; readonly enter: () => void }[] = [];

  constructor(all: number) {
    this.#all = Math.max(1, all);
    this.#free = this.#all;
  }

  async take(wanted: number, signal: AbortSignal): Promise<() => void> {
    const seats = Math.min(wanted, this.#all);
    if (this.#waiting.length > 0 || this.#free < seats) {
      await orAborted(new Promise<void>((enter) => this.#waiting.push({ seats, enter })), signal);
    } else {
      this.#free -= seats;
    }
    return () => {
      this.#free += seats;
      this.#admit();
    };
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next !== undefined && next.seats <= this.#free; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#free -= next.seats;
      next.enter();
    }
  }
}
