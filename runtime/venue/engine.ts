import { assert } from '../assert.ts';
import { Random } from '../random.ts';
import type { Market, MarketEvent, MarketFactory } from './market.ts';
import { type DeskListener, OrderDesk } from './order-desk.ts';
import type { VenueRequest } from './request.ts';
import type { Checkpoint, StoredRequest } from './venue-state.ts';

export interface EngineOptions {
  readonly market: MarketFactory;
  /** Seed of the latencies; the market has its own. */
  readonly seed: number;
  /** Event time of one step. */
  readonly stepUs: number;
  /** A request takes effect this long after the end of the step it was received in: lognormal around the median. */
  readonly latency: { readonly medianUs: number; readonly sigma: number };
  /** The step at whose end the venue begins to close although its market could go on. */
  readonly endStep: number | undefined;
  /** The same by event time: the first step that ends at or after it. */
  readonly endUs: number | undefined;
  /** Steps for which the venue stays open after its market ended, for a participant to get flat. */
  readonly closingSteps: number;
}

export interface EngineListener extends DeskListener {
  /** Event time moves; told before what happens at it. */
  onTime(timeUs: number): void;
  onEvent(event: MarketEvent): void;
}

interface EngineState {
  readonly originUs: number;
  readonly closingSince: number | undefined;
  readonly market: unknown;
  readonly desk: unknown;
}

/**
 * The venue without its wire: a market and an order desk that advance together in steps of event time. A function of
 * its options, of the requests and of the steps in which they were received: no clock, no wall time. `repeat` relies on
 * that to stand where a killed venue stood.
 */
export class VenueEngine {
  readonly market: Market;
  readonly desk: OrderDesk;
  readonly #options: EngineOptions;
  readonly #listener: EngineListener;
  readonly #pending: StoredRequest[] = [];
  readonly #originUs: number;
  #step = 0;
  #lastRequestId = 0;
  #appliedRequests = 0;
  /** The step at whose end the market was over. */
  #closingSince: number | undefined;

  constructor(options: EngineOptions, listener: EngineListener, checkpoint?: Checkpoint) {
    const from = checkpoint === undefined ? undefined : (JSON.parse(checkpoint.body) as EngineState);
    this.#options = options;
    this.#listener = listener;
    this.market = options.market.open(from?.market);
    this.desk = new OrderDesk(this.market, listener, from?.desk);
    this.market.listen({
      onFill: (number, lots, priceTicks, liquidity) => {
        this.#listener.onTime(this.market.timeUs);
        this.desk.onFill(number, lots, priceTicks, liquidity);
      },
      onEvent: (event) => {
        this.#listener.onTime(event.timeUs);
        this.#listener.onEvent(event);
      },
    });
    this.#originUs = from?.originUs ?? this.market.timeUs;
    this.#step = checkpoint?.step ?? 0;
    this.#appliedRequests = checkpoint?.appliedRequests ?? 0;
    this.#lastRequestId = this.#appliedRequests;
    this.#closingSince = from?.closingSince;
  }

  /** Steps completed. */
  get step(): number {
    return this.#step;
  }

  /** Event time at which step `n` ends. */
  endOf(step: number): number {
    return this.#originUs + step * this.#options.stepUs;
  }

  /** True when the market is over (its log's end, or the end that was set): the participant should get flat. */
  get closing(): boolean {
    return this.#closingSince !== undefined;
  }

  /** True when nothing more happens here: closing, and the participant is flat or had its time. */
  get done(): boolean {
    if (this.#closingSince === undefined) return false;
    const idle = this.#pending.length === 0 && this.desk.flat;
    return idle || this.#step >= this.#closingSince + this.#options.closingSteps;
  }

  /** Takes a request in; it takes effect in a later step, and never before one that was received before it. */
  receive(request: VenueRequest): StoredRequest {
    const id = this.#lastRequestId + 1;
    const { medianUs, sigma } = this.#options.latency;
    // A stream of its own for each request: the latency depends on the request's number alone, not on how often the
    // venue was restarted before it.
    const latencyUs = Math.max(1, Math.round(medianUs * Math.exp(sigma * this.#latencyStream(id).gaussian())));
    const effectUs = this.endOf(this.#step) + latencyUs;
    const stored = { id, effectUs, body: JSON.stringify(request) };
    this.#queue(stored);
    return stored;
  }

  /** Advances by one step of event time. */
  runStep(): void {
    const endUs = this.endOf(this.#step + 1);
    for (let next = this.#pending[0]; next !== undefined && next.effectUs <= endUs; next = this.#pending[0]) {
      this.market.advanceTo(next.effectUs);
      this.#listener.onTime(next.effectUs);
      this.desk.apply(JSON.parse(next.body) as VenueRequest);
      this.#appliedRequests = next.id;
      this.#pending.shift();
    }
    this.market.advanceTo(endUs);
    this.#listener.onTime(endUs);
    this.#step++;
    const { endStep = Number.POSITIVE_INFINITY, endUs: lastUs = Number.POSITIVE_INFINITY } = this.#options;
    if (this.market.done || this.#step >= endStep || endUs >= lastUs) this.#closingSince ??= this.#step;
  }

  /** Runs the steps up to `step` again with the requests received in them, whose answers are known already. */
  repeat(step: number, requests: readonly StoredRequest[], lastRequestId: number): void {
    for (const request of requests) this.#queue(request);
    while (this.#step < step) this.runStep();
    this.#lastRequestId = lastRequestId;
  }

  checkpoint(): Checkpoint {
    const state: EngineState = {
      originUs: this.#originUs,
      closingSince: this.#closingSince,
      market: this.market.state(),
      desk: this.desk.state(),
    };
    return { step: this.#step, appliedRequests: this.#appliedRequests, body: JSON.stringify(state) };
  }

  #queue(request: StoredRequest): void {
    assert(request.id > this.#lastRequestId, `request ${request.id} came after ${this.#lastRequestId}`);
    this.#pending.push(request);
    this.#lastRequestId = request.id;
  }

  #latencyStream(requestId: number): Random {
    return Random.of(this.#options.seed, 'venue', 'latency', requestId);
  }
}
