import { SimulatedClock, stopwatchNs } from '../clock.ts';
import { InstrumentTable } from '../instrument.ts';
import { Random } from '../random.ts';
import { Decoder } from './decoder.ts';
import { Encoder } from './encoder.ts';
import { ACTION, ENTRY, MarketData } from './market-data.ts';
import { MarketDataWriter } from './market-data-writer.ts';

/** Messages per second over the repetitions. */
export interface Rate {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export interface DecodeBench {
  readonly messages: number;
  readonly repetitions: number;
  readonly entriesPerMessage: number;
  readonly bytesPerMessage: number;
  readonly messagesPerSecond: Rate;
}

const SYMBOLS = 8;
/** What a read of a socket typically brings. */
const CHUNK_BYTES = 64 << 10;

/**
 * Decoding speed of distinct X messages over eight symbols, on one core, decoding only: entries by entries, framing,
 * checksum and every check included.
 */
export function benchDecode(options: {
  readonly entriesPerMessage: number;
  readonly messages?: number;
  readonly repetitions?: number;
  readonly seed?: number;
}): DecodeBench {
  const { entriesPerMessage, messages = 20_000, repetitions = 7, seed = 7 } = options;
  const { instruments, stream } = benchStream(messages, entriesPerMessage, seed);
  let decoded = 0;
  let entries = 0;
  const decoder = new Decoder({
    instruments,
    onMarketData: (m) => {
      decoded++;
      entries += m.count;
    },
    onMessage: (m) => refuse(m.msgType),
    onError: (error) => refuse(error.kind),
  });
  const rates: number[] = [];
  for (let i = 0; i <= repetitions; i++) {
    decoded = 0;
    entries = 0;
    const startNs = stopwatchNs();
    for (let at = 0; at < stream.length; at += CHUNK_BYTES) decoder.push(stream.subarray(at, at + CHUNK_BYTES));
    const seconds = (stopwatchNs() - startNs) / 1e9;
    if (decoded !== messages || entries !== messages * entriesPerMessage) refuse(`${decoded} of ${messages} messages`);
    // The first pass warms the compiler up.
    if (i > 0) rates.push(Math.round(messages / seconds));
  }
  rates.sort((a, b) => a - b);
  const [min = 0, median = 0, max = 0] = [rates[0], rates[rates.length >> 1], rates.at(-1)];
  const bytesPerMessage = Math.round(stream.length / messages);
  return { messages, repetitions, entriesPerMessage, bytesPerMessage, messagesPerSecond: { min, median, max } };
}

/** Distinct X messages over eight symbols, as one stream of bytes. */
export function benchStream(
  messages: number,
  entriesPerMessage: number,
  seed = 7,
): { instruments: InstrumentTable; stream: Uint8Array } {
  const instruments = new InstrumentTable(
    Array.from({ length: SYMBOLS }, (_, i) => ({
      symbol: `SYM${i}`,
      tickSize: '0.01',
      lotSize: '1',
      microUsdPerHalfTickLot: 5000,
      takerFeeMicroUsdPerLot: 0,
      makerFeeMicroUsdPerLot: 0,
    })),
  );
  const random = Random.of(seed, 'bench', 'decode');
  return { instruments, stream: incrementals(instruments, messages, entriesPerMessage, random) };
}

/** Random walks of levels around a price for each symbol, as one stream of bytes. */
function incrementals(instruments: InstrumentTable, messages: number, entries: number, random: Random): Uint8Array {
  const clock = new SimulatedClock(Date.UTC(2026, 0, 5, 14, 30) * 1000);
  const encoder = new Encoder({ beginString: 'FIX.4.4', senderCompId: 'EMPSIM', targetCompId: 'EMP', clock });
  const writer = new MarketDataWriter(instruments);
  const message = new MarketData();
  const middles = Int32Array.from({ length: SYMBOLS }, () => 10_000 + random.integer(40_000));
  for (let seqNum = 1; seqNum <= messages; seqNum++) {
    clock.advanceTo(clock.nowUs() + random.integer(5_000));
    message.timeUs = clock.nowUs() - random.integer(100);
    message.count = entries;
    for (let i = 0; i < entries; i++) {
      const symbolId = random.integer(SYMBOLS);
      middles[symbolId] += random.integer(3) - 1;
      const kind = random.float();
      const entryType = kind < 0.05 ? ENTRY.TRADE : random.bernoulli(0.5) ? ENTRY.BID : ENTRY.OFFER;
      message.symbolId[i] = symbolId;
      message.entryType[i] = entryType;
      message.action[i] = entryType === ENTRY.TRADE ? ACTION.NEW : random.integer(3);
      message.priceTicks[i] = middles[symbolId] + (entryType === ENTRY.BID ? -1 : 1) * (1 + random.integer(10));
      message.quantityLots[i] = 1 + random.integer(5_000);
      message.aggressor[i] = entryType === ENTRY.TRADE ? (random.bernoulli(0.5) ? 1 : -1) : 0;
    }
    encoder.encode('X', seqNum, (body) => writer.write(message, body));
  }
  return encoder.out.bytes.slice(0, encoder.out.length);
}

function refuse(what: string): never {
  throw new Error(`decoding bench: the decoder said ${what}, where every message is sound`);
}
