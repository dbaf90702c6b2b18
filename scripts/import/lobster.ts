import path from 'node:path';
import { BadInput } from '../../policies/markets/bad-input.ts';
import { importLobster, type LobsterImport, type LobsterOptions } from '../../policies/markets/lobster.ts';
import { type RebuildReport, rebuildLobster } from '../../policies/markets/lobster-rebuild.ts';
import { type CommonFlags, type Outcome, showProgress } from './run.ts';

export interface LobsterFlags extends CommonFlags {
  readonly symbol?: string;
  readonly date?: string;
  readonly tick: string;
  readonly from?: string;
  readonly to?: string;
}

/** LOBSTER's own file names: SYMBOL_YYYY-MM-DD_… */
const FILE_NAME = /^([A-Z0-9.-]{1,20})_(\d{4}-\d{2}-\d{2})_/;
/** Fees of an exchange that pays makers, micro-USD per share; the data has none. */
const TAKER_FEE = 3000;
const MAKER_FEE = -2000;

/** @throws BadInput, LogError */
export async function lobster(
  messages: string,
  orderBook: string,
  flags: LobsterFlags,
  signal: AbortSignal,
): Promise<Outcome> {
  const options = optionsOf(messages, orderBook, flags, signal);
  const imported = await importLobster(options);
  const rebuilt = flags.verify && imported.metadata !== undefined ? await rebuildLobster(options) : undefined;
  return {
    sound: imported.report.mismatches === 0 && (rebuilt?.bookMismatches ?? 0) === 0,
    text: flags.json || flags.verify ? asJson(flags.output, imported, rebuilt) : asText(flags.output, imported),
  };
}

function optionsOf(messages: string, orderBook: string, flags: LobsterFlags, signal: AbortSignal): LobsterOptions {
  const named = FILE_NAME.exec(path.basename(messages));
  const symbol = flags.symbol ?? named?.[1];
  const date = flags.date ?? named?.[2];
  if (symbol === undefined)
    throw new BadInput('--symbol', 'is not in the file name either', path.basename(messages), 'a symbol');
  if (date === undefined)
    throw new BadInput('--date', 'is not in the file name either', path.basename(messages), 'YYYY-MM-DD');
  const fromSeconds = secondsOf('--from', flags.from);
  const toSeconds = secondsOf('--to', flags.to);
  if (fromSeconds !== undefined && toSeconds !== undefined && fromSeconds >= toSeconds) {
    throw new BadInput('--to', 'is not after --from', `${toSeconds}`, `more than ${fromSeconds}`);
  }
  return {
    messages,
    orderBook,
    output: flags.output,
    date,
    fromSeconds,
    toSeconds,
    instrument: {
      symbol,
      tickSize: flags.tick,
      lotSize: '1',
      microUsdPerHalfTickLot: halfTickMicroUsd(flags.tick),
      takerFeeMicroUsdPerLot: TAKER_FEE,
      makerFeeMicroUsdPerLot: MAKER_FEE,
    },
    progress: showProgress('line'),
    signal,
  };
}

function secondsOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,5}(\.\d{1,6})?$/.test(text) || Number(text) > 86_400) {
    throw new BadInput(flag, 'is not a time of day', text, 'seconds after midnight, 0 to 86400,');
  }
  return Number(text);
}

function halfTickMicroUsd(tick: string): number {
  const microUsd = Number(tick) * 500_000;
  if (/^\d+(\.\d{1,4})?$/.test(tick) && microUsd > 0) return Math.round(microUsd);
  throw new BadInput('--tick', 'is not a price increment', tick, 'a multiple of 0.0001 USD, such as 0.01,');
}

function asJson(log: string, { report, metadata }: LobsterImport, rebuilt: RebuildReport | undefined): string {
  const counts = metadata && { sha256: metadata.sha256, timeUs: metadata.timeUs, counts: metadata.counts };
  const { firstMismatch = null, ...figures } = report;
  return `${JSON.stringify({ event: 'import', log: metadata === undefined ? null : log, ...figures, firstMismatch, ...rebuilt, ...counts })}\n`;
}

function asText(log: string, { report, metadata }: LobsterImport): string {
  const lines = [
    `${report.messages} lines: ${report.checks} levels checked, ${report.revealed} revealed, ${report.mismatches} mismatches`,
  ];
  if (report.firstMismatch !== undefined) {
    const { line, problem, expected, actual } = report.firstMismatch;
    lines.push(`line ${line}: ${problem} (${actual}), expected ${expected}`, 'no log was written');
  }
  if (metadata !== undefined) {
    const { counts } = metadata;
    lines.push(`${log}: ${counts.messages} messages, ${counts.trades} trades, ${metadata.sha256}`);
    if (counts.tradesOffTick > 0)
      lines.push(`${counts.tradesOffTick} trades between ticks were priced at the next tick`);
  }
  return `${lines.join('\n')}\n`;
}
