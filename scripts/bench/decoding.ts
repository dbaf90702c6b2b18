/** How fast market data becomes books, on one core. */
import { Books } from '../../runtime/book/books.ts';
import { stopwatchNs } from '../../runtime/clock.ts';
import { benchDecode } from '../../runtime/fix/bench.ts';
import { Decoder } from '../../runtime/fix/decoder.ts';
import { memoryTransportPair } from '../../runtime/fix/memory-transport.ts';
import { InstrumentTable } from '../../runtime/instrument.ts';
import { MemoryJournal } from '../../runtime/journal/memory-journal.ts';
import { Runtime } from '../../runtime/runtime.ts';
import { VenueServer } from '../../runtime/venue/server.ts';
import { simulatedMarket } from '../../runtime/venue/simulated-market.ts';
import { type Figure, figure } from './figure.ts';
import { tapped } from './tapped-transport.ts';
import { benchEnvironment } from './trader.ts';

/** What a read of a socket brings at most. */
const CHUNK_BYTES = 64 << 10;

/** What the simulated venue sends, byte for byte, decoded and booked; and decoding alone, of larger messages too. */
export function benchDecoding(repeats: number, eventSeconds = 900): Figure[] {
  const stream = venueStream(eventSeconds);
  const rates: number[] = [];
  decodeAndBook(stream);
  for (let i = 0; i < repeats; i++) {
    const beganNs = stopwatchNs();
    const messages = decodeAndBook(stream);
    rates.push((messages * 1e9) / (stopwatchNs() - beganNs));
  }
  const decoding = ([1, 4, 10] as const).map((entriesPerMessage) => {
    const { messagesPerSecond, repetitions } = benchDecode({ entriesPerMessage, repetitions: repeats });
    const name = `decodedXMessagesOf${entriesPerMessage}EntriesPerSecond`;
    return { name, ...messagesPerSecond, repeats: repetitions };
  });
  return [figure('decodedAndBookedXMessagesPerSecond', rates), ...decoding];
}

/** Everything that a subscriber to every symbol receives, as the bytes of one stream. */
export function venueStream(eventSeconds: number): Uint8Array {
  const { config, limits } = benchEnvironment();
  const venue = new VenueServer({ market: simulatedMarket({ seed: 7 }), seed: 7, endStep: eventSeconds * 10 });
  const runtime = new Runtime({
    config,
    limits,
    policy: undefined,
    journal: new MemoryJournal({ keep: [] }),
    sessionClock: 'event',
    startUs: venue.timeUs,
    slot: 'bench',
  });
  const chunks: Uint8Array[] = [];
  const [ours, theirs] = memoryTransportPair();
  venue.attach(theirs);
  runtime.attach(tapped(ours, { onChunk: (chunk) => chunks.push(chunk.slice()) }));
  while (!venue.done) venue.step();
  return Buffer.concat(chunks);
}

/** @returns how many X it was. @throws Error when a message or a book is not sound: then nothing was measured */
function decodeAndBook(stream: Uint8Array): number {
  const { config } = benchEnvironment();
  const instruments = new InstrumentTable(config.instruments);
  const books = new Books(instruments, config.marketDepthLevels);
  let messages = 0;
  const refuse = (what: string) => {
    throw new Error(`decoding bench: ${what} in the venue's own stream`);
  };
  const listener = { onChange: () => {}, onIntegrity: ({ kind }: { kind: string }) => refuse(kind) };
  const decoder = new Decoder({
    instruments,
    onMarketData: (message) => {
      if (!message.snapshot) messages++;
      books.onMarketData(message, listener);
    },
    onMessage: () => {},
    onError: ({ kind }) => refuse(kind),
  });
  for (let at = 0; at < stream.length; at += CHUNK_BYTES) decoder.push(stream.subarray(at, at + CHUNK_BYTES));
  return messages;
}
