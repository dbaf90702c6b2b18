import type { InstrumentTable } from '../instrument.ts';
import type { Fill } from './fill.ts';
import type { NewOrder, Report } from './venue.ts';

/**
 * Bodies of the journal records that execution writes. Symbols stand by name, so that a journal outlives a change of
 * the instruments' order.
 */
export type OrderBody =
  | (Omit<NewOrder, 'symbolId'> & {
      readonly action: 'new';
      readonly intentSeq: number;
      readonly symbol: string;
      /** Half-ticks, or the text "NaN" for a one-sided book. */
      readonly midHalfTicks: number | string;
    })
  | {
      readonly action: 'cancel' | 'replace';
      readonly clOrdId: string;
      readonly intentSeq: number;
      readonly origClOrdId: string;
      readonly symbol: string;
      readonly priceTicks: number;
      readonly quantityLots: number;
    }
  | { readonly action: 'massCancel'; readonly clOrdId: string; readonly intentSeq: 0 };

export type ReportBody = Omit<Report, 'symbolId'> & { readonly symbol: string | null };

export interface FillBody {
  readonly execId: string;
  readonly clOrdId: string;
  readonly intentSeq: number;
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
  /** Negative when a bust took the execution back. */
  readonly lots: number;
  readonly priceTicks: number;
  readonly feeMicroUsd: number;
  readonly liquidity: 'maker' | 'taker';
  readonly midHalfTicks: number | string;
  readonly orderMidHalfTicks: number | string;
  readonly bustOf: string | null;
}

export type PositionBody =
  | { readonly event: 'asked'; readonly requestId: string }
  /** The journal was restored; identifiers up to this one may have been used after the copy was taken, at `backup`. */
  | { readonly event: 'restored'; readonly requestId: string; readonly backup: string }
  | {
      readonly event: 'reconciled';
      readonly requestId: string;
      readonly positions: Readonly<Record<string, { readonly oursLots: number; readonly venueLots: number }>>;
      readonly openOrders: number;
      /** Orders presumed closed and requests that lapsed, by the order's first ClOrdID. */
      readonly closed: readonly string[];
      readonly lapsed: readonly string[];
      readonly breaks: readonly object[];
    };

export function symbolOf(instruments: InstrumentTable, symbolId: number): string | null {
  return symbolId < 0 ? null : instruments.of(symbolId).symbol;
}

export function orderBody(instruments: InstrumentTable, order: NewOrder, intentSeq: number, mid: number): OrderBody {
  return {
    clOrdId: order.clOrdId,
    intentSeq,
    action: 'new',
    symbol: instruments.of(order.symbolId).symbol,
    side: order.side,
    priceTicks: order.priceTicks,
    quantityLots: order.quantityLots,
    timeInForce: order.timeInForce,
    postOnly: order.postOnly,
    midHalfTicks: mid,
  };
}

export function reportBody(instruments: InstrumentTable, report: Report): ReportBody {
  const { symbolId, ...rest } = report;
  return { symbol: symbolOf(instruments, symbolId), ...rest };
}

export function fillBody(instruments: InstrumentTable, fill: Fill): FillBody {
  return {
    execId: fill.execId,
    clOrdId: fill.clOrdId,
    intentSeq: fill.intentSeq,
    symbol: instruments.of(fill.symbolId).symbol,
    side: fill.side,
    lots: fill.quantityLots,
    priceTicks: fill.priceTicks,
    feeMicroUsd: fill.feeMicroUsd,
    liquidity: fill.liquidity,
    midHalfTicks: fill.midHalfTicks,
    orderMidHalfTicks: fill.orderMidHalfTicks,
    bustOf: fill.bustOf ?? null,
  };
}

/** A fill as the journal tells it; undefined when its symbol is not configured any more. */
export function fillOf(instruments: InstrumentTable, body: FillBody, timeUs: number): Fill | undefined {
  const symbolId = instruments.idOf(body.symbol);
  if (symbolId < 0) return undefined;
  return {
    execId: body.execId,
    clOrdId: body.clOrdId,
    intentSeq: body.intentSeq,
    symbolId,
    side: body.side,
    quantityLots: body.lots,
    priceTicks: body.priceTicks,
    feeMicroUsd: body.feeMicroUsd,
    liquidity: body.liquidity,
    midHalfTicks: Number(body.midHalfTicks),
    orderMidHalfTicks: Number(body.orderMidHalfTicks),
    timeUs,
    bustOf: body.bustOf ?? undefined,
  };
}
