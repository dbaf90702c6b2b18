import type { Side } from '../instrument.ts';

/** One execution that moved the position, once per ExecID; or, with negative lots, one that a bust took back. */
export interface Fill {
  readonly execId: string;
  readonly clOrdId: string;
  /** Of the journal's intent record; 0 when no intent asked for it. */
  readonly intentSeq: number;
  readonly symbolId: number;
  readonly side: Side;
  readonly quantityLots: number;
  readonly priceTicks: number;
  /** Paid; negative for a rebate and for what a bust gives back. */
  readonly feeMicroUsd: number;
  readonly liquidity: 'maker' | 'taker';
  /** Mid at the moment of the fill, before its own event, and when the order was sent; NaN on a one-sided book. */
  readonly midHalfTicks: number;
  readonly orderMidHalfTicks: number;
  readonly timeUs: number;
  /** ExecID of the execution that this takes back. */
  readonly bustOf: string | undefined;
}
