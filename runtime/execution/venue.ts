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
  /** Runs work that no inbound message caused (a timer, an operator); what it sends leaves after its transaction. */
  batch(work: () => void): void;
}

/** What a venue says, decoded; every callback runs inside the transaction of the message that carried it. */
export interface VenueEvents {
  /** ExecutionReport (8) that answers no mass status, and OrderCancelReject (9). */
  onReport(report: Report): void;
  /** One answer to AF: an open order, or undefined when there is none; `last` closes the list (912=Y). */
  onStatus(requestId: string, report: Report | undefined, last: boolean): void;
  /** Our position in one symbol, as the venue books it (−1: a symbol that is not configured); `last` of the answer. */
  onPosition(requestId: string, symbolId: number, lots: number, last: boolean): void;
  /** A request of type `msgType` was refused as a whole: r with 531=0, Reject (3) or BusinessMessageReject (j). */
  onRefused(msgType: string, clOrdId: string | undefined, text: string): void;
  /** A message about our orders was well framed but could not be read; what it said is lost. */
  onMalformed(msgType: string, text: string): void;
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
  /** ExecRefID (19): the execution that a bust takes back. */
  readonly execRefId?: string | undefined;
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
