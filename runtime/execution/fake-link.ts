import type { Journal } from '../journal/journal.ts';
import type { FakeExchange, Request } from './fake-exchange.ts';
import type { NewOrder, Venue, VenueEvents } from './venue.ts';

/**
 * A connection to a `FakeExchange` with a session's guarantees: what is sent leaves after its transaction, messages
 * arrive in order, each with its number in the transaction of its effect, and a new link goes on where the journal says
 * the last one stopped.
 */
export class FakeLink implements Venue {
  /** Sent and not yet handled by the exchange; a crash may lose them from the end. */
  readonly inFlight: Request[] = [];
  /** Thrown by the next request inside its transaction, when set. */
  crash: Error | undefined;
  readonly #exchange: FakeExchange;
  readonly #journal: Journal;
  #staged: Request[] = [];
  #depth = 0;
  /** Messages before it were sent to an earlier link: they come as possible duplicates. */
  readonly #fresh: number;

  constructor(exchange: FakeExchange, journal: Journal) {
    this.#exchange = exchange;
    this.#journal = journal;
    this.#fresh = exchange.messages.length;
  }

  batch(work: () => void): void {
    this.#depth++;
    try {
      this.#journal.transaction(work);
    } finally {
      this.#depth--;
    }
    if (this.#depth > 0) return;
    this.inFlight.push(...this.#staged);
    this.#staged = [];
  }

  submit(order: NewOrder): void {
    this.#stage({ type: 'D', order });
  }

  cancel(clOrdId: string, original: NewOrder): void {
    this.#stage({ type: 'F', clOrdId, origClOrdId: original.clOrdId });
  }

  replace(
    clOrdId: string,
    original: NewOrder,
    _orderId: string | undefined,
    priceTicks: number,
    quantityLots: number,
  ): void {
    this.#stage({ type: 'G', clOrdId, origClOrdId: original.clOrdId, priceTicks, quantityLots });
  }

  massCancel(clOrdId: string): void {
    this.#stage({ type: 'q', clOrdId });
  }

  massStatus(requestId: string): void {
    this.#stage({ type: 'AF', requestId });
  }

  /** The exchange handles the oldest request; false when there is none. */
  handleOne(): boolean {
    const request = this.inFlight.shift();
    if (request !== undefined) this.#exchange.handle(request);
    return request !== undefined;
  }

  /** We receive the next message; false when there is none. */
  deliverOne(events: VenueEvents): boolean {
    const number = this.#journal.nextInbound();
    const message = this.#exchange.messages[number - 1];
    if (message === undefined) return false;
    this.batch(() => {
      this.#journal.setNextInbound(number + 1);
      message(events, number <= this.#fresh);
    });
    return true;
  }

  /** Until both sides have nothing left to say. */
  settle(events: VenueEvents): void {
    while (this.handleOne() || this.deliverOne(events));
  }

  #stage(request: Request): void {
    const crash = this.crash;
    this.crash = undefined;
    if (crash !== undefined) throw crash;
    this.#staged.push(request);
  }
}
