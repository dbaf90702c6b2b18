import type { Clock } from '../clock.ts';
import type { FieldReader } from '../fix/message.ts';
import { OrderMessages, type VenueReport } from '../fix/order-messages.ts';
import { FixFieldError } from '../fix/refusal.ts';
import { type MessageReject, readMessageReject } from '../fix/reject-messages.ts';
import type { Session } from '../fix/session.ts';
import type { InstrumentTable } from '../instrument.ts';
import type { NewOrder, Venue, VenueEvents } from './venue.ts';

/** Requests whose number is remembered, to know what a session-level Reject (3) is about. */
const REMEMBERED = 4096;
const OURS = new Set(['D', 'F', 'G', 'H', 'q', 'AF']);

/**
 * Order entry over a FIX session, whatever carries it. The session's store must be the journal that execution writes:
 * then an order, its record and its sequence number are one transaction, and its bytes leave after it.
 */
export class FixVenue implements Venue {
  readonly #session: Pick<Session, 'send' | 'batch'>;
  readonly #messages: OrderMessages;
  readonly #clock: Clock;
  /** MsgSeqNum of a request → its identifier. */
  readonly #sent = new Map<number, string>();

  constructor(session: Pick<Session, 'send' | 'batch'>, instruments: InstrumentTable, clock: Clock) {
    this.#session = session;
    this.#messages = new OrderMessages(instruments);
    this.#clock = clock;
  }

  submit(order: NewOrder): void {
    const seqNum = this.#session.send('D', (body) => this.#messages.writeNewOrder(body, order, this.#clock.nowUs()));
    this.#remember(seqNum, order.clOrdId);
  }

  cancel(clOrdId: string, original: NewOrder, orderId: string | undefined): void {
    const seqNum = this.#session.send('F', (body) =>
      this.#messages.writeCancel(body, clOrdId, original, orderId, this.#clock.nowUs()),
    );
    this.#remember(seqNum, clOrdId);
  }

  replace(
    clOrdId: string,
    original: NewOrder,
    orderId: string | undefined,
    priceTicks: number,
    quantityLots: number,
  ): void {
    const replacement = { clOrdId, priceTicks, quantityLots };
    const seqNum = this.#session.send('G', (body) =>
      this.#messages.writeReplace(body, replacement, original, orderId, this.#clock.nowUs()),
    );
    this.#remember(seqNum, clOrdId);
  }

  /** H: one order's status, told like any report. @param requestId told again in the answer */
  orderStatus(order: NewOrder, orderId: string | undefined, requestId: string): void {
    const seqNum = this.#session.send('H', (body) =>
      this.#messages.writeStatusRequest(body, order, orderId, requestId),
    );
    this.#remember(seqNum, requestId);
  }

  massCancel(clOrdId: string): void {
    const seqNum = this.#session.send('q', (body) =>
      this.#messages.writeMassCancel(body, clOrdId, this.#clock.nowUs()),
    );
    this.#remember(seqNum, clOrdId);
  }

  massStatus(requestId: string): void {
    const seqNum = this.#session.send('AF', (body) => this.#messages.writeMassStatus(body, requestId));
    this.#remember(seqNum, requestId);
  }

  batch(work: () => void): void {
    this.#session.batch(work);
  }

  /**
   * Gives a message of order entry to `events`; false when it is about something else.
   *
   * @throws FixFieldError for a malformed one, after `onMalformed`: the session answers it with Reject (3).
   */
  read(message: FieldReader, events: VenueEvents): boolean {
    try {
      return this.#read(message, events);
    } catch (error) {
      if (error instanceof FixFieldError) events.onMalformed(message.msgType, error.message);
      throw error;
    }
  }

  #read(message: FieldReader, events: VenueEvents): boolean {
    switch (message.msgType) {
      case '8':
      case '9':
        this.#onReport(message, events);
        return true;
      case 'AP': {
        const { requestId, symbolId, positionLots, last } = this.#messages.readPosition(message);
        events.onPosition(requestId, symbolId, positionLots, last);
        return true;
      }
      case 'r': {
        const { clOrdId, refused, text } = this.#messages.readMassCancelReport(message);
        if (refused) events.onRefused('q', clOrdId, text ?? 'no reason given');
        return true;
      }
      case '3':
      case 'j':
        return this.#onRefused(message, events);
      default:
        return false;
    }
  }

  #onReport(message: FieldReader, events: VenueEvents): void {
    const read: VenueReport = this.#messages.readReport(message);
    const { status, ...rest } = read;
    const report = rest.execType === 'H' ? { ...rest, execRefId: message.text(19) } : rest;
    if (status === undefined) events.onReport(report);
    else events.onStatus(status.requestId, status.total === 0 ? undefined : report, status.last);
  }

  #onRefused(message: FieldReader, events: VenueEvents): boolean {
    const reject = readMessageReject(message);
    const clOrdId = this.#named(reject);
    // What is known to be about something else is not ours to read. What tells nothing of what it is about may be about an
    // order: it is told, never passed over.
    if (clOrdId === undefined && reject.refMsgType !== undefined && !OURS.has(reject.refMsgType)) return false;
    events.onRefused(reject.refMsgType ?? '', clOrdId, reject.because);
    return true;
  }

  /** The identifier of the request that was refused: by its number, or as a j may name it. */
  #named({ refSeqNum, refId }: MessageReject): string | undefined {
    return this.#sent.get(refSeqNum ?? 0) ?? refId;
  }

  #remember(seqNum: number, clOrdId: string): void {
    this.#sent.set(seqNum, clOrdId);
    if (this.#sent.size <= REMEMBERED) return;
    const [oldest] = this.#sent.keys();
    this.#sent.delete(oldest);
  }
}
