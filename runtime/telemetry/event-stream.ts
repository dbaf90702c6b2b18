import type { ServerResponse } from 'node:http';
import { sleepMs } from '../clock.ts';

/** A client that does not read is cut off when this much waits for it. */
const MOST_WAITING_BYTES = 4 << 20;

/**
 * One snapshot a few times a second to every listener, as server-sent events. The snapshot is made once for all, and not
 * at all while nobody listens; a listener that is behind skips events and never delays another.
 */
export class EventStream {
  readonly #snapshot: () => object;
  readonly #intervalMs: number;
  readonly #most: number;
  readonly #listeners = new Set<ServerResponse>();
  readonly #stop = new AbortController();
  #pump: Promise<void> | undefined;

  constructor(snapshot: () => object, intervalMs: number, most: number) {
    this.#snapshot = snapshot;
    this.#intervalMs = intervalMs;
    this.#most = most;
  }

  /** False when there are as many listeners as are allowed. */
  add(response: ServerResponse): boolean {
    if (this.#listeners.size >= this.#most || this.#stop.signal.aborted) return false;
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.once('close', () => this.#listeners.delete(response));
    this.#listeners.add(response);
    response.write(this.#event());
    this.#pump ??= this.#run();
    return true;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    for (const response of this.#listeners) response.end();
    await this.#pump;
  }

  async #run(): Promise<void> {
    while (this.#listeners.size > 0 && !this.#stop.signal.aborted) {
      await sleepMs(this.#intervalMs, this.#stop.signal).catch(() => undefined);
      if (this.#listeners.size > 0 && !this.#stop.signal.aborted) this.#send();
    }
    this.#pump = undefined;
  }

  #send(): void {
    const event = this.#event();
    for (const response of this.#listeners) {
      if (response.writableLength > MOST_WAITING_BYTES) response.destroy();
      else if (!response.writableNeedDrain) response.write(event);
    }
  }

  /** An event without a name carries the snapshot; one named "failure" says why there is none. */
  #event(): string {
    try {
      return `data: ${JSON.stringify(this.#snapshot())}\n\n`;
    } catch (error) {
      return `event: failure\ndata: ${JSON.stringify({ error: (error as Error).message })}\n\n`;
    }
  }
}
