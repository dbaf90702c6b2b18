import type { Clock } from '../clock.ts';
import { type BodyWriter, Encoder } from './encoder.ts';
import type { SessionStore } from './session-store.ts';
import type { Transport } from './transport.ts';

export interface SessionLinkOptions {
  readonly beginString: string;
  readonly senderCompId: string;
  readonly targetCompId: string;
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly replayable: (msgType: string) => boolean;
  /** Bytes have left for the peer. */
  readonly onSent: () => void;
  /** A transaction threw, and nothing of it was kept or sent; or the transport threw. It is closed now. */
  readonly onFailure: () => void;
}

/**
 * A session's numbers, its transactions and its way to the transport: everything that must not depend on what the
 * messages mean. Numbers are the store's; inside a transaction `expected` and `nextOutbound` are its working copies.
 */
export class SessionLink {
  /** The next inbound number, inside a transaction. */
  expected = 1;
  readonly #options: SessionLinkOptions;
  readonly #encoder: Encoder;
  #transport: Transport | undefined;
  #nextOutbound = 1;
  #inTransaction = false;
  /** The last number given out has no record of its own yet. */
  #unrecorded = false;
  #flushing = false;
  #ending = false;

  constructor(options: SessionLinkOptions) {
    this.#options = options;
    this.#encoder = new Encoder(options);
  }

  get transport(): Transport | undefined {
    return this.#transport;
  }

  set transport(transport: Transport) {
    this.#transport = transport;
    this.#ending = false;
  }

  /** The next outbound number, inside a transaction. */
  get nextOutbound(): number {
    return this.#nextOutbound;
  }

  /** Runs `work` as one transaction of the store, joins the one that is running; then sends what was queued. */
  transact<T>(work: () => T): T {
    if (this.#inTransaction) return work();
    const { store } = this.#options;
    const { out } = this.#encoder;
    const queued = out.length;
    let result: T;
    this.#inTransaction = true;
    try {
      result = store.transaction(() => this.#withNumbers(work));
    } catch (error) {
      out.length = queued;
      this.#unrecorded = false;
      throw this.#failed(error);
    } finally {
      this.#inTransaction = false;
    }
    this.#flush();
    return result;
  }

  /** Numbers and records a message, and queues its bytes when `transmit`; returns its number. */
  send(msgType: string, write: (body: BodyWriter) => void, transmit: boolean): number {
    const seqNum = this.#nextOutbound;
    const { out } = this.#encoder;
    const from = this.#encoder.encode(msgType, seqNum, write);
    this.#nextOutbound = seqNum + 1;
    this.#unrecorded = !this.#options.replayable(msgType);
    if (!this.#unrecorded) this.#options.store.recordOutbound(seqNum, out.bytes.subarray(from, out.length));
    if (!transmit) out.length = from;
    return seqNum;
  }

  /** Queues the numbers `from`…`to` once more: stored messages as possible duplicates, gap fills for the rest. */
  resend(from: number, to: number): void {
    this.#recordSkipped();
    let next = from;
    for (const sent of this.#options.store.outbound(from, to)) {
      if (sent.seqNum > next) this.#encoder.fillGap(next, sent.seqNum);
      this.#encoder.replay(sent.bytes, sent.seqNum);
      next = sent.seqNum + 1;
    }
    if (next <= to) this.#encoder.fillGap(next, to + 1);
  }

  /** Both sequences begin anew at 1. */
  resetNumbers(): void {
    this.#options.store.setNextOutbound(1);
    this.#nextOutbound = 1;
    this.#unrecorded = false;
    this.expected = 1;
  }

  /** Closes the transport when what is queued has left. */
  end(): void {
    this.#ending = true;
  }

  #withNumbers<T>(work: () => T): T {
    const { store } = this.#options;
    const expected = store.nextInbound();
    this.expected = expected;
    this.#nextOutbound = store.nextOutbound();
    const result = work();
    this.#recordSkipped();
    if (this.expected !== expected) store.setNextInbound(this.expected);
    return result;
  }

  /** Makes the store know the last number given out, when it has no record of its own. */
  #recordSkipped(): void {
    if (this.#unrecorded) this.#options.store.recordOutbound(this.#nextOutbound - 1, undefined);
    this.#unrecorded = false;
  }

  /** Sends what is queued. A peer in memory answers at once, and its answers' answers are queued here meanwhile. */
  #flush(): void {
    if (this.#flushing) return;
    const { out } = this.#encoder;
    this.#flushing = true;
    try {
      while (out.length > 0) {
        const bytes = out.bytes.subarray(0, out.length);
        out.length = 0;
        this.#options.onSent();
        // The transport copies before it delivers anything, so `out` may be filled again meanwhile.
        this.#transport?.send(bytes);
      }
    } catch (error) {
      throw this.#failed(error);
    } finally {
      this.#flushing = false;
    }
    if (this.#ending) this.#close();
  }

  #failed(error: unknown): unknown {
    this.#close();
    this.#options.onFailure();
    return error;
  }

  #close(): void {
    const transport = this.#transport;
    this.#ending = false;
    this.#transport = undefined;
    transport?.close();
  }
}
