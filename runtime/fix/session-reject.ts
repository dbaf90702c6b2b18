import type { BodyWriter } from './encoder.ts';
import type { DecodeErrorKind, Route } from './message.ts';

/** SessionRejectReason (373) for what was wrong with a message. */
export const REJECT_REASON: Readonly<Partial<Record<DecodeErrorKind, number>>> = {
  BAD_TAG: 0,
  UNKNOWN_TAG: 0,
  MISSING_FIELD: 1,
  TAG_NOT_IN_MESSAGE: 2,
  EMPTY_VALUE: 4,
  OFF_TICK: 5,
  OFF_LOT: 5,
  BAD_ENUM: 5,
  BAD_NUMBER: 6,
  BAD_PRICE: 6,
  BAD_FORMAT: 6,
  BAD_TIMESTAMP: 6,
  UNKNOWN_MSG_TYPE: 11,
  DUPLICATE_TAG: 13,
  OUT_OF_ORDER: 14,
  BAD_GROUP_COUNT: 16,
};

export const REJECT_MISSING = 1;
export const REJECT_VALUE = 5;
export const REJECT_COMP_ID = 9;
export const REJECT_TIME = 10;
export const REJECT_OTHER = 99;

/** The standard's names of SessionRejectReason (373). */
const REASON_TEXT: Readonly<Record<number, string>> = {
  0: 'Invalid tag number',
  1: 'Required tag missing',
  2: 'Tag not defined for this message type',
  4: 'Tag specified without a value',
  5: 'Value is incorrect (out of range) for this tag',
  6: 'Incorrect data format for value',
  9: 'CompID problem',
  10: 'SendingTime accuracy problem',
  11: 'Invalid MsgType',
  13: 'Tag appears more than once',
  14: 'Tag specified out of required order',
  16: 'Incorrect NumInGroup count for repeating group',
};

/** The last reason that FIX 4.2 has; a later one is left out there. */
const REASON_MAX_FIX42 = 11;

export interface Rejection {
  /** MsgSeqNum of the message. */
  readonly seqNum: number;
  /** SessionRejectReason (373). */
  readonly reason: number;
  /** @default the standard's name of the reason */
  readonly text?: string | undefined;
  /** The tag that is wrong. */
  readonly tag?: number | undefined;
  readonly msgType?: string | undefined;
  readonly route?: Route | undefined;
}

/** Body of Reject (3). */
export function writeReject(body: BodyWriter, beginString: string, rejection: Rejection): void {
  const { seqNum, reason, text = REASON_TEXT[reason], tag, msgType, route = [] } = rejection;
  for (const [routeTag, value] of route) body.text(routeTag, value);
  body.integer(45, seqNum);
  if (text !== undefined) body.text(58, text);
  if (tag !== undefined) body.integer(371, tag);
  if (msgType !== undefined && msgType.length > 0) body.text(372, msgType);
  if (beginString !== 'FIX.4.2' || reason <= REASON_MAX_FIX42) body.integer(373, reason);
}

/** Body of BusinessMessageReject (j). @param rejected `reason`: BusinessRejectReason (380); `refId`: BusinessRejectRefID (379) */
export function writeBusinessReject(
  body: BodyWriter,
  rejected: {
    readonly seqNum: number;
    readonly msgType: string;
    readonly reason: number;
    readonly text: string;
    readonly refId?: string | undefined;
  },
): void {
  const { seqNum, msgType, reason, text, refId } = rejected;
  body.integer(45, seqNum).text(58, text).text(372, msgType);
  if (refId !== undefined) body.text(379, refId);
  body.integer(380, reason);
}

/** OnBehalfOfCompID, …SubID, …LocationID, and the DeliverTo that each becomes in an answer; and the other way round. */
const ROUTES = [
  [128, 115],
  [129, 116],
  [145, 144],
  [115, 128],
  [116, 129],
  [144, 145],
] as const;

/** The routing fields of an answer to a message with these: what it was sent on behalf of, the answer is delivered to. */
export function reverseRoute(textOf: (tag: number) => string | undefined): Route {
  const route: (readonly [number, string])[] = [];
  for (const [from, to] of ROUTES) {
    const text = textOf(from);
    if (text !== undefined && text.length > 0) route.push([to, text]);
  }
  return route.sort(([a], [b]) => a - b);
}
