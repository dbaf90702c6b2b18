import type { DecodeError } from '../../runtime/fix/message.ts';
import type { VenueEntry } from '../../runtime/fix/venues/entries.ts';
import type { VenueMessage } from '../../runtime/fix/venues/reader.ts';

/** A message as one JSON line. Numbers are written digit for digit as JSON numbers, never through a float. */
export function messageLine(n: number, offset: number, message: VenueMessage): string {
  const { seqNum, symbol, entries } = message;
  const fields = [
    `"n":${n}`,
    `"offset":${offset}`,
    `"msgType":${JSON.stringify(message.message.msgType)}`,
    `"seq":${seqNum ?? 'null'}`,
    `"symbol":${symbol === undefined ? 'null' : JSON.stringify(symbol)}`,
    `"entries":[${entries.map(entryText).join(',')}]`,
  ];
  return `{${fields.join(',')}}`;
}

export function errorLine(n: number, offset: number, error: DecodeError): string {
  const { kind, tag, text, seqNum } = error;
  return JSON.stringify({ n, offset, error: { kind, tag, text: text?.slice(0, 80), seq: seqNum } });
}

function entryText(entry: VenueEntry): string {
  const { action, type, symbol, price, size, key, sequence } = entry;
  const fields = [`"action":"${action}"`, `"type":"${type}"`];
  if (symbol !== undefined) fields.push(`"symbol":${JSON.stringify(symbol)}`);
  if (price !== undefined) fields.push(`"price":${numeral(price)}`);
  if (size !== undefined) fields.push(`"size":${numeral(size)}`);
  if (key !== undefined && key !== price) fields.push(`"key":${JSON.stringify(key)}`);
  if (sequence !== undefined) fields.push(`"sequence":${sequence}`);
  return `{${fields.join(',')}}`;
}

/** Decimal text of FIX ("-007.50", ".5", "3.") as a JSON number of the same value. */
export function numeral(text: string): string {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)0*(\d*)(?:\.(\d*?)0*)?$/.exec(text) ?? [];
  const digits = `${whole === '' ? '0' : whole}${fraction === '' ? '' : `.${fraction}`}`;
  return digits === '0' ? '0' : `${sign}${digits}`;
}
