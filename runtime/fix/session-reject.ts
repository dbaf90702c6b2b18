import type { BodyWriter } from './encoder.ts';
import type { DecodeError, DecodeErrorKind } from './message.ts';

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

/** Body of Reject (3). */
export function writeReject(
  body: BodyWriter,
  refSeqNum: number,
  reason: number,
  text: string,
  refTag: number | undefined,
  refMsgType: string | undefined,
): void {
  body.integer(45, refSeqNum);
  if (refTag !== undefined) body.integer(371, refTag);
  if (refMsgType !== undefined && refMsgType.length > 0) body.text(372, refMsgType);
  body.integer(373, reason).text(58, text);
}

/** A refusal in words that fit into Text (58). */
export function describeDefect(error: DecodeError): string {
  const text = error.text?.replaceAll('\x01', ' ').slice(0, 80);
  return text === undefined || text.length === 0 ? error.kind : `${error.kind} (${text})`;
}

/** Why a Logon's terms cannot be had; undefined when they can. */
export function logonDefect(encryptMethod: string | undefined, heartbeatSeconds: number): string | undefined {
  if (encryptMethod !== '0') return `EncryptMethod (98) is wrong (${encryptMethod}), 0 is allowed`;
  if (heartbeatSeconds >= 1 && heartbeatSeconds <= 3600) return undefined;
  return `HeartBtInt (108) is wrong (${heartbeatSeconds}), 1 to 3600 is allowed`;
}
