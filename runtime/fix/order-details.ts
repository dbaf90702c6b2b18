import type { TimeInForce } from '../execution/venue.ts';
import type { BodyWriter } from './encoder.ts';
import { badEnum, timestampOf } from './field-reading.ts';
import type { FieldReader } from './message.ts';
import { FixFieldError } from './refusal.ts';

/** What an order may carry besides its terms. A venue gives it back in every report on the order. */
export interface OrderDetails {
  /** Account (1). */
  readonly account?: string;
  /** SecondaryClOrdID (526): ours to choose, not unique. */
  readonly secondaryClOrdId?: string;
  /** ExpireTime (126), and with it TimeInForce (59) 6, good till date: what rests is cancelled then. */
  readonly expireTimeUs?: number;
}

/** TimeInForce (59) of FIX 4.4 in words; those that a venue of ours takes are `day`, `ioc` and, with ExpireTime, `gtd`. */
const TIMES_IN_FORCE: Readonly<Record<string, string>> = {
  '0': 'day',
  '1': 'good till cancel',
  '2': 'at the opening',
  '3': 'ioc',
  '4': 'fill or kill',
  '5': 'good till crossing',
  '6': 'gtd',
  '7': 'at the close',
};

const GOOD_TILL_DATE = '6';

/** Fields 1, 526, 59 and 126. */
export function writeDetails(body: BodyWriter, timeInForce: TimeInForce, details: OrderDetails): void {
  const { account, secondaryClOrdId, expireTimeUs } = details;
  if (account !== undefined) body.text(1, account);
  if (secondaryClOrdId !== undefined) body.text(526, secondaryClOrdId);
  if (expireTimeUs === undefined) body.text(59, timeInForce === 'ioc' ? '3' : '0');
  else body.text(59, GOOD_TILL_DATE).timestamp(126, expireTimeUs);
}

export interface ReadDetails {
  readonly timeInForce: TimeInForce;
  /** Undefined when there are none. */
  readonly details: OrderDetails | undefined;
  /** A time in force of the standard that is none of ours, in words. */
  readonly unsupported: string | undefined;
}

/**
 * Reads what `writeDetails` wrote. ExpireTime without 59=6 and 59=6 without ExpireTime contradict themselves.
 *
 * @throws FixFieldError
 */
export function readDetails(m: FieldReader): ReadDetails {
  const text = m.text(59) ?? '0';
  const word = TIMES_IN_FORCE[text];
  if (word === undefined) throw badEnum(m, 59, text, '0 to 7');
  const expireTimeUs = timestampOf(m, 126);
  if ((text === GOOD_TILL_DATE) !== (expireTimeUs !== undefined)) {
    const problem = expireTimeUs === undefined ? 'is missing, which 59=6 needs' : `needs 59=6 (59 is "${text}")`;
    throw new FixFieldError('MISSING_FIELD', 126, `${m.msgType}: field 126 ${problem}`);
  }
  const [account, secondaryClOrdId] = [m.text(1), m.text(526)];
  const details = {
    ...(account === undefined ? {} : { account }),
    ...(secondaryClOrdId === undefined ? {} : { secondaryClOrdId }),
    ...(expireTimeUs === undefined ? {} : { expireTimeUs }),
  };
  return {
    timeInForce: word === 'ioc' ? 'ioc' : 'day',
    details: Object.keys(details).length === 0 ? undefined : details,
    unsupported: ['day', 'ioc', 'gtd'].includes(word) ? undefined : word,
  };
}
