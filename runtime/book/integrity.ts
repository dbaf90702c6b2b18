/** Why a message contradicts a book. */
export type BookIntegrityKind =
  | 'UNKNOWN_SYMBOL'
  | 'UPDATE_BEFORE_SNAPSHOT'
  | 'SEQUENCE_GAP'
  | 'STALE_SNAPSHOT'
  | 'ADD_OF_EXISTING'
  | 'CHANGE_OF_UNKNOWN'
  | 'DELETE_OF_UNKNOWN'
  | 'NEGATIVE_SIZE'
  | 'ZERO_SIZE'
  | 'CROSSED'
  | 'TIME_BACKWARDS';

/**
 * A message that contradicts a book: a domain outcome, not an exception. The book concerned is stale from here until
 * its next snapshot (`UNKNOWN_SYMBOL` concerns no book, and a snapshot older than a live book, by time or by number, leaves it alone).
 */
export interface BookIntegrityError {
  readonly kind: BookIntegrityKind;
  /** −1 when the symbol is not configured. */
  readonly symbolId: number;
  /** MsgSeqNum (34) of the message. */
  readonly seqNum: number;
  /** Event time of the message. */
  readonly timeUs: number;
  /** Price and quantity of the entry; of the best bid for `CROSSED`; 0 where no entry is to blame. */
  readonly priceTicks: number;
  readonly quantityLots: number;
}
