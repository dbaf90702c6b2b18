import { createHash } from 'node:crypto';
import { SimulatedClock } from '../clock.ts';
import type { NewOrder } from '../execution/venue.ts';
import { ACTION, ENTRY, type MarketData } from '../fix/market-data.ts';
import { type DetailedOrder, OrderMessages, type PositionReport, type VenueReport } from '../fix/order-messages.ts';
import { Session } from '../fix/session.ts';
import { MemorySessionStore, type SessionStore } from '../fix/session-store.ts';
import { writeMarketDataRequest } from '../fix/subscription-messages.ts';
import type { Transport } from '../fix/transport.ts';
import type { InstrumentTable, Side } from '../instrument.ts';

/** A participant for tests of this folder: a FIX session that keeps what it was told and acts when a step asks it. */
export class TestParticipant {
  readonly session: Session;
  readonly orders: OrderMessages;
  readonly clock: SimulatedClock;
  readonly instruments: InstrumentTable;
  /** "symbolId side" → price → lots. */
  readonly books = new Map<string, Map<number, number>>();
  readonly reports: VenueReport[] = [];
  readonly positions: PositionReport[] = [];
  /** MsgType of everything received but W, X and the session's own, with its text (58). */
  readonly others: [msgType: string, text: string][] = [];
  /** Everything received in order, in short. */
  readonly events: string[] = [];
  /** What was wrong with the book, were it ever. */
  readonly problems: string[] = [];
  readonly #received = createHash('sha256');
  readonly #symbols: readonly string[];
  subscribes = true;
  depth = 5;
  /** Called for each TestRequest, before it is answered. */
  onStep: (id: string) => void = () => undefined;
  loggedOut: string | undefined;

  constructor(
    instruments: InstrumentTable,
    options: { store?: SessionStore; symbols?: readonly string[]; startUs?: number } = {},
  ) {
    this.instruments = instruments;
    this.clock = new SimulatedClock(options.startUs);
    this.#symbols = options.symbols ?? instruments.list.map((instrument) => instrument.symbol);
    this.orders = new OrderMessages(instruments);
    this.session = new Session(
      {
        role: 'initiator',
        beginString: 'FIX.4.4',
        senderCompId: 'EMP',
        targetCompId: 'EMPSIM',
        heartbeatSeconds: 30,
        store: options.store ?? new MemorySessionStore(),
        clock: this.clock,
        instruments,
        replayable: () => false,
      },
      {
        onLogon: () => this.#onLogon(),
        onLogout: (reason) => {
          this.loggedOut = reason;
        },
        onMarketData: (m) => this.#onMarketData(m),
        onMessage: (m) => {
          this.clock.advanceTo(m.timeUs);
          this.events.push(m.msgType);
          if (m.msgType === '8' || m.msgType === '9') this.reports.push(this.orders.readReport(m));
          else if (m.msgType === 'AP') this.positions.push(this.orders.readPosition(m));
          else this.others.push([m.msgType, m.text(58) ?? '']);
        },
        onTestRequest: (id) => {
          this.events.push(`step ${id}`);
          this.onStep(id);
        },
        onHeartbeat: () => undefined,
        onDecodeError: (error) => this.problems.push(JSON.stringify(error)),
      },
    );
  }

  /** Connects, keeping a digest of every byte that arrives. */
  attach(transport: Transport): void {
    this.session.attach({
      send: (bytes) => transport.send(bytes),
      onData: (listener) =>
        transport.onData((chunk) => {
          this.#received.update(chunk);
          listener(chunk);
        }),
      onClose: (listener) => transport.onClose(listener),
      close: () => transport.close(),
    });
  }

  /** SHA-256 of all bytes received so far. */
  receivedDigest(): string {
    return this.#received.copy().digest('hex');
  }

  submit(
    clOrdId: string,
    side: Side,
    priceTicks: number,
    quantityLots: number,
    more: Partial<DetailedOrder> = {},
  ): DetailedOrder {
    const base = { clOrdId, symbolId: 0, side, priceTicks, quantityLots, timeInForce: 'day', postOnly: false } as const;
    const order: DetailedOrder = { ...base, ...more };
    this.session.send('D', (body) => this.orders.writeNewOrder(body, order, this.clock.nowUs()));
    return order;
  }

  cancel(clOrdId: string, original: NewOrder): void {
    this.session.send('F', (body) => this.orders.writeCancel(body, clOrdId, original, undefined, this.clock.nowUs()));
  }

  replace(clOrdId: string, original: NewOrder, priceTicks: number, quantityLots: number): void {
    this.session.send('G', (body) =>
      this.orders.writeReplace(body, { clOrdId, priceTicks, quantityLots }, original, undefined, this.clock.nowUs()),
    );
  }

  massCancel(clOrdId: string): void {
    this.session.send('q', (body) => this.orders.writeMassCancel(body, clOrdId, this.clock.nowUs()));
  }

  massStatus(requestId: string): void {
    this.session.send('AF', (body) => this.orders.writeMassStatus(body, requestId));
  }

  /** Best price of a side as the participant was told, or 0. */
  best(side: Side, symbolId = 0): number {
    const prices = [...(this.books.get(`${symbolId} ${side}`)?.keys() ?? [])];
    return prices.length === 0 ? 0 : side === 'buy' ? Math.max(...prices) : Math.min(...prices);
  }

  lotsAt(side: Side, priceTicks: number, symbolId = 0): number {
    return this.books.get(`${symbolId} ${side}`)?.get(priceTicks) ?? 0;
  }

  /** Reports in short: "F X3 CL1 5@100". */
  said(): string[] {
    return this.reports.map((r) => {
      const what = r.kind === 'execution' ? r.execType : `9:${r.rejectReason}`;
      const traded = r.lastLots > 0 ? ` ${r.lastLots}@${r.lastPriceTicks}` : '';
      return `${what}/${r.ordStatus} ${r.clOrdId}${traded}`;
    });
  }

  #onLogon(): void {
    if (!this.subscribes) return;
    const request = { requestId: 'MD1', subscription: 'subscribe', depth: this.depth, symbols: this.#symbols } as const;
    this.session.send('V', (body) => writeMarketDataRequest(body, request));
  }

  #onMarketData(m: MarketData): void {
    this.clock.advanceTo(m.timeUs);
    this.events.push(m.snapshot ? 'W' : 'X');
    const symbolId = m.symbolId[0] as number;
    if (m.snapshot) for (const side of ['buy', 'sell']) this.books.set(`${symbolId} ${side}`, new Map());
    for (let i = 0; i < m.count; i++) this.#applyEntry(m, i);
    const bid = this.best('buy', symbolId);
    const ask = this.best('sell', symbolId);
    if (bid !== 0 && ask !== 0 && bid >= ask) this.problems.push(`crossed ${bid} ${ask}`);
  }

  #applyEntry(m: MarketData, i: number): void {
    const type = m.entryType[i];
    const symbolId = m.symbolId[i] as number;
    if (type === ENTRY.TRADE || type === ENTRY.EMPTY) return;
    const key = `${symbolId} ${type === ENTRY.BID ? 'buy' : 'sell'}`;
    const book = this.books.get(key);
    const price = m.priceTicks[i] as number;
    if (book === undefined) {
      this.problems.push(`X before W of ${key}`);
      return;
    }
    const known = book.has(price);
    if ((m.action[i] === ACTION.NEW) === known && !m.snapshot) this.problems.push(`action ${m.action[i]} at ${price}`);
    if (m.action[i] === ACTION.DELETE) book.delete(price);
    else book.set(price, m.quantityLots[i] as number);
    if (book.size > this.depth) this.problems.push(`${book.size} levels in ${key}`);
  }
}
