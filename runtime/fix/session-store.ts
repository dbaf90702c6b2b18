/**
 * What a session must not lose. The runtime's journal and the venue's state file implement it.
 *
 * A session handles one inbound chunk inside `transaction`: the inbound number, the effect of every message in the
 * chunk and everything sent in answer are stored together, and bytes reach the transport only after it returned. A
 * crash therefore never leaves a number used twice, an effect without its number, or an order sent but not recorded.
 */
export interface SessionStore {
  nextInbound(): number;
  nextOutbound(): number;
  setNextInbound(seqNum: number): void;
  /**
   * Records an outgoing message under its number and makes the next one follow it; `bytes` is kept only for messages
   * that may be replayed. Numbers may be skipped: of several messages in one transaction that cannot be replayed, only
   * the last is recorded.
   */
  recordOutbound(seqNum: number, bytes: Uint8Array | undefined): void;
  /** Sets the next outgoing number (sequence reset) and forgets stored messages from that number on. */
  setNextOutbound(seqNum: number): void;
  /** Stored messages with `from ≤ seqNum ≤ to`, ascending; numbers without one are gap-filled. */
  outbound(from: number, to: number): Iterable<{ seqNum: number; bytes: Uint8Array }>;
  transaction<T>(work: () => T): T;
}

/** A store that lives as long as the process: backtests and tests. */
export class MemorySessionStore implements SessionStore {
  #nextInbound = 1;
  #nextOutbound = 1;
  readonly #sent = new Map<number, Uint8Array>();

  nextInbound(): number {
    return this.#nextInbound;
  }
  nextOutbound(): number {
    return this.#nextOutbound;
  }
  setNextInbound(seqNum: number): void {
    this.#nextInbound = seqNum;
  }
  setNextOutbound(seqNum: number): void {
    this.#nextOutbound = seqNum;
    for (const sent of this.#sent.keys()) if (sent >= seqNum) this.#sent.delete(sent);
  }
  recordOutbound(seqNum: number, bytes: Uint8Array | undefined): void {
    if (bytes !== undefined) this.#sent.set(seqNum, Uint8Array.from(bytes));
    this.#nextOutbound = seqNum + 1;
  }
  *outbound(from: number, to: number): Iterable<{ seqNum: number; bytes: Uint8Array }> {
    for (let seqNum = from; seqNum <= to; seqNum++) {
      const bytes = this.#sent.get(seqNum);
      if (bytes !== undefined) yield { seqNum, bytes };
    }
  }
  transaction<T>(work: () => T): T {
    return work();
  }
}
