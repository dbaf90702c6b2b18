import { assert } from '../assert.ts';
import type { Clock, Timer } from '../clock.ts';
import type { InstrumentTable, Side } from '../instrument.ts';
import type { Journal } from '../journal/journal.ts';
import { type Anomaly, castsDoubt } from './anomaly.ts';
import type { Fill } from './fill.ts';
import { Flatten, type FlattenOptions } from './flatten.ts';
import { identifierOf, numberOf } from './identifiers.ts';
import { type Effect, Ledger } from './ledger.ts';
import type { Order } from './order.ts';
import type { RestingListener } from './orders.ts';
import { type Break, type Reconciliation, reconcile, VenueStatus } from './reconcile.ts';
import { fillBody, type OrderBody, orderBody, type PositionBody, reportBody } from './records.ts';
import { recover } from './recover.ts';
import { refusal } from './refusal.ts';
import { RequestRate } from './request-rate.ts';
import { type ExecutionState, stateOf } from './state.ts';
import type { NewOrder, Report, Venue, VenueEvents } from './venue.ts';

/** Event time after which an unanswered status request is repeated. */
const STATUS_PATIENCE_US = 2_000_000;

export type OrderTerms = Omit<NewOrder, 'clOrdId'>;

export interface ExecutionOptions {
  readonly venue: Venue;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly instruments: InstrumentTable;
  /** Mid of the book without our orders, half-ticks; NaN when it has none. */
  midHalfTicks(symbolId: number): number;
  onFill(fill: Fill): void;
  onAnomaly(anomaly: Anomaly): void;
  onReconciled?(result: Reconciliation): void;
  /** A request went to the venue. */
  onRequest?(action: OrderBody['action']): void;
  /** Our resting quantity at one price, for the book to leave out. */
  readonly onResting?: RestingListener;
  /** Closed orders kept for late reports. @default 100000 */
  readonly closedKept?: number;
}

/** What became of a wish to cancel or replace. `held`: sent as soon as the pending replace is answered. */
export type RequestResult = 'sent' | 'held' | 'pending' | 'closed' | 'unknown';

/**
 * Our side of every order: journals before it sends, moves only by what the venue reports, and trusts its own position
 * only while reconciliation with the venue agrees.
 *
 * Synchronous throughout, and every call is one transaction or part of the session's. An exception out of it leaves the
 * journal whole and the memory not: the process must end and start again from the journal.
 */
export class Execution implements VenueEvents {
  readonly #options: ExecutionOptions;
  readonly #ledger: Ledger;
  readonly #rate = new RequestRate();
  #lastNumber = 0;
  /** Identifiers below it were sent before the present logon. */
  #firstOfConnection = 1;
  #sessionUp = false;
  #known = false;
  /** Orders of ours that we do not remember were withdrawn, once in this connection. */
  #forgottenWithdrawn = false;
  #breaks: readonly Break[] = [];
  #status: VenueStatus | undefined;
  #askAgain: Timer | undefined;
  #flatten: Flatten | undefined;

  constructor(options: ExecutionOptions) {
    this.#options = options;
    this.#ledger = new Ledger(options.instruments, options.onResting ?? (() => {}), options.closedKept ?? 100_000);
  }

  /** Rebuilds orders, positions and identifiers from the journal. Once, before the session is attached. */
  recover(): void {
    assert(this.#lastNumber === 0, 'execution is recovered once, before anything is sent');
    this.#lastNumber = recover(this.#ledger, this.#options.instruments, this.#options.journal);
  }

  /** False until the venue's positions and orders agree with ours, and again whenever something casts doubt on it. */
  get positionKnown(): boolean {
    return this.#sessionUp && this.#known;
  }

  get flattening(): boolean {
    return this.#flatten !== undefined;
  }

  positionLots(symbolId: number): number {
    return this.#ledger.positions.lots(symbolId);
  }

  get openOrders(): number {
    return this.#ledger.orders.openCount;
  }

  /** In the order of sending. */
  orders(): Iterable<Order> {
    return this.#ledger.orders.open();
  }

  order(clOrdId: string): Order | undefined {
    return this.#ledger.orders.find(clOrdId);
  }

  /** Lots that open orders of one side may still execute at worst. */
  openLots(symbolId: number, side: Side): number {
    return this.#ledger.orders.exposureLots(symbolId, side);
  }

  /** Our acknowledged resting lots at a price: part of what the venue publishes there. */
  restingLots(symbolId: number, side: Side, priceTicks: number): number {
    return this.#ledger.orders.restingLots(symbolId, side, priceTicks);
  }

  /** Our best open price on one side; NaN for none. */
  bestPriceTicks(symbolId: number, side: Side): number {
    return this.#ledger.orders.bestPriceTicks(symbolId, side);
  }

  /** New and replace requests in the second before `timeUs`. */
  requestsLastSecond(timeUs: number): number {
    return this.#rate.lastSecond(timeUs);
  }

  state(): ExecutionState {
    return stateOf(this, this.#options.instruments, this.#breaks);
  }

  /** Sends a new order and returns its ClOrdID. @param intentSeq the journal's number of the intent behind it. */
  place(intentSeq: number, terms: OrderTerms): string {
    assert(this.#flatten === undefined, 'no order is placed while the account is being flattened');
    return this.#place(intentSeq, terms);
  }

  cancel(clOrdId: string): RequestResult {
    const order = this.#ledger.orders.find(clOrdId);
    if (order === undefined) return 'unknown';
    if (!order.open) return 'closed';
    if (order.request?.kind === 'cancel') return 'pending';
    if (order.request !== undefined) {
      order.cancelHeld = true;
      return 'held';
    }
    this.#request(order, 'cancel', order.priceTicks, order.quantityLots);
    return 'sent';
  }

  /** @param quantityLots the new total quantity, what is executed included, as OrderQty (38) means it. */
  replace(clOrdId: string, priceTicks: number, quantityLots: number): RequestResult {
    assert(this.#flatten === undefined, 'no order is replaced while the account is being flattened');
    const order = this.#ledger.orders.find(clOrdId);
    if (order === undefined) return 'unknown';
    if (!order.open) return 'closed';
    if (order.request !== undefined || !order.acknowledged) return 'pending';
    this.#request(order, 'replace', priceTicks, quantityLots);
    this.#rate.onRequest(this.#options.clock.nowUs());
    return 'sent';
  }

  massCancel(): void {
    const clOrdId = this.#nextIdentifier();
    this.#options.venue.batch(() => {
      const body: OrderBody = { action: 'massCancel', clOrdId, intentSeq: 0 };
      this.#options.journal.append('order', this.#options.clock.nowUs(), body);
      this.#options.venue.massCancel(clOrdId);
    });
    this.#options.onRequest?.('massCancel');
  }

  /** Starts taking every position to zero; a second call while one is under way returns that one. */
  flatten(options: FlattenOptions): Flatten {
    if (this.#flatten !== undefined) return this.#flatten;
    const { clock, instruments, journal, venue } = this.#options;
    const flatten = new Flatten(
      {
        clock,
        instruments,
        journal,
        batch: (work) => venue.batch(work),
        sessionUp: () => this.#sessionUp,
        positionKnown: () => this.positionKnown,
        positionLots: (symbolId) => this.positionLots(symbolId),
        openLots: (symbolId) => this.openLots(symbolId, 'buy') + this.openLots(symbolId, 'sell'),
        massCancel: () => this.massCancel(),
        cancelEach: () => {
          for (const order of [...this.orders()]) this.cancel(order.clOrdId);
        },
        place: (terms) => this.#place(0, terms),
        requestStatus: () => this.requestStatus(),
      },
      {
        ...options,
        onDone: (outcome) => {
          this.#flatten = undefined;
          options.onDone(outcome);
        },
      },
    );
    this.#flatten = flatten;
    flatten.start();
    return flatten;
  }

  onSessionUp(): void {
    this.#sessionUp = true;
    this.#known = false;
    this.#forgottenWithdrawn = false;
    this.#firstOfConnection = this.#lastNumber + 1;
    if (this.#flatten === undefined) this.requestStatus();
    else this.#flatten.onSessionUp();
  }

  onSessionDown(): void {
    this.#askAgain?.cancel();
    this.#sessionUp = false;
    this.#known = false;
    this.#status = undefined;
  }

  /** Asks the venue for everything of ours; the answer is reconciled when it is complete. An earlier question is void. */
  requestStatus(): void {
    const requestId = this.#nextIdentifier();
    this.#status = new VenueStatus(requestId, this.#options.instruments.list.length);
    this.#options.venue.batch(() => {
      this.#record({ event: 'asked', requestId });
      this.#options.venue.massStatus(requestId);
    });
    this.#askAgain?.cancel();
    this.#askAgain = this.#options.clock.after(STATUS_PATIENCE_US, () => {
      if (this.#status?.requestId === requestId && this.#flatten === undefined) this.requestStatus();
    });
  }

  onReport(report: Report): void {
    this.#options.venue.batch(() => this.#apply(report));
  }

  onStatus(requestId: string, report: Report | undefined, last: boolean): void {
    if (this.#status?.requestId !== requestId) return;
    this.#status.onStatus(report, last);
    if (report !== undefined && this.#ledger.orders.find(report.clOrdId) !== undefined) this.onReport(report);
    this.#reconcileWhenComplete();
  }

  onPosition(requestId: string, symbolId: number, lots: number, last: boolean): void {
    if (this.#status?.requestId !== requestId) return;
    this.#status.onPosition(symbolId, lots, last);
    this.#reconcileWhenComplete();
  }

  onRefused(msgType: string, clOrdId: string | undefined, text: string): void {
    this.#options.venue.batch(() => {
      const order = this.#ledger.orders.find(clOrdId ?? '');
      if (order !== undefined && clOrdId !== undefined) this.#apply(refusal(order, clOrdId, text));
      this.#anomalous({ kind: 'REQUEST_REFUSED', clOrdId: clOrdId ?? '', detail: `35=${msgType}: ${text}` });
    });
  }

  onMalformed(msgType: string, text: string): void {
    this.#options.venue.batch(() => {
      this.#anomalous({ kind: 'MALFORMED_REPORT', clOrdId: '', detail: `35=${msgType}: ${text}` });
    });
  }

  #place(intentSeq: number, terms: OrderTerms): string {
    assert(this.#sessionUp, 'orders are placed while the session is up only');
    const { clock, instruments, journal, midHalfTicks, venue } = this.#options;
    const clOrdId = this.#nextIdentifier();
    const order: NewOrder = { ...terms, clOrdId };
    const mid = midHalfTicks(order.symbolId);
    venue.batch(() => {
      journal.append('order', clock.nowUs(), orderBody(instruments, order, intentSeq, mid));
      this.#ledger.sent(order, this.#lastNumber, intentSeq, mid);
      venue.submit(order);
    });
    this.#rate.onRequest(clock.nowUs());
    this.#options.onRequest?.('new');
    return clOrdId;
  }

  #request(order: Order, kind: 'cancel' | 'replace', priceTicks: number, quantityLots: number): void {
    const { clock, instruments, journal, venue } = this.#options;
    const clOrdId = this.#nextIdentifier();
    const current = order.current;
    venue.batch(() => {
      const body: OrderBody = {
        action: kind,
        clOrdId,
        intentSeq: order.intentSeq,
        origClOrdId: current.clOrdId,
        symbol: instruments.of(order.first.symbolId).symbol,
        priceTicks,
        quantityLots,
      };
      journal.append('order', clock.nowUs(), body);
      this.#ledger.requested(order, { kind, clOrdId, priceTicks, quantityLots });
      if (kind === 'cancel') venue.cancel(clOrdId, current, order.orderId);
      else venue.replace(clOrdId, current, order.orderId, priceTicks, quantityLots);
    });
    this.#options.onRequest?.(kind);
  }

  #apply(report: Report): void {
    const { clock, instruments, journal } = this.#options;
    const effect = this.#ledger.report(report);
    if (effect.outcome !== 'duplicate' && effect.anomaly?.kind !== 'DUPLICATE_EXEC_ID') {
      journal.append('report', clock.nowUs(), reportBody(instruments, report));
    }
    if (effect.execution !== undefined) this.#filled(report, effect, effect.execution);
    if (effect.anomaly !== undefined) this.#anomalous(effect.anomaly);
    const { order } = effect;
    if (order?.cancelHeld && order.open && order.request === undefined && this.#sessionUp) {
      order.cancelHeld = false;
      this.cancel(order.clOrdId);
    }
  }

  #filled(report: Report, effect: Effect, execution: NonNullable<Effect['execution']>): void {
    const { clock, instruments, journal, midHalfTicks, onFill } = this.#options;
    const { trade, bustOf } = execution;
    const fill: Fill = {
      execId: report.execId,
      clOrdId: trade.clOrdId,
      intentSeq: effect.order?.intentSeq ?? 0,
      symbolId: trade.symbolId,
      side: trade.side,
      quantityLots: trade.lots,
      priceTicks: trade.priceTicks,
      feeMicroUsd: trade.feeMicroUsd,
      liquidity: trade.liquidity,
      midHalfTicks: midHalfTicks(trade.symbolId),
      orderMidHalfTicks: effect.order?.midHalfTicks ?? Number.NaN,
      timeUs: clock.nowUs(),
      bustOf,
    };
    journal.append('fill', fill.timeUs, fillBody(instruments, fill));
    onFill(fill);
  }

  #anomalous(anomaly: Anomaly): void {
    this.#options.journal.append('error', this.#options.clock.nowUs(), { anomaly });
    if (castsDoubt(anomaly.kind)) {
      this.#known = false;
      // An answer that is awaited covers this too: reports arrive in order, and the venue draws it up after them.
      if (this.#sessionUp && this.#status === undefined && this.#flatten === undefined) this.requestStatus();
    }
    this.#options.onAnomaly(anomaly);
  }

  #reconcileWhenComplete(): void {
    const status = this.#status;
    if (!status?.complete) return;
    this.#status = undefined;
    this.#askAgain?.cancel();
    const { instruments, venue } = this.#options;
    const result = reconcile(this.#ledger, instruments, status, this.#firstOfConnection);
    venue.batch(() => {
      for (const order of result.closed) this.#ledger.presumeClosed(order);
      for (const order of result.lapsed) this.#ledger.lapse(order);
      this.#record({
        event: 'reconciled',
        requestId: result.requestId,
        positions: Object.fromEntries(
          instruments.list.map(({ symbol }, symbolId) => [
            symbol,
            { oursLots: this.positionLots(symbolId), venueLots: result.venueLots[symbolId] },
          ]),
        ),
        openOrders: result.openOrders,
        closed: result.closed.map((order) => order.first.clOrdId),
        lapsed: result.lapsed.map((order) => order.first.clOrdId),
        breaks: result.breaks,
      });
      this.#breaks = result.breaks;
      this.#known = result.breaks.length === 0;
      this.#options.onReconciled?.(result);
      this.#flatten?.onReconciled(result);
      if (this.#flatten === undefined) this.#withdrawForgotten(result.breaks);
    });
  }

  /** Orders under our identifiers that a restored journal does not have: nobody looks after them any more. */
  #withdrawForgotten(breaks: readonly Break[]): void {
    const forgotten = breaks.some((b) => b.kind === 'UNKNOWN_OPEN_ORDER' && numberOf(b.clOrdId) !== undefined);
    if (!forgotten || this.#forgottenWithdrawn) return;
    this.#forgottenWithdrawn = true;
    this.massCancel();
    this.requestStatus();
  }

  #record(body: PositionBody): void {
    this.#options.journal.append('position', this.#options.clock.nowUs(), body);
  }

  #nextIdentifier(): string {
    return identifierOf(++this.#lastNumber);
  }
}
