/** Keeps a target at a repository's head: at each new one, and again after ever longer pauses where that did not succeed. */
import { sleepMs, stopwatchNs } from '../../runtime/clock.ts';

export interface Following {
  /** The repository's head. A remote that is away throws, and is waited for. */
  head(): Promise<string>;
  /** @returns whether the target is what the head says; what throws did not succeed either */
  bring(): Promise<boolean>;
  /** Told what was thrown, once for as long as it is the same. */
  told(complaint: string): void;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** How often the head is asked for; the first pause is twice as long, the longest a hundred times. @default 3000 */
  readonly everyMs?: number;
}

export async function followHead({ head, bring, told, signal, everyMs = 3000 }: Following): Promise<void> {
  let tried: string | undefined;
  let failures = 0;
  let againNs = 0;
  let complaint = '';
  while (!signal.aborted) {
    try {
      const now = await head();
      const another = now !== tried;
      if (another || (failures > 0 && stopwatchNs() >= againNs)) {
        tried = now;
        const before = another ? 0 : failures;
        failures = before + 1;
        againNs = stopwatchNs() + pauseNs(failures, everyMs);
        if (await bring()) failures = 0;
        complaint = '';
      }
    } catch (error) {
      const { message } = error as Error;
      if (message !== complaint) told(message);
      complaint = message;
    }
    await sleepMs(everyMs, signal).catch(() => {});
  }
}

function pauseNs(failures: number, everyMs: number): number {
  return everyMs * Math.min(2 ** failures, 100) * 1e6;
}
