import type { DecodeErrorKind } from './message.ts';

/** SessionRejectReason (373) for what was wrong with a message. */
export const REJECT_REASON: Readonly<Partial<Record<DecodeErrorKind, number>>> = {
  BAD_TAG: 0,
  MISSING_FIELD: 1,
  EMPTY_VALUE: 4,
  OFF_TICK: 5,
  OFF_LOT: 5,
  BAD_ENUM: 5,
  BAD_NUMBER: 6,
  BAD_PRICE: 6,
  BAD_TIMESTAMP: 6,
  DUPLICATE_TAG: 13,
  BAD_GROUP_COUNT: 16,
};

export const REJECT_COMP_ID = 9;
export const REJECT_VALUE = 5;
export const REJECT_OTHER = 99;
