import { MemorySessionStore, type SessionStore } from '../fix/session-store.ts';
import type { Side } from '../instrument.ts';

/** One execution as the venue recorded it: what a participant's books are reconciled against. */
export interface ExecutionRecord {
  /** ExecID (17), unique for the life of the state. */
  readonly execId: string;
  readonly timeUs: number;
  readonly orderId: string;
  readonly clOrdId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly lots: number;
  readonly priceTicks: number;
  readonly liquidity: 'maker' | 'taker';
  readonly feeMicroUsd: number;
  /** The participant's position in the symbol after it, lots. */
  readonly positionLots: number;
}

/** A participant's request, numbered from 1 in order of receipt, with the event time before which it has no effect. */
export interface StoredRequest {
  readonly id: number;
  readonly effectUs: number;
  /** JSON of a `VenueRequest`. */
  readonly body: string;
}

/** Everything the venue was at the end of a step. */
export interface Checkpoint {
  readonly step: number;
  /** Requests up to this id are in it. */
  readonly appliedRequests: number;
  /** JSON. */
  readonly body: string;
}

/** What a state holds when it is opened: the venue goes on from here. */
export interface RecoveredVenue {
  readonly checkpoint: Checkpoint | undefined;
  /** Steps that were completed, and told to the participant, before the stop. */
  readonly step: number;
  /** Requests that the checkpoint does not hold, ascending. */
  readonly requests: readonly StoredRequest[];
  readonly lastRequestId: number;
}

/**
 * The venue's memory. A step, everything sent in it and its executions are one transaction; so are a received chunk and
 * the requests in it. Between checkpoints only inputs are stored: the market is a function of its seed (or log) and of
 * the requests, so a venue that was killed repeats the steps since the checkpoint and stands where it stood.
 */
export interface VenueState extends SessionStore {
  recovered(): RecoveredVenue;
  addRequest(request: StoredRequest): void;
  addExecution(execution: ExecutionRecord): void;
  completeStep(step: number): void;
  saveCheckpoint(checkpoint: Checkpoint): void;
  /** All executions, oldest first. */
  executions(): Iterable<ExecutionRecord>;
  executionCount(): number;
  close(): void;
}

/** A state that lives as long as the process: backtests, gates, tests. */
export class MemoryVenueState extends MemorySessionStore implements VenueState {
  readonly #executions: ExecutionRecord[] = [];
  #requests: StoredRequest[] = [];
  #checkpoint: Checkpoint | undefined;
  #step = 0;
  #lastRequestId = 0;

  recovered(): RecoveredVenue {
    return {
      checkpoint: this.#checkpoint,
      step: this.#step,
      requests: [...this.#requests],
      lastRequestId: this.#lastRequestId,
    };
  }
  addRequest(request: StoredRequest): void {
    this.#requests.push(request);
    this.#lastRequestId = request.id;
  }
  addExecution(execution: ExecutionRecord): void {
    this.#executions.push(execution);
  }
  completeStep(step: number): void {
    this.#step = step;
  }
  saveCheckpoint(checkpoint: Checkpoint): void {
    this.#checkpoint = checkpoint;
    this.#requests = this.#requests.filter((request) => request.id > checkpoint.appliedRequests);
  }
  executions(): Iterable<ExecutionRecord> {
    return this.#executions;
  }
  executionCount(): number {
    return this.#executions.length;
  }
  close(): void {}
}
