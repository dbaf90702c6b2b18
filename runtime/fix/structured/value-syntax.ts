import { parseDigits } from '../ascii.ts';
import { isDecimal } from '../decimal.ts';
import type { Field } from '../dictionary/dictionary.ts';
import type { DecodeErrorKind } from '../message.ts';

/** Most digits that a number may have: more cannot be held exactly in 64 bits. */
const DIGITS_MAX = 18;
const NO = 78;
const YES = 89;
const MINUS = 45;
const DOT = 46;

/** Whether `bytes[from, to)` is a UTCTimestamp as this venue writes it. */
export type TimestampSyntax = (bytes: Uint8Array, from: number, to: number) => boolean;

/** What is wrong with a value's syntax, which is its type's; undefined when nothing is. */
export function syntaxDefect(
  field: Field,
  bytes: Uint8Array,
  from: number,
  to: number,
  isTimestamp: TimestampSyntax,
): DecodeErrorKind | undefined {
  switch (field.type) {
    case 'char':
      return to - from === 1 ? undefined : 'BAD_FORMAT';
    case 'boolean':
      return to - from === 1 && (bytes[from] === YES || bytes[from] === NO) ? undefined : 'BAD_FORMAT';
    case 'integer':
      return parseDigits(bytes, bytes[from] === MINUS ? from + 1 : from, to) >= 0 ? undefined : 'BAD_NUMBER';
    case 'count':
    case 'length':
    case 'sequence':
      return parseDigits(bytes, from, to) >= 0 ? undefined : 'BAD_NUMBER';
    case 'price':
      return isExactDecimal(bytes, from, to) ? undefined : 'BAD_PRICE';
    case 'decimal':
      return isExactDecimal(bytes, from, to) ? undefined : 'BAD_NUMBER';
    case 'timestamp':
      return isTimestamp(bytes, from, to) ? undefined : 'BAD_TIMESTAMP';
    default:
      return undefined;
  }
}

/** Whether a value is one of those that its field allows. */
export function isAllowed(field: Field, text: string): boolean {
  const { values } = field;
  if (values === undefined) return true;
  if (field.type !== 'values') return values.has(text);
  return text.split(' ').every((word) => values.has(word));
}

function isExactDecimal(bytes: Uint8Array, from: number, to: number): boolean {
  if (!isDecimal(bytes, from, to)) return false;
  let others = 0;
  for (let at = from; at < to; at++) if (bytes[at] === MINUS || bytes[at] === DOT) others++;
  return to - from - others <= DIGITS_MAX;
}
