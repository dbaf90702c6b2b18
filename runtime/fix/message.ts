/** A decoded message that is not market data: fields by tag, valid inside the callback only. */
export interface FieldReader {
  /** MsgType (35). */
  readonly msgType: string;
  /** MsgSeqNum (34). */
  readonly seqNum: number;
  readonly possDup: boolean;
  /** SendingTime (52), or TransactTime (60) where there is one. */
  readonly timeUs: number;
  has(tag: number): boolean;
  /** The field's text; undefined when absent. */
  text(tag: number): string | undefined;
  /** Every occurrence of the field, in order: a member of a repeating group. */
  texts(tag: number): string[];
  /** Every field after MsgType, in the order of the message. */
  fields(): Iterable<readonly [tag: number, text: string]>;
  /** The field as an integer; undefined when absent. @throws FixFieldError when it is not one. */
  integer(tag: number): number | undefined;
}

/** Why bytes were refused; nothing else of the stream is lost. */
export type DecodeErrorKind =
  | 'GARBLED'
  | 'BAD_BEGIN_STRING'
  | 'BAD_BODY_LENGTH'
  | 'BAD_CHECKSUM'
  | 'MISSING_MSG_TYPE'
  | 'BAD_TAG'
  | 'EMPTY_VALUE'
  | 'BAD_NUMBER'
  | 'BAD_PRICE'
  | 'OFF_TICK'
  | 'OFF_LOT'
  | 'BAD_TIMESTAMP'
  | 'BAD_GROUP_COUNT'
  | 'MISSING_FIELD'
  | 'DUPLICATE_TAG'
  | 'UNKNOWN_SYMBOL'
  | 'BAD_ENUM'
  | 'BAD_FORMAT'
  | 'UNKNOWN_TAG'
  | 'TAG_NOT_IN_MESSAGE'
  | 'UNKNOWN_MSG_TYPE'
  | 'OUT_OF_ORDER'
  | 'TOO_LARGE'
  | 'TRUNCATED';

export interface DecodeError {
  readonly kind: DecodeErrorKind;
  /** Offset of the message's first byte in the stream. */
  readonly offset: number;
  readonly tag?: number;
  readonly text?: string;
  /** MsgSeqNum when it could still be read, so that a session may answer 35=3. */
  readonly seqNum?: number;
  /** MsgType and PossDupFlag, when the message was framed soundly and they could be read. */
  readonly msgType?: string;
  readonly possDup?: boolean;
  /** The routing fields that an answer carries, when the message came by way of others. */
  readonly route?: Route;
}

/** Header fields by tag: OnBehalfOf and DeliverTo. */
export type Route = readonly (readonly [tag: number, text: string])[];
