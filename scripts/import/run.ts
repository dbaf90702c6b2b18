import { BadInput } from '../../policies/markets/bad-input.ts';
import { LogError } from '../../runtime/replay/log-error.ts';

/** Options that every market has. */
export interface CommonFlags {
  readonly output: string;
  readonly verify?: true;
  readonly json?: true;
}

export interface Outcome {
  /** Nothing contradicts anything. */
  readonly sound: boolean;
  /** What is printed. */
  readonly text: string;
}

/** @returns 0 sound, 1 a mismatch, 2 bad input, 3 interrupted */
export async function runImport(work: (signal: AbortSignal) => Promise<Outcome>): Promise<number> {
  const interrupt = new AbortController();
  const stop = () => interrupt.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    const { sound, text } = await work(interrupt.signal);
    clearProgress();
    process.stdout.write(text);
    return sound ? 0 : 1;
  } catch (error) {
    clearProgress();
    if (interrupt.signal.aborted) {
      process.stderr.write('interrupted; a log that has its own name is whole, but may not be verified\n');
      return 3;
    }
    if (!(error instanceof BadInput || error instanceof LogError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

/** A progress line where somebody watches. */
export function showProgress(what: string): ((count: number) => void) | undefined {
  return process.stderr.isTTY ? (count) => process.stderr.write(`\r${what} ${count}`) : undefined;
}

function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
}
