import type { Side } from '../instrument.ts';

/** TimeInForce (59): `day` rests, `ioc` takes what is there and cancels the rest. */
export type TimeInForce = 'day' | 'ioc';

export interface NewOrder {
  readonly clOrdId: string;
  readonly symbolId: number;
  readonly side: Side;
  readonly priceTicks: number;
  readonly quantityLots: number;
  readonly timeInForce: TimeInForce;
  /** ExecInst (18) = 6, participate don't initiate: rejected instead of taking. */
  readonly postOnly: boolean;
}

/** The way to a market. Sending is queued behind the journal's transaction; answers arrive as reports. */
export interface Venue {
  submit(order: NewOrder): void;
  /** F. */
  cancel(clOrdId: string, original: NewOrder, orderId: string | undefined): void;
  /** G. */
  replace(
    clOrdId: string,
    original: NewOrder,
    orderId: string | undefined,
    priceTicks: number,
    quantityLots: number,
  ): void;
  /** q: everything of ours, every symbol. */
  massCancel(clOrdId: string): void;
  /** AF: ExecutionReports (150=I) for every open order, then positions as our dialect's last report says. */
  massStatus(requestId: string): void;
}

/** A decoded ExecutionReport (8) or OrderCancelReject (9). */
export interface Report {
  readonly kind: 'execution' | 'cancelReject';
  readonly symbolId: number;
  readonly clOrdId: string;
  readonly origClOrdId: string | undefined;
  readonly orderId: string;
  /** ExecID (17): unique per venue; a second one is a duplicate. Empty on a cancelReject. */
  readonly execId: string;
  /** ExecType (150): 0 new, 4 canceled, 5 replaced, 8 rejected, F trade, C expired, I status, H trade cancel (bust). */
  readonly execType: string;
  /** OrdStatus (39). */
  readonly ordStatus: string;
  readonly side: Side;
  readonly priceTicks: number;
  readonly quantityLots: number;
  readonly lastLots: number;
  readonly lastPriceTicks: number;
  readonly cumLots: number;
  readonly leavesLots: number;
  /** LastLiquidityInd (851): 1 added, 2 removed. */
  readonly liquidity: 'maker' | 'taker' | undefined;
  readonly timeUs: number;
  readonly possDup: boolean;
  readonly text: string | undefined;
}
