import type { MessageHeader } from './message-header.ts';
import type { SessionOptions } from './session-options.ts';
import { REJECT_COMP_ID, REJECT_MISSING, REJECT_TIME } from './session-reject.ts';

/** Why a message may not be acted on, whatever it says. */
export interface PeerDefect {
  /** SessionRejectReason (373). */
  readonly reason: number;
  readonly tag?: number;
  /** Why the session ends of it; undefined when a Reject is enough. */
  readonly ends: string | undefined;
}

/**
 * What is wrong with a message's sender and time; undefined when nothing is. The peer is who it says, its clock agrees
 * with ours, and what it calls a duplicate tells when it was sent first.
 * @param isLate the message is a duplicate of one that was counted already
 */
export function peerDefect(header: MessageHeader, options: SessionOptions, isLate: boolean): PeerDefect | undefined {
  const { senderCompId, targetCompId, origSendingTimeUs, sendingTimeUs } = header;
  if (senderCompId !== options.targetCompId || targetCompId !== options.senderCompId) {
    return { reason: REJECT_COMP_ID, ends: `the peer is ${senderCompId}->${targetCompId}` };
  }
  const { sendingTimeToleranceSeconds: seconds, clock } = options;
  if (seconds !== undefined && Math.abs(sendingTimeUs - clock.nowUs()) > seconds * 1_000_000) {
    return { reason: REJECT_TIME, ends: 'SendingTime is not our time' };
  }
  if (!isLate || origSendingTimeUs <= sendingTimeUs) return undefined;
  if (Number.isNaN(origSendingTimeUs)) return { reason: REJECT_MISSING, tag: 122, ends: undefined };
  return { reason: REJECT_TIME, ends: 'OrigSendingTime is later than SendingTime' };
}
