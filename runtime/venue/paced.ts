import { sleepMs, stopwatchNs } from '../clock.ts';
import { Random } from '../random.ts';
import type { VenueServer } from './server.ts';

export interface PaceOptions {
  /** Event seconds per wall second, or as fast as the participant answers. */
  readonly speed: number | 'max';
  readonly signal: AbortSignal;
  /**
   * At a numeric speed the market goes on without its participant once it has been away for this long; at 'max' it
   * waits. It waits for the first logon in any case. @default 5000
   */
  readonly awayPatienceMs?: number;
  /** At a numeric speed a connected participant that does not answer a step for this long is dropped. @default 30_000 */
  readonly silencePatienceMs?: number;
  /** Wall time of a random stall before each step, at most; for showing that wall time changes nothing. @default 0 */
  readonly stallMsMax?: number;
}

/**
 * Steps a venue whose participant answers over a network: each step waits for the answer to the one before, then for
 * its time. Ends when the market is over, or when the signal says so; the participant is still logged on then.
 */
export async function runPaced(venue: VenueServer, options: PaceOptions): Promise<'ended' | 'stopped'> {
  const { speed, signal, awayPatienceMs = 5000, silencePatienceMs = 30_000, stallMsMax = 0 } = options;
  const stalls = Random.of('venue stalls');
  let seen = venue.steps > 0;
  let away = false;
  let dueNs = stopwatchNs();
  // A step is over when it is answered: what the participant still asks for may keep the venue from being done.
  while ((venue.waiting || !venue.done) && !signal.aborted) {
    seen ||= venue.connected;
    away &&= !venue.connected;
    if (!venue.connected && !away) {
      const back = await until(
        venue,
        () => venue.connected,
        speed === 'max' || !seen ? undefined : awayPatienceMs,
        signal,
      );
      away = !back && !signal.aborted;
    } else if (venue.waiting) {
      const patienceMs = speed === 'max' ? undefined : silencePatienceMs;
      const answered = await until(venue, () => !venue.waiting, patienceMs, signal);
      if (!answered && !signal.aborted) venue.drop();
    } else {
      if (stallMsMax > 0) await pause(stalls.float() * stallMsMax, signal);
      if (venue.waiting || signal.aborted) continue;
      const fromUs = venue.timeUs;
      venue.step();
      if (speed === 'max') continue;
      const stepNs = ((venue.timeUs - fromUs) * 1000) / speed;
      dueNs = Math.max(stopwatchNs(), dueNs + stepNs); // what was lost by waiting is not caught up with
      await pause((dueNs - stopwatchNs()) / 1e6, signal);
    }
  }
  return venue.done ? 'ended' : 'stopped';
}

/** True when the condition holds, false after `timeoutMs` or when the signal fires. */
export async function until(
  venue: VenueServer,
  condition: () => boolean,
  timeoutMs: number | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  const finished = new AbortController();
  const limits = AbortSignal.any([signal, finished.signal]);
  let expired = false;
  const expiry = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true, signal: finished.signal });
    if (timeoutMs === undefined) return;
    sleepMs(timeoutMs, limits).then(
      () => {
        expired = true;
        resolve();
      },
      () => undefined,
    );
  });
  try {
    while (!condition() && !expired && !signal.aborted) {
      await Promise.race([expiry, new Promise<void>((resolve) => venue.onChange(resolve))]);
    }
    return condition();
  } finally {
    finished.abort();
  }
}

async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  await sleepMs(Math.max(0, delayMs), signal).catch(() => undefined);
}
