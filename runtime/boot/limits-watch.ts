import { readFile } from 'node:fs/promises';
import type { Clock, Timer } from '../clock.ts';
import { type Limits, limits as limitsSchema } from '../contract.ts';
import { sha256Of } from '../evidence/digest.ts';
import { type Document, InputError, parseDocument } from './documents.ts';

/** Wall time between two looks: a limit holds a second or so after its file changed. */
const INTERVAL_US = 1_000_000;

export type LimitsChange = Readonly<Record<string, readonly [before: number, after: number]>>;

export interface LimitsWatchOptions {
  readonly file: string;
  readonly inForce: Document<Limits>;
  readonly clock: Clock;
  /** @throws InputError unless the files as they are now are approved together */
  approved(): void;
  onChange(document: Document<Limits>, changed: LimitsChange): void;
  /** A document that is not taken, told once; the limits in force stay. */
  onRefused(problem: string): void;
}

/**
 * Looks at the limits file and swaps what is sound, without a restart.
 *
 * Every limit bounds something from above, so a document that raises none can only reduce risk: it is taken at once. One
 * that raises any is taken only under an approval of exactly these files. Reads by name each time, because a mounted
 * ConfigMap changes by another folder taking its place.
 */
export class LimitsWatch {
  readonly #options: LimitsWatchOptions;
  #inForce: Document<Limits>;
  /** What was judged last: neither a refusal nor an acceptance is repeated. */
  #judged: string;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(options: LimitsWatchOptions) {
    this.#options = options;
    this.#inForce = options.inForce;
    this.#judged = options.inForce.digest;
    this.#schedule();
  }

  get inForce(): Document<Limits> {
    return this.#inForce;
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** One look; also what the timer does. */
  async look(): Promise<void> {
    const { file } = this.#options;
    let bytes: Buffer;
    try {
      bytes = await readFile(file);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      this.#judge(code, () => {
        throw new InputError(`${file}: cannot be read (${code})`);
      });
      return;
    }
    if (this.#stopped) return;
    this.#judge(sha256Of(bytes), () => this.#take(parseDocument(file, bytes, limitsSchema)));
  }

  /** An approval may arrive a moment after the limits that it covers: a refusal for want of one is looked at again. */
  #judge(what: string, work: () => void): void {
    const repeated = what === this.#judged;
    if (what === this.#inForce.digest) {
      this.#judged = what;
      return;
    }
    this.#judged = what;
    try {
      work();
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      if (!repeated) this.#options.onRefused(`${error.message}; the limits in force stay`);
    }
  }

  #take(document: Document<Limits>): void {
    const changed = changes(this.#inForce.value, document.value);
    const raised = Object.entries(changed).filter(([, [before, after]]) => after > before);
    if (raised.length > 0) {
      try {
        this.#options.approved();
      } catch (cause) {
        if (!(cause instanceof InputError)) throw cause;
        const [[name, [before, after]]] = raised as [[string, readonly [number, number]]];
        throw new InputError(
          `${this.#options.file}: ${name} is raised (${before} to ${after}), only an approved slot may raise a limit: ${cause.message}`,
          { cause },
        );
      }
    }
    this.#inForce = document;
    this.#options.onChange(document, changed);
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer = this.#options.clock.after(INTERVAL_US, () => void this.look().finally(() => this.#schedule()));
  }
}

function changes(before: Limits, after: Limits): LimitsChange {
  const names = (Object.keys(limitsSchema.shape) as (keyof Limits)[]).filter((name) => before[name] !== after[name]);
  return Object.fromEntries(names.map((name) => [name, [before[name], after[name]]]));
}
