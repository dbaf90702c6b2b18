import type { Side } from '../instrument.ts';
import type { DecimalScale } from './decimal.ts';
import type { DecodeErrorKind, FieldReader } from './message.ts';
import { FixFieldError } from './refusal.ts';
import { TimestampCodec } from './timestamp.ts';

/** Fields of a sound message as domain values. Everything here throws `FixFieldError`, which a session answers with Reject(3). */

export function requiredText(m: FieldReader, tag: number): string {
  const text = m.text(tag);
  if (text === undefined) throw new FixFieldError('MISSING_FIELD', tag, `${m.msgType}: field ${tag} is missing`);
  return text;
}

export function requiredInteger(m: FieldReader, tag: number): number {
  const value = m.integer(tag);
  if (value === undefined) throw new FixFieldError('MISSING_FIELD', tag, `${m.msgType}: field ${tag} is missing`);
  return value;
}

const times = new TimestampCodec();

/** UTCTimestamp as microseconds since the epoch; undefined when absent. */
export function timestampOf(m: FieldReader, tag: number): number | undefined {
  const text = m.text(tag);
  if (text === undefined) return undefined;
  const timeUs = times.parse(Buffer.from(text, 'latin1'), 0, text.length);
  if (!Number.isNaN(timeUs)) return timeUs;
  throw new FixFieldError('BAD_TIMESTAMP', tag, `${m.msgType}: field ${tag} is no UTC timestamp ("${text}")`);
}

/** Whole increments; `absent` where the field may be missing. */
export function decimalOf(m: FieldReader, tag: number, scale: DecimalScale, absent: number): number {
  const text = m.text(tag);
  if (text === undefined) return absent;
  const units = scale.parseText(text);
  if (!Number.isNaN(units)) return units;
  const isOff = scale.problem === 'OFF_INCREMENT';
  const kind: DecodeErrorKind = isOff ? 'OFF_TICK' : 'BAD_PRICE';
  const problem = isOff ? `is no multiple of ${scale.increment}` : 'is not a decimal number';
  throw new FixFieldError(kind, tag, `${m.msgType}: field ${tag} ${problem} ("${text}")`);
}

/** Side (54): 1 buys, 2 and 5 (short) sell. */
export function sideOf(m: FieldReader): Side {
  const text = requiredText(m, 54);
  if (text === '1') return 'buy';
  if (text === '2' || text === '5') return 'sell';
  throw badEnum(m, 54, text, '1, 2 and 5');
}

export function badEnum(m: FieldReader, tag: number, text: string, allowed: string): FixFieldError {
  return new FixFieldError('BAD_ENUM', tag, `${m.msgType}: field ${tag} is wrong ("${text}"), ${allowed} are allowed`);
}
