import { Decoder } from '../../../runtime/fix/decoder.ts';
import type { MarketData } from '../../../runtime/fix/market-data.ts';
import { type Dialect, dialectOf } from '../../../runtime/fix/venues/dialect.ts';
import { VenueReader } from '../../../runtime/fix/venues/reader.ts';
import { SeparatorFilter, separatorOf } from '../../../runtime/fix/venues/separators.ts';
import { InstrumentTable } from '../../../runtime/instrument.ts';
import type { Random } from '../../../runtime/random.ts';

const SOH = 1;
const SYMBOLS = ['EUR/USD', 'A', 'BTC-PERPETUAL'];
const INSTRUMENTS = new InstrumentTable(
  SYMBOLS.map((symbol, index) => ({
    symbol,
    tickSize: ['0.00001', '0.25', '0.5'][index] ?? '1',
    lotSize: ['1', '0.001', '10'][index] ?? '1',
    microUsdPerHalfTickLot: 1,
    takerFeeMicroUsdPerLot: 0,
    makerFeeMicroUsdPerLot: 0,
  })),
);

/**
 * Mutates messages of a log, one at a time, one sound message before and two after it, and holds that nothing is thrown
 * and that all three are read.
 * @throws Error naming the message and the mutant
 */
export function fuzzLog(log: Uint8Array, venue: string, mutants: number, random: Random): void {
  const dialect = dialectOf(venue);
  const bytes = new SeparatorFilter(separatorOf(log, dialect.begin.tag)).push(log.slice(0, 400_000));
  const begin = dialect.begin.tag === 8 ? '8=FIX' : `${dialect.begin.tag}=`;
  const found: Buffer[] = [];
  const text = Buffer.from(bytes).toString('latin1');
  for (const part of text.split(new RegExp(`(?=${begin})`))) {
    const end = part.search(/10=\d{3}/);
    if (end > 0 && part.length < 4_000) found.push(Buffer.from(part.slice(0, end + 7), 'latin1'));
  }
  const sound = found.find((message) => readAll([message], dialect).join() === '0') as Buffer;
  for (let i = 0; i < mutants; i++) {
    const original = found[random.integer(found.length)] as Buffer;
    const mutant = mutate(original, random);
    const stream = [sound, mutant, sound, sound];
    const next = sound.length + mutant.length;
    const offsets = readAll(stream, dialect);
    if (![0, next, next + sound.length].every((offset) => offsets.includes(offset))) {
      throw new Error(
        `mutant ${i} costs a neighbour: ${JSON.stringify(mutant.toString('latin1'))}, read at ${offsets.join()}`,
      );
    }
  }
}

/** Offsets of the messages that were read. */
function readAll(parts: readonly Uint8Array[], dialect: Dialect): number[] {
  const offsets: number[] = [];
  const reader = new VenueReader({
    dialect,
    onMessage: ({ offset }) => offsets.push(offset),
    onError: () => undefined,
    maxMessageBytes: 1 << 16,
  });
  for (const part of parts) reader.push(part);
  reader.finish();
  return offsets;
}

function mutate(original: Uint8Array, random: Random): Buffer {
  const bytes = [...original];
  const changes = 1 + random.integer(3);
  for (let i = 0; i < changes; i++) {
    const at = random.integer(bytes.length);
    const kind = random.integer(6);
    if (kind === 0) bytes.splice(at, 1 + random.integer(3));
    else if (kind === 1) bytes.splice(at, 0, random.integer(256));
    else if (kind === 2) bytes[at] = 48 + random.integer(10);
    else if (kind === 3) bytes[at] = SOH;
    else if (kind === 4) bytes.length = Math.max(1, at);
    else bytes[at] = random.integer(256);
  }
  return Buffer.from(bytes);
}

const FIELDS = [
  '55=EUR/USD|',
  '55=A|',
  '270=1.25|',
  '270=7|',
  '271=3|',
  '271=1000.5|',
  '271=-70|',
  '278=x|',
  '346=2|',
  '5797=1|',
  '58=t|',
  '95=2|',
];

/**
 * W and X messages of random entries, mutated inside and framed anew with a right length and checksum, through the decoder
 * with and without its fast path: both must say the same. @returns how many were sound
 * @throws Error naming the mutant and both answers
 */
export function fuzzFastPath(mutants: number, random: Random): { sound: number } {
  const said: string[][] = [[], []];
  const decoders = said.map((lines, index) => {
    const tell = (line: string) => lines.push(line);
    const decoder: Decoder = new Decoder({
      instruments: INSTRUMENTS,
      fastPathAfter: index === 0 ? 0 : Number.POSITIVE_INFINITY,
      onMarketData: (m) => {
        const { senderCompId, targetCompId, sendingTimeUs } = decoder.header;
        tell(`${describe(m)} from ${senderCompId} to ${targetCompId} at ${sendingTimeUs}`);
      },
      onMessage: (m) => tell(`${m.msgType} ${m.seqNum}`),
      onError: ({ kind, tag, seqNum }) => tell(`${kind} ${tag} ${seqNum}`),
    });
    return decoder;
  });
  let sound = 0;
  for (let i = 0; i < mutants; i++) {
    const message = framed(mutantBody(i + 1, random));
    said[0]?.splice(0);
    said[1]?.splice(0);
    for (const decoder of decoders) decoder.push(message);
    const [fast = '', generic = ''] = said.map((lines) => lines.join('; '));
    if (fast !== generic)
      throw new Error(
        `mutant ${i}: ${message.toString('latin1').replaceAll('\x01', '|')}: fast ${fast}, generic ${generic}`,
      );
    if (/^[WX] /.test(fast)) sound++;
  }
  return { sound };
}

function mutantBody(seqNum: number, random: Random): Buffer {
  const pick = (items: readonly string[]) => items[random.integer(items.length)] as string;
  const count = 1 + random.integer(4);
  const isSnapshot = random.bernoulli(0.25);
  const header = [
    `49=${random.bernoulli(0.9) ? 'VENUE' : 'VENUS'}|`,
    '56=EMP|',
    `34=${seqNum}|`,
    `52=2026010${random.integer(2) + 5}-09:30:00.${100 + random.integer(900)}|`,
  ];
  // Most are written as the one before is.
  if (random.bernoulli(0.1)) header.push(header.shift() as string);
  let text = `35=${isSnapshot ? 'W' : 'X'}|${header.join('')}`;
  if (random.bernoulli(0.3)) text += pick(['262=R|', '55=A|', '60=20260105-09:30:00.000001|', '100087=5|']);
  if (isSnapshot) text += `55=${pick(SYMBOLS)}|`;
  text += `268=${count}|`;
  for (let i = 0; i < count; i++) {
    if (!isSnapshot || random.bernoulli(0.02)) text += `279=${random.integer(3)}|`;
    text += `269=${random.integer(3)}|`;
    const price = pick([
      `${random.integer(400)}.5`,
      `${random.integer(400)}.25`,
      `1.${10_000 + random.integer(90_000)}`,
    ]);
    if (isSnapshot) text += `270=${price}|271=${10 * random.integer(50)}|`;
    else if (random.bernoulli(0.8)) {
      text += `278=I${i}|55=${pick(SYMBOLS)}|270=${price}|271=${10 * random.integer(50)}|`;
    }
    while (random.bernoulli(0.3)) text += pick(FIELDS);
  }
  const bytes = [...Buffer.from(text.replaceAll('|', '\x01'), 'latin1')];
  const changes = random.integer(3);
  for (let i = 0; i < changes; i++) {
    const at = 5 + random.integer(bytes.length - 6);
    const kind = random.integer(5);
    if (kind === 0) bytes.splice(at, 1);
    else if (kind === 1) bytes.splice(at, 0, 48 + random.integer(12));
    else if (kind === 2) bytes[at] = 48 + random.integer(10);
    else if (kind === 3) bytes[at] = (bytes[at] as number) ^ (1 << random.integer(8));
    else bytes[at] = random.integer(3) === 0 ? SOH : random.integer(256);
  }
  if (bytes.at(-1) !== SOH) bytes.push(SOH);
  return Buffer.from(bytes);
}

function framed(body: Buffer): Buffer {
  const head = Buffer.concat([Buffer.from(`8=FIX.4.4\x019=${body.length}\x01`, 'latin1'), body]);
  let sum = 0;
  for (const byte of head) sum += byte;
  return Buffer.concat([head, Buffer.from(`10=${String(sum % 256).padStart(3, '0')}\x01`, 'latin1')]);
}

function describe(m: MarketData): string {
  let text = `${m.snapshot ? 'W' : 'X'} ${m.seqNum} ${m.timeUs} ${m.possDup}`;
  for (let i = 0; i < m.count; i++) {
    text += ` ${m.symbolId[i]}/${m.action[i]}/${m.entryType[i]}/${m.priceTicks[i]}/${m.quantityLots[i]}/${m.aggressor[i]}/${m.rptSeq[i]}`;
  }
  return text;
}
