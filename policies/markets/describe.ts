/** `node policies/markets/describe.ts LOG.zst`: the statistics of every symbol in a market log, as JSON. */
import { Books } from '../../runtime/book/books.ts';
import { LogError } from '../../runtime/replay/log-error.ts';
import { MarketLog } from '../../runtime/replay/log-reader.ts';
import { type MarketFigures, MarketStatistics } from './statistics.ts';

/** Depth per side that books have room for at first. */
const DEPTH_LEVELS = 16;

/** @throws LogError */
export function describeLog(path: string): Record<string, MarketFigures> {
  const log = MarketLog.open(path);
  const books = new Books(log.instruments, DEPTH_LEVELS);
  const statistics = log.instruments.list.map(() => new MarketStatistics());
  try {
    for (let message = log.next(); message !== undefined; message = log.next()) {
      books.onMarketData(message, {
        onChange: (book, change) => (statistics[book.symbolId] as MarketStatistics).onChange(book, change),
        onIntegrity: (error) => {
          throw new LogError(path, `message ${error.seqNum} contradicts the book`, error.kind, 'a consistent log');
        },
      });
    }
  } finally {
    log.close();
  }
  return Object.fromEntries(log.instruments.list.map(({ symbol }, id) => [symbol, statistics[id]?.result()])) as Record<
    string,
    MarketFigures
  >;
}

function main(args: readonly string[]): number {
  const [path] = args;
  if (path === undefined || args.length > 1) {
    process.stderr.write('usage: node policies/markets/describe.ts LOG.zst\n');
    return 2;
  }
  try {
    process.stdout.write(`${JSON.stringify(describeLog(path), null, 2)}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2));
