/** What a feature row costs while market data is decoded at full speed, and what a thousand deep books take. */
import { Books } from '../../runtime/book/books.ts';
import { stopwatchNs } from '../../runtime/clock.ts';
import { catalogue, features } from '../../runtime/features/index.ts';
import { FeatureRows } from '../../runtime/features/rows.ts';
import { Decoder } from '../../runtime/fix/decoder.ts';
import { InstrumentTable } from '../../runtime/instrument.ts';
import { venueStream } from './decoding.ts';
import { deepBooksBytes } from './deep-books.ts';
import { type Figure, figure, quantile } from './figure.ts';
import { heapBytesPerMessage } from './heap-growth.ts';
import { benchEnvironment } from './trader.ts';

const CHUNK_BYTES = 64 << 10;

/** From a book's change to the row, stopwatch included: the served features, and all of the catalogue. */
export function benchFeatures(repeats: number, eventSeconds = 900): Figure[] {
  const stream = venueStream(eventSeconds);
  const sets = { Row: features, CatalogueRow: catalogue } as const;
  return [
    ...Object.entries(sets).flatMap(([name, chosen]) => {
      const p50: number[] = [];
      const p99: number[] = [];
      for (let i = 0; i <= repeats; i++) {
        const times = timesOf(stream, chosen);
        // The first one warms up.
        if (i === 0) continue;
        p50.push(quantile(times, 0.5));
        p99.push(quantile(times, 0.99));
      }
      return [figure(`feature${name}P50Ns`, p50), figure(`feature${name}P99Ns`, p99)];
    }),
    figure('thousandSymbolsOf100LevelsMiB', [deepBooksBytes() / 2 ** 20]),
    figure('heapBytesPerMessage', [heapBytesPerMessage()]),
  ];
}

/** Nanoseconds of each row of a stream decoded at full speed. */
function timesOf(stream: Uint8Array, chosen: typeof features): number[] {
  const { config } = benchEnvironment();
  const instruments = new InstrumentTable(config.instruments);
  const books = new Books(instruments, config.marketDepthLevels);
  const rows = new FeatureRows(instruments.list.length, chosen);
  const times: number[] = [];
  const refuse = (what: string): never => {
    throw new Error(`feature bench: ${what} in the venue's own stream`);
  };
  const decoder = new Decoder({
    instruments,
    onMarketData: (message) =>
      books.onMarketData(message, {
        onChange: (book, change) => {
          const beganNs = stopwatchNs();
          rows.onChange(book, change);
          rows.row(book.symbolId);
          times.push(stopwatchNs() - beganNs);
        },
        onIntegrity: ({ kind }) => refuse(kind),
      }),
    onMessage: () => {},
    onError: ({ kind }) => refuse(kind),
  });
  for (let at = 0; at < stream.length; at += CHUNK_BYTES) decoder.push(stream.subarray(at, at + CHUNK_BYTES));
  return times;
}
