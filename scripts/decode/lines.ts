import { plainDecimal } from '../../policies/markets/feeds/decimals.ts';
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
  if (price !== undefined) fields.push(`"price":${plainDecimal(price)}`);
  if (size !== undefined) fields.push(`"size":${plainDecimal(size)}`);
  if (key !== undefined && key !== price) fields.push(`"key":${JSON.stringify(key)}`);
  if (sequence !== undefined) fields.push(`"sequence":${sequence}`);
  return `{${fields.join(',')}}`;
}
