/** `npm run heavy -- replay`: a log of millions of messages is read at constant memory, as fast at its end as at its beginning. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { thresholds } from '../../gates/thresholds.ts';
import { LogWriter } from '../../policies/markets/log-writer.ts';
import { MarketStream } from '../../policies/markets/market-stream.ts';
import { Books } from '../../runtime/book/books.ts';
import { MarketLog } from '../../runtime/replay/log-reader.ts';
import { simulatedMarket } from '../../runtime/venue/simulated-market.ts';
import { print, printJson } from '../environment/cli.ts';

const SEED = 7;
const DEPTH = 10;
/** Stretches of the log that are compared. */
const PARTS = 20;

interface Options {
  readonly messages: number;
  readonly log?: string;
  readonly json?: boolean;
}

interface Part {
  readonly messages: number;
  /** Processor time, not the wall's: what else the machine does is not the log's fault. */
  readonly messagesPerCpuSecond: number;
  readonly residentMi: number;
}

/** @returns 0 memory and speed stand, 1 they do not, 2 bad input */
export async function replay(args: readonly string[]): Promise<number> {
  const { messages, log, json } = command().parse(args, { from: 'user' }).opts<Options>();
  const folder = log === undefined ? mkdtempSync(path.join(tmpdir(), 'emp-heavy-replay-')) : undefined;
  const file = log ?? path.join(folder as string, 'long.zst');
  try {
    if (!existsSync(file)) write(file, messages);
    const parts = read(file, (part) => {
      if (json === true) printJson({ event: 'part', ...part });
      else
        print(`${part.messages} messages: ${Math.round(part.messagesPerCpuSecond)} a second, ${part.residentMi} MiB`);
    });
    const { residentGrowthMi, speedShare } = compared(parts);
    const { residentGrowthMiMax, speedShareMin } = thresholds.heavy;
    const holds = residentGrowthMi <= residentGrowthMiMax && speedShare >= speedShareMin;
    const summary = { messages: parts.at(-1)?.messages ?? 0, residentGrowthMi, speedShare, holds };
    if (json === true) printJson({ event: 'summary', ...summary });
    else {
      print(
        `${summary.messages} messages: memory grew by ${residentGrowthMi} MiB (at most ${residentGrowthMiMax}), the last half was read at ${speedShare.toFixed(2)} of the first's speed (at least ${speedShareMin})`,
      );
    }
    return holds ? 0 : 1;
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true });
  }
}

function command(): Command {
  return new Command('npm run heavy -- replay')
    .description('writes a long log of the simulated market and reads it back through decoder and books')
    .option('--messages <n>', 'how long', natural, 10_000_000)
    .option('--log <file>', 'the log, kept; one that is there is read and not written again')
    .option('--json', 'one JSON object a line on stdout and nothing else')
    .exitOverride();
}

function natural(text: string): number {
  if (/^\d{1,9}$/.test(text) && Number(text) >= 1000) return Number(text);
  throw new InvalidArgumentError('a whole number from 1000 is allowed.');
}

function write(file: string, messages: number): void {
  const market = simulatedMarket({ seed: SEED, informed: true }).open(undefined);
  const writer = new LogWriter(file, { source: `simulated, seed ${SEED}`, instruments: market.instruments.list });
  let written = 0;
  try {
    const stream = new MarketStream(market, DEPTH, (message) => {
      if (written === messages) return;
      writer.write(message);
      written++;
    });
    for (let told = 0; written < messages; stream.advance(60)) {
      if (written - told < 250_000) continue;
      told = written;
      process.stderr.write(`written: ${written} of ${messages}\n`);
    }
  } catch (error) {
    writer.abandon();
    throw error;
  } finally {
    market.close();
  }
  writer.finish();
}

function read(file: string, onPart: (part: Part) => void): Part[] {
  const log = MarketLog.open(file);
  const books = new Books(log.instruments, DEPTH);
  const listener = {
    onChange() {},
    onIntegrity: ({ kind, seqNum }: { kind: string; seqNum: number }) => {
      throw new Error(`${file}: message ${seqNum} contradicts the book (${kind})`);
    },
  };
  const every = Math.ceil(log.metadata.counts.messages / PARTS);
  const parts: Part[] = [];
  let [count, before, used] = [0, 0, process.cpuUsage()];
  const endPart = () => {
    const { user, system } = process.cpuUsage(used);
    const messagesPerCpuSecond = ((count - before) / (user + system)) * 1e6;
    const part = { messages: count, messagesPerCpuSecond, residentMi: Math.round(process.memoryUsage.rss() / 2 ** 20) };
    parts.push(part);
    onPart(part);
    [before, used] = [count, process.cpuUsage()];
  };
  try {
    for (let message = log.next(); message !== undefined; message = log.next()) {
      books.onMarketData(message, listener);
      if (++count % every === 0) endPart();
    }
    if (count > before) endPart();
  } finally {
    log.close();
  }
  return parts;
}

/** Memory after the first tenth against the most afterwards; the median speed of the last half against that of the first. */
function compared(parts: readonly Part[]): { readonly residentGrowthMi: number; readonly speedShare: number } {
  const begun = Math.ceil(parts.length / 10);
  const half = parts.length >> 1;
  const most = Math.max(...parts.slice(begun).map(({ residentMi }) => residentMi));
  const speed = (some: readonly Part[]) => {
    const sorted = some.map(({ messagesPerCpuSecond }) => messagesPerCpuSecond).sort((a, b) => a - b);
    return sorted[sorted.length >> 1] as number;
  };
  const first = parts[begun - 1] as Part;
  return {
    residentGrowthMi: most - first.residentMi,
    speedShare: speed(parts.slice(half)) / speed(parts.slice(begun, half)),
  };
}
