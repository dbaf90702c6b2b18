/** `npm run import -- MARKET FILE… -o LOG.zst`: real market data becomes a log that everything replays. */
import { Command } from 'commander';
import { venueNames } from '../runtime/fix/venues/dialect.ts';
import { FEEDS, type FeedFlags, feed } from './import/feed.ts';
import { type LobsterFlags, lobster } from './import/lobster.ts';
import { runImport } from './import/run.ts';

/** @returns 0 imported, 1 the data contradicts itself or the log does not rebuild it, 2 bad input, 3 interrupted */
export async function main(args: string[]): Promise<number> {
  let code = 0;
  const command = new Command('npm run import --')
    .description('turns recorded market data into a log of FIX messages, with its instruments beside it')
    .exitOverride();
  common(
    command
      .command('lobster')
      .description('LOBSTER message and order-book files (lobsterdata.com), .csv or .csv.gz')
      .argument('<messages>', 'the message file')
      .argument('<orderbook>', 'the order-book file of the same day'),
  )
    .option('--symbol <symbol>', 'default: from the file name')
    .option('--date <day>', 'trading day in New York, YYYY-MM-DD; default: from the file name')
    .option('--tick <usd>', 'smallest price increment', '0.01')
    .option('--from <seconds>', 'first second after midnight, New York')
    .option('--to <seconds>', 'where to end, not included')
    .action(async (messages: string, orderBook: string, flags: LobsterFlags) => {
      code = await runImport((signal) => lobster(messages, orderBook, flags, signal));
    });
  for (const [name, { about }] of Object.entries(FEEDS)) {
    const market = common(
      command.command(name).description(about).argument('<files...>', 'in the order in which they were recorded'),
    )
      .option('--taker-bps <n>', "fee when taking, hundredths of a percent of the notional; default: the venue's")
      .option('--maker-bps <n>', 'fee when making; a rebate is negative');
    if (name === 'fix') {
      market.option('--venue <name>', `whose dialect: ${venueNames().join(', ')}, or a .json file`, 'generic');
    }
    market.action(async (files: string[], flags: FeedFlags) => {
      code = await runImport((signal) => feed(name, files, flags, signal));
    });
  }
  await command.parseAsync(args, { from: 'user' });
  return code;
}

function common(command: Command): Command {
  return command
    .requiredOption('-o, --output <log>', 'the log to write, LOG.zst; LOG.zst.json goes beside it')
    .option('--verify', "read the log back and hold its books to the venue's own; prints one JSON object")
    .option('--json', 'print one JSON object in any case');
}
