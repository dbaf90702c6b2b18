import { InstrumentTable } from '../instrument.ts';
import { Decoder, type DecoderOptions } from './decoder.ts';
import type { MarketData } from './market-data.ts';
import type { DecodeError } from './message.ts';

/** What the tests of this folder share: a small instrument table, messages from readable text, and a decoder's answers as text. */

export const INSTRUMENTS = new InstrumentTable([
  {
    symbol: 'AAA',
    tickSize: '0.01',
    lotSize: '1',
    microUsdPerHalfTickLot: 5000,
    takerFeeMicroUsdPerLot: 300,
    makerFeeMicroUsdPerLot: -200,
  },
  {
    symbol: 'BB.L',
    tickSize: '0.5',
    lotSize: '0.001',
    microUsdPerHalfTickLot: 250,
    takerFeeMicroUsdPerLot: 3,
    makerFeeMicroUsdPerLot: 0,
  },
  {
    symbol: 'C',
    tickSize: '25',
    lotSize: '100',
    microUsdPerHalfTickLot: 1_250_000_000,
    takerFeeMicroUsdPerLot: 0,
    makerFeeMicroUsdPerLot: 0,
  },
]);

/** "35=0|34=1" with `|` for SOH, as bytes. */
export function wire(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll('|', '\x01'), 'latin1'));
}

export function checksumOf(text: string): string {
  let sum = 0;
  for (const byte of wire(text)) sum += byte;
  return String(sum % 256).padStart(3, '0');
}

/** A body such as "35=0|34=1|" framed with 8, 9 and 10, as readable text. */
export function framed(body: string, beginString = 'FIX.4.4'): string {
  const text = `8=${beginString}|9=${body.length}|${body}`;
  return `${text}10=${checksumOf(text)}|`;
}

const HEADER = '49=SIM|56=EMP|52=20260102-03:04:05.678|';

/** A whole X with these entries. */
export function incremental(seqNum: number, entries: string, root = '60=20260102-03:04:05.600|268=1|'): string {
  return framed(`35=X|34=${seqNum}|${HEADER}${root}${entries}`);
}

/** Any message with the standard header. */
export function message(msgType: string, seqNum: number, body = ''): string {
  return framed(`35=${msgType}|34=${seqNum}|${HEADER}${body}`);
}

export function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** Market data as one line of text. */
export function describeMarketData(m: MarketData): string {
  const entries: string[] = [];
  for (let i = 0; i < m.count; i++) {
    const { symbolId, action, entryType, priceTicks, quantityLots, aggressor } = m;
    entries.push(
      [symbolId[i], action[i], entryType[i], priceTicks[i], quantityLots[i], aggressor[i]].map((x) => `${x}`).join('/'),
    );
  }
  return `${m.snapshot ? 'W' : 'X'} ${m.seqNum} ${m.timeUs}${m.possDup ? ' dup' : ''} ${entries.join(' ')}`;
}

export function describeError(e: DecodeError): string {
  const figures = [e.tag === undefined ? '' : ` tag ${e.tag}`, e.seqNum === undefined ? '' : ` seq ${e.seqNum}`];
  return `! ${e.kind}${figures.join('')}`;
}

/** Feeds the chunks to a decoder and returns what it said, in order. */
export function decodeAll(chunks: Iterable<Uint8Array>, options: Partial<DecoderOptions> = {}): string[] {
  const said: string[] = [];
  const decoder = new Decoder({
    instruments: INSTRUMENTS,
    onMarketData: (m) => said.push(describeMarketData(m)),
    onMessage: (m) => said.push(`${m.msgType} ${m.seqNum} ${m.text(58) ?? ''}`),
    onError: (e) => said.push(`${describeError(e)} at ${e.offset}`),
    ...options,
  });
  for (const chunk of chunks) decoder.push(chunk);
  return said;
}
