import type { Limits } from '../contract.ts';
import type { Instrument, Side } from '../instrument.ts';
import type { Denial } from './denial.ts';

/** An order, or the new terms of one, before it is sent. */
export interface OrderRequest {
  readonly symbolId: number;
  readonly side: Side;
  readonly priceTicks: number;
  readonly quantityLots: number;
  /** Lots of the order it replaces, which stop counting once it is replaced; 0 for a new order. */
  readonly replacedLots: number;
  /** True when filling all of it can only bring the position nearer to flat. */
  readonly reducing: boolean;
}

/** The account as risk sees it, read at the moment of the check. */
export interface RiskView {
  readonly timeUs: number;
  readonly limits: Limits;
  instrument(symbolId: number): Instrument;
  /** False until positions were reconciled with the venue: unknown is never flat. */
  readonly positionKnown: boolean;
  positionLots(symbolId: number): number;
  openBuyLots(symbolId: number): number;
  openSellLots(symbolId: number): number;
  /** Best prices of the book without our orders; NaN on an empty side or a book that is not live. */
  bestBidTicks(symbolId: number): number;
  bestAskTicks(symbolId: number): number;
  /** Last known mid, half-ticks; NaN before the first. */
  midHalfTicks(symbolId: number): number;
  /** Event time of the symbol's last message. */
  bookTimeUs(symbolId: number): number;
  /** Our best resting prices on the symbol, NaN for none. */
  ownBestBidTicks(symbolId: number): number;
  ownBestAskTicks(symbolId: number): number;
  readonly openOrders: number;
  /** New and replace requests sent in the second before `timeUs`. */
  readonly ordersLastSecond: number;
  readonly equityMicroUsd: number;
  readonly dayStartEquityMicroUsd: number;
  readonly peakEquityMicroUsd: number;
  /** Largest |mean| or NaN of the forecast behind this request, in volatility units. */
  readonly forecastSigmas: number;
  readonly symbols: number;
}

/** One rule. A table test holds each to a case that it denies and one that it lets through. */
export type Control = (request: OrderRequest, view: RiskView) => Denial | undefined;

export function microUsd(usd: number): number {
  return Math.round(usd * 1e6);
}
