import type { FieldReader } from './message.ts';

/** What Reject (3) or BusinessMessageReject (j) says about a message of ours. */
export interface MessageReject {
  /** `session`: the message broke FIX's rules (3). `business`: it kept them, and is not taken (j). */
  readonly kind: 'session' | 'business';
  /** RefSeqNum (45); undefined in a j that does not tell. */
  readonly refSeqNum: number | undefined;
  /** RefMsgType (372). */
  readonly refMsgType: string | undefined;
  /** RefTagID (371): the field that is wrong. */
  readonly refTag: number | undefined;
  /** BusinessRejectRefID (379): the identifier of the message refused. */
  readonly refId: string | undefined;
  /** SessionRejectReason (373) or BusinessRejectReason (380). */
  readonly reason: number | undefined;
  /** Text (58) and reason in one line: never empty. */
  readonly because: string;
}

/** SessionRejectReason (373), FIX 4.4. */
const SESSION_REASONS: Readonly<Record<number, string>> = {
  0: 'invalid tag number',
  1: 'required tag missing',
  2: 'tag not defined for this message type',
  3: 'undefined tag',
  4: 'tag specified without a value',
  5: 'value is incorrect for this tag',
  6: 'incorrect data format for value',
  7: 'decryption problem',
  8: 'signature problem',
  9: 'CompID problem',
  10: 'SendingTime accuracy problem',
  11: 'invalid MsgType',
  12: 'XML validation error',
  13: 'tag appears more than once',
  14: 'tag out of required order',
  15: 'repeating group fields out of order',
  16: 'incorrect NumInGroup count',
  17: 'non-data value includes field delimiter',
  99: 'other',
};

/** BusinessRejectReason (380), FIX 4.4. */
const BUSINESS_REASONS: Readonly<Record<number, string>> = {
  0: 'other',
  1: 'unknown ID',
  2: 'unknown security',
  3: 'unsupported message type',
  4: 'application not available',
  5: 'conditionally required field missing',
  6: 'not authorized',
  7: 'DeliverTo firm not available at this time',
};

/** Reads 3 or j. Nothing of it is required: whatever a counterparty leaves out, that it refused us is said. @throws FixFieldError */
export function readMessageReject(m: FieldReader): MessageReject {
  const isSession = m.msgType === '3';
  const reason = m.integer(isSession ? 373 : 380);
  const known = (isSession ? SESSION_REASONS : BUSINESS_REASONS)[reason ?? Number.NaN];
  const refTag = m.integer(371);
  const words = reason === undefined ? undefined : (known ?? `reason ${reason}`);
  const parts = [m.text(58), words, refTag === undefined ? undefined : `field ${refTag}`];
  const because = parts.filter((part) => part !== undefined).join('; ');
  return {
    kind: isSession ? 'session' : 'business',
    refSeqNum: m.integer(45),
    refMsgType: m.text(372),
    refTag,
    refId: m.text(379),
    reason,
    because: because === '' ? 'no reason given' : because,
  };
}
