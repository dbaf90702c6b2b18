import { z } from 'zod';
import { SystemClock, sleepMs } from '../../runtime/clock.ts';
import { readEvents } from './event-lines.ts';
import { runtimeSnapshot } from './snapshot-schema.ts';
import type { ViewEvent } from './view.ts';

/** The runtime speaks four times a second: this long without a word is a lost line. */
const SILENCE_MS = 5_000;
const RECONNECT_MS = 500;

const clock = new SystemClock();

/**
 * Reads a runtime's /stream and publishes what it says, until the signal fires. A runtime that goes away, falls silent
 * or talks nonsense is told as a `link` event; it is tried again twice a second, so a restart heals by itself.
 *
 * @param url of the stream, such as http://127.0.0.1:9464/stream
 * @param silenceMs wall time without a word after which the line counts as lost
 */
export async function relay(
  url: string,
  publish: (event: ViewEvent) => void,
  signal: AbortSignal,
  silenceMs = SILENCE_MS,
): Promise<void> {
  let state: 'unknown' | 'connected' | 'away' = 'unknown';
  const say = (next: 'connected' | 'away', because: string) => {
    if (state === next) return;
    state = next;
    publish({ kind: 'link', state: next, sinceUs: clock.nowUs(), because });
  };
  while (!signal.aborted) {
    try {
      await readOnce(url, signal, silenceMs, (event) => {
        publish(event);
        say('connected', '');
      });
      say('away', 'the runtime ended its stream');
    } catch (error) {
      if (signal.aborted) return;
      say('away', causeOf(error as Error));
    }
    await sleepMs(RECONNECT_MS, signal).catch(() => undefined);
  }
}

/** One connection, to its end. @throws Error with the reason when it breaks */
async function readOnce(
  url: string,
  signal: AbortSignal,
  silenceMs: number,
  publish: (event: ViewEvent) => void,
): Promise<void> {
  const broken = new AbortController();
  const give = () => broken.abort(new Error(`the runtime was silent for ${silenceMs} ms`));
  let watchdog = clock.after(silenceMs * 1000, give);
  try {
    const answer = await fetch(url, { signal: AbortSignal.any([signal, broken.signal]) });
    if (!answer.ok || answer.body === null) throw new Error(`the runtime answered ${answer.status}`);
    for await (const { name, data } of readEvents(answer.body)) {
      watchdog.cancel();
      watchdog = clock.after(silenceMs * 1000, give);
      if (name === 'failure') throw new Error(`the runtime has no snapshot: ${data}`);
      if (name === 'message') publish({ kind: 'runtime', snapshot: parseSnapshot(data) });
    }
  } finally {
    watchdog.cancel();
    broken.abort();
  }
}

function parseSnapshot(data: string): z.output<typeof runtimeSnapshot> {
  const parsed = runtimeSnapshot.safeParse(JSON.parse(data));
  if (!parsed.success) throw new Error(`the runtime sent no snapshot: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function causeOf(error: Error): string {
  const { cause } = error;
  return cause instanceof Error ? `${error.message}: ${cause.message}` : error.message;
}
