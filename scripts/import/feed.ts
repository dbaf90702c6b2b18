import { BadInput } from '../../policies/markets/bad-input.ts';
import { binanceFeed } from '../../policies/markets/feeds/binance.ts';
import type { Feed } from '../../policies/markets/feeds/feed.ts';
import { type FeedImport, importFeed } from '../../policies/markets/feeds/import-feed.ts';
import { krakenFeed } from '../../policies/markets/feeds/kraken.ts';
import { venueFeed } from '../../policies/markets/feeds/venue.ts';
import { dialectOf } from '../../runtime/fix/venues/dialect.ts';
import { type CommonFlags, type Outcome, showProgress } from './run.ts';

export interface FeedFlags extends CommonFlags {
  readonly takerBps?: string;
  readonly makerBps?: string;
  readonly venue?: string;
}

/** Deribit's published fees of a perpetual, 2019: 0.075 % taken, 0.025 % paid to makers. */
const DERIBIT = { takerBps: 7.5, makerBps: -2.5 };

/** The markets whose recordings are feeds, with what a person should know of each. */
export const FEEDS: Readonly<
  Record<string, { readonly about: string; open(files: readonly string[], venue?: string): Feed }>
> = {
  binance: { about: 'depth stream, snapshot and trades, as recorded (JSON lines or arrays)', open: binanceFeed },
  kraken: { about: 'WebSocket book channel with checksums, as recorded', open: krakenFeed },
  deribit: { about: 'FIX 4.4 market-data log', open: (files) => venueFeed(files, dialectOf('deribit'), DERIBIT) },
  fix: {
    about: 'any FIX market-data log, levels keyed by price, level, entry or order as the venue has it',
    open: (files, venue = 'generic') => venueFeed(files, dialectOf(venue), { takerBps: 0, makerBps: 0 }),
  },
};

/** @throws BadInput, LogError */
export async function feed(
  name: string,
  files: readonly string[],
  flags: FeedFlags,
  signal: AbortSignal,
): Promise<Outcome> {
  const opened = (FEEDS[name] as (typeof FEEDS)[string]).open(files, flags.venue);
  const imported = await importFeed({
    feed: {
      ...opened,
      takerBps: basisPoints('--taker-bps', flags.takerBps) ?? opened.takerBps,
      makerBps: basisPoints('--maker-bps', flags.makerBps) ?? opened.makerBps,
    },
    output: flags.output,
    verify: flags.verify === true,
    progress: showProgress('event'),
    signal,
  });
  return {
    sound: imported.report.mismatches === 0,
    text: flags.json || flags.verify ? asJson(flags.output, imported) : asText(flags.output, imported),
  };
}

function basisPoints(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^-?\d{1,3}(\.\d{1,3})?$/.test(text)) return Number(text);
  throw new BadInput(flag, 'is not a fee', text, 'hundredths of a percent, such as 7.5 or -2.5,');
}

function asJson(log: string, { report, metadata }: FeedImport): string {
  const { messages, checks, mismatches, firstMismatch, detail, instruments } = report;
  const written = metadata && { sha256: metadata.sha256, timeUs: metadata.timeUs, counts: metadata.counts };
  return `${JSON.stringify({
    event: 'import',
    log: metadata === undefined ? null : log,
    messages,
    checks,
    mismatches,
    firstMismatch,
    detail,
    instruments: instruments.map(({ instrument, multiplier }) => ({ ...instrument, multiplier })),
    ...written,
  })}\n`;
}

function asText(log: string, { report, metadata }: FeedImport): string {
  const { mismatches, firstMismatch, detail, instruments } = report;
  const lines = instruments.map(
    ({ instrument: { symbol, tickSize, lotSize } }) => `${symbol}: tick ${tickSize}, lot ${lotSize}`,
  );
  if (firstMismatch !== null) {
    lines.push(`${firstMismatch.where}: ${firstMismatch.problem}`, `${mismatches} mismatches, no log was written`);
  }
  if (detail.levelsOutOfRange > 0) lines.push(`${detail.levelsOutOfRange} levels are beyond any book, and left out`);
  if (metadata !== undefined) {
    lines.push(`${log}: ${metadata.counts.messages} messages, ${metadata.counts.trades} trades, ${metadata.sha256}`);
  }
  return `${lines.join('\n')}\n`;
}
