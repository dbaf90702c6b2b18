import type { TimeInForce } from '../execution/venue.ts';
import type { Side } from '../instrument.ts';

/** Why a well-framed order cannot be taken, found while reading it: OrdRejReason (103) or CxlRejReason (102). */
export interface RequestDefect {
  readonly code: number;
  readonly text: string;
}

/**
 * What a participant asks of the order desk, as stored in the venue's state: plain data, JSON-serialisable. A defect
 * found while reading travels with the request, so that even a refusal comes at the request's own event time.
 */
export type VenueRequest =
  | {
      readonly kind: 'new';
      readonly clOrdId: string;
      readonly symbol: string;
      readonly side: Side;
      readonly priceTicks: number;
      readonly quantityLots: number;
      readonly timeInForce: TimeInForce;
      readonly postOnly: boolean;
      readonly defect?: RequestDefect;
    }
  | {
      readonly kind: 'cancel';
      readonly clOrdId: string;
      readonly origClOrdId: string;
      readonly symbol: string;
      readonly defect?: RequestDefect;
    }
  | {
      readonly kind: 'replace';
      readonly clOrdId: string;
      readonly origClOrdId: string;
      readonly symbol: string;
      readonly priceTicks: number;
      readonly quantityLots: number;
      readonly defect?: RequestDefect;
    }
  | { readonly kind: 'massCancel'; readonly clOrdId: string; readonly defect?: RequestDefect }
  | { readonly kind: 'massStatus'; readonly requestId: string }
  /** The venue's own: the participant's connection dropped and cancel-on-disconnect is on. */
  | { readonly kind: 'disconnected' };

/** OrdRejReason (103). */
export const ORDER_REJECT = {
  UNKNOWN_SYMBOL: 1,
  EXCHANGE_CLOSED: 2,
  DUPLICATE: 6,
  BAD_QUANTITY: 13,
  OTHER: 99,
} as const;

/** CxlRejReason (102). */
export const CANCEL_REJECT = { TOO_LATE: 0, UNKNOWN_ORDER: 1, DUPLICATE: 6, OTHER: 99 } as const;
