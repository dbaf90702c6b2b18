/** What the suites share: cases one after another, counted, told as they end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stopwatchNs } from '../../runtime/clock.ts';

/** A case that does not hold says so by throwing. */
export class Suite {
  readonly #only: string | undefined;
  #passed = 0;
  #failed = 0;
  #skipped = 0;

  /** @param only runs just the cases whose name contains it */
  constructor(only: string | undefined) {
    this.#only = only;
  }

  async check(name: string, hold: () => void | Promise<void>): Promise<void> {
    if (this.#only !== undefined && !name.includes(this.#only)) return;
    const beganNs = stopwatchNs();
    let problem: string | undefined;
    try {
      await hold();
    } catch (error) {
      problem = (error as Error).message;
    }
    const seconds = ((stopwatchNs() - beganNs) / 1e9).toFixed(1);
    if (problem === undefined) {
      this.#passed++;
      console.log(`passed  ${name} (${seconds} s)`);
      return;
    }
    this.#failed++;
    console.log(`FAILED  ${name} (${seconds} s)\n        ${problem.replaceAll('\n', '\n        ')}`);
  }

  skip(name: string, reason: string): void {
    this.#skipped++;
    console.log(`SKIP: ${name}: ${reason}`);
  }

  /** Says how many there were. @returns the exit code: 1 when one failed, or none ran */
  end(): number {
    console.log(`${this.#passed} passed, ${this.#failed} failed, ${this.#skipped} skipped`);
    return this.#failed > 0 || this.#passed + this.#skipped === 0 ? 1 : 0;
  }
}

/** @throws Error with `problem` unless the condition holds */
export function hold(condition: boolean, problem: string): asserts condition {
  if (!condition) throw new Error(problem);
}

/** Gives `work` a new empty folder that is gone afterwards. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-suite-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
