import type { Journal } from '../journal/journal.ts';
import { identifierOf, numberOf } from './identifiers.ts';
import type { OrderBody, PositionBody } from './records.ts';

/** How far a journal has come with the numbers that a venue must never see twice. */
export interface UsedNumbers {
  /** Next MsgSeqNum (34) of ours. */
  readonly nextOutbound: number;
  /** Highest n of our identifiers. */
  readonly identifier: number;
}

export function usedNumbers(journal: Journal): UsedNumbers {
  let identifier = 0;
  for (const { kind, body } of journal.records(0, ['order', 'position'])) {
    const record = JSON.parse(body) as OrderBody | PositionBody;
    const used = kind === 'order' ? (record as OrderBody).clOrdId : (record as PositionBody).requestId;
    identifier = Math.max(identifier, numberOf(used) ?? 0);
  }
  return { nextOutbound: journal.nextOutbound(), identifier };
}

/**
 * Makes a journal that was restored from a copy go on above every number that may have been used since the copy was taken.
 * The venue then sees a gap in our messages, which is filled without sending any of them again, and no identifier twice.
 * Inbound numbers stay: the venue is asked for everything that it said since.
 *
 * @param backup when the copy was taken, for the record
 */
export function passOver(journal: Journal, to: UsedNumbers, backup: string): void {
  let timeUs = 0;
  for (const record of journal.records()) timeUs = Math.max(timeUs, record.timeUs);
  const body: PositionBody = { event: 'restored', requestId: identifierOf(to.identifier), backup };
  journal.transaction(() => {
    journal.append('position', timeUs, body);
    journal.setNextOutbound(to.nextOutbound);
  });
}
