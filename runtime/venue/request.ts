import type { OrderRequest } from '../fix/venue-messages.ts';

/**
 * What the order desk is asked for, as stored in the venue's state: plain data, JSON-serialisable. A defect found while
 * reading travels with the request, so that even a refusal comes at the request's own event time.
 */
export type VenueRequest =
  | OrderRequest
  /** The venue's own: the participant's connection dropped and cancel-on-disconnect is on. */
  | { readonly kind: 'disconnected' };

export type NewRequest = Extract<VenueRequest, { kind: 'new' }>;
export type ReplaceRequest = Extract<VenueRequest, { kind: 'replace' }>;
export type StatusRequest = Extract<VenueRequest, { kind: 'orderStatus' }>;
/** A cancel or replace: it names an order by its ClOrdID. */
export type CancelRequest = Extract<VenueRequest, { kind: 'cancel' | 'replace' }>;

/** OrdRejReason (103). */
export const ORDER_REJECT = { UNKNOWN_SYMBOL: 1, DUPLICATE: 6, UNSUPPORTED: 11, BAD_QUANTITY: 13, OTHER: 99 } as const;

/** CxlRejReason (102). */
export const CANCEL_REJECT = { TOO_LATE: 0, UNKNOWN_ORDER: 1, DUPLICATE: 6, OTHER: 99 } as const;

/** MassCancelRejectReason (532). */
export const MASS_CANCEL_OTHER = 99;
