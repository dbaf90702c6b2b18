import type { InstrumentTable } from '../instrument.ts';
import { numberOf } from './identifiers.ts';
import type { Ledger } from './ledger.ts';
import type { Order } from './order.ts';
import type { Report } from './venue.ts';

/** Why what we believe and what the venue says cannot both be true. */
export type Break =
  | { readonly kind: 'POSITION_BREAK'; readonly symbol: string; readonly oursLots: number; readonly venueLots: number }
  | { readonly kind: 'UNKNOWN_OPEN_ORDER'; readonly clOrdId: string }
  | { readonly kind: 'UNKNOWN_SYMBOL_POSITION'; readonly venueLots: number }
  | { readonly kind: 'SYMBOL_NOT_AT_VENUE'; readonly symbol: string };

export interface Reconciliation {
  readonly requestId: string;
  readonly breaks: readonly Break[];
  /** As the venue books them, by instrument id; NaN for a symbol that it does not have. */
  readonly venueLots: readonly number[];
  /** Orders of ours that the venue holds open. */
  readonly openOrders: number;
  readonly closed: readonly Order[];
  readonly lapsed: readonly Order[];
}

/** The answer to one mass status request, gathered until it is complete. */
export class VenueStatus {
  readonly requestId: string;
  readonly listed: Report[] = [];
  /** By instrument id; NaN until told. */
  readonly venueLots: number[];
  unknownSymbolLots = 0;
  #listComplete = false;
  #positionsComplete = false;

  constructor(requestId: string, symbols: number) {
    this.requestId = requestId;
    this.venueLots = new Array(symbols).fill(Number.NaN);
  }

  onStatus(report: Report | undefined, last: boolean): void {
    if (report !== undefined) this.listed.push(report);
    if (last) this.#listComplete = true;
  }

  onPosition(symbolId: number, lots: number, last: boolean): void {
    if (symbolId >= 0) this.venueLots[symbolId] = lots;
    else this.unknownSymbolLots += Math.abs(lots);
    if (last) this.#positionsComplete = true;
  }

  /** Every open order and every position is in. */
  get complete(): boolean {
    return this.#listComplete && this.#positionsComplete;
  }
}

/**
 * Holds the ledger against the venue's complete answer. Pure: what it finds is applied and journalled by the caller.
 *
 * An order that the list lacks is closed only when it was sent before this connection's logon (`before`, a number of
 * `identifiers.ts`): everything that the venue had to say of it was said before the answer, and what it never received
 * it never will. Later orders may still be on their way.
 */
export function reconcile(
  ledger: Ledger,
  instruments: InstrumentTable,
  status: VenueStatus,
  before: number,
): Reconciliation {
  const breaks: Break[] = [];
  const venueLots = status.venueLots;
  for (const [symbolId, { symbol }] of instruments.list.entries()) {
    const oursLots = ledger.positions.lots(symbolId);
    if (Number.isNaN(venueLots[symbolId])) breaks.push({ kind: 'SYMBOL_NOT_AT_VENUE', symbol });
    else if (oursLots !== venueLots[symbolId]) {
      breaks.push({ kind: 'POSITION_BREAK', symbol, oursLots, venueLots: venueLots[symbolId] });
    }
  }
  if (status.unknownSymbolLots > 0) {
    breaks.push({ kind: 'UNKNOWN_SYMBOL_POSITION', venueLots: status.unknownSymbolLots });
  }
  const alive = new Set<Order>();
  for (const report of status.listed) {
    const order = ledger.orders.find(report.clOrdId) ?? ledger.orders.find(report.origClOrdId ?? '');
    if (order === undefined) breaks.push({ kind: 'UNKNOWN_OPEN_ORDER', clOrdId: report.clOrdId });
    else alive.add(order);
  }
  const open = [...ledger.orders.open()];
  return {
    requestId: status.requestId,
    breaks,
    venueLots,
    openOrders: status.listed.length,
    closed: open.filter((order) => !alive.has(order) && order.number < before),
    lapsed: open.filter((order) => alive.has(order) && sentBefore(order, before)),
  };
}

function sentBefore(order: Order, before: number): boolean {
  return order.request !== undefined && (numberOf(order.request.clOrdId) ?? before) < before;
}
