import type { Clock } from '../clock.ts';
import type { FieldReader } from '../fix/message.ts';
import { Session } from '../fix/session.ts';
import type { MemorySessionStore } from '../fix/session-store.ts';
import type { Transport } from '../fix/transport.ts';
import { VenueMessages } from '../fix/venue-messages.ts';
import type { InstrumentTable } from '../instrument.ts';
import type { FakeExchange, Request } from './fake-exchange.ts';
import type { Report, VenueEvents } from './venue.ts';

/** A `FakeExchange` behind a FIX acceptor: what it says goes over the wire, and what arrives is handled at once. */
export class FakeAcceptor {
  readonly session: Session;
  readonly #exchange: FakeExchange;
  readonly #instruments: InstrumentTable;
  readonly #messages: VenueMessages;
  readonly #clock: Clock;
  #said = 0;

  constructor(exchange: FakeExchange, instruments: InstrumentTable, clock: Clock, store: MemorySessionStore) {
    this.#exchange = exchange;
    this.#instruments = instruments;
    this.#messages = new VenueMessages(instruments);
    this.#clock = clock;
    this.session = new Session(
      {
        role: 'acceptor',
        beginString: 'FIX.4.4',
        senderCompId: 'EMPSIM',
        targetCompId: 'EMP',
        heartbeatSeconds: 30,
        store,
        clock,
        instruments,
        replayable: (msgType) => ['8', '9', 'r'].includes(msgType),
      },
      {
        onLogon: () => {},
        onLogout: () => {},
        onMarketData: () => {},
        onTestRequest: () => {},
        onHeartbeat: () => {},
        onDecodeError: () => {},
        onMessage: (message) => this.#onMessage(message),
      },
    );
  }

  attach(transport: Transport): void {
    this.session.attach(transport);
  }

  /** Sends what the exchange has to say and has not said. Reports wait in the store while the participant is away. */
  say(): void {
    this.session.batch(() => {
      for (; this.#said < this.#exchange.messages.length; this.#said++) {
        this.#exchange.messages[this.#said](this.#wire(), false);
      }
    });
  }

  #onMessage(message: FieldReader): void {
    const request = requestOf(this.#messages, this.#instruments, message);
    if (request === undefined) return;
    this.#exchange.handle(request);
    this.say();
  }

  /** Writes what the exchange says as FIX. */
  #wire(): VenueEvents {
    const { session } = this;
    const messages = this.#messages;
    const timeUs = this.#clock.nowUs();
    const say = (report: Report, status?: { requestId: string; total: number; last: boolean }) => {
      const outgoing = {
        ...report,
        orderId: report.orderId === '' ? 'NONE' : report.orderId,
        symbol: this.#instruments.of(report.symbolId).symbol,
        rejectReason: undefined,
        responseTo: undefined,
        tradedTicksLots: 0,
        timeInForce: 'day',
        timeUs,
        status,
      } as const;
      session.send(VenueMessages.msgType(report), (body) => {
        messages.writeReport(body, outgoing);
        if (report.execRefId !== undefined) body.text(19, report.execRefId);
      });
    };
    const total = this.#exchange.open.length;
    return {
      onReport: (report) => say(report),
      onStatus: (requestId, report, last) => {
        if (report !== undefined) say(report, { requestId, total, last });
        else session.send('8', (body) => messages.writeNoOrders(body, requestId, `NO-${requestId}`, timeUs));
      },
      onPosition: (requestId, symbolId, positionLots, last) => {
        const position = { requestId, symbolId, positionLots, total: this.#instruments.list.length, last };
        session.send('AP', (body) => messages.writePosition(body, position, timeUs));
      },
      onRefused: (_msgType, clOrdId, text) => {
        const report = { clOrdId: clOrdId ?? '', cancelled: 0, defect: { code: 99, text } };
        session.send('r', (body) => messages.writeMassCancelReport(body, report, timeUs));
      },
      onMalformed: () => {},
    };
  }
}

function requestOf(messages: VenueMessages, instruments: InstrumentTable, message: FieldReader): Request | undefined {
  const read = messages.readRequest(message);
  if (read === undefined || read.kind === 'orderStatus') return undefined;
  if (read.kind === 'massStatus') return { type: 'AF', requestId: read.requestId };
  if (read.kind === 'massCancel') return { type: 'q', clOrdId: read.clOrdId };
  if (read.kind === 'cancel') return { type: 'F', clOrdId: read.clOrdId, origClOrdId: read.origClOrdId };
  if (read.kind === 'replace') {
    const { clOrdId, origClOrdId, priceTicks, quantityLots } = read;
    return { type: 'G', clOrdId, origClOrdId, priceTicks, quantityLots };
  }
  const { clOrdId, side, priceTicks, quantityLots, timeInForce, postOnly } = read;
  const symbolId = instruments.idOf(read.symbol);
  return { type: 'D', order: { clOrdId, symbolId, side, priceTicks, quantityLots, timeInForce, postOnly } };
}
