import { rmSync } from 'node:fs';
import { Books } from '../../../runtime/book/books.ts';
import type { BookIntegrityError } from '../../../runtime/book/integrity.ts';
import { type LogMetadata, metadataPath } from '../../../runtime/replay/log-metadata.ts';
import { MarketLog } from '../../../runtime/replay/log-reader.ts';
import { BadInput } from '../bad-input.ts';
import { LogWriter } from '../log-writer.ts';
import { type Feed, saysSomething } from './feed.ts';
import { type FeedInstrument, instrumentsOf } from './feed-instruments.ts';
import { FeedTranslator } from './translator.ts';
import { WitnessCheck } from './witness-check.ts';

export interface FeedImportOptions {
  readonly feed: Feed;
  readonly output: string;
  /** Read the log back as the runtime would, and hold its books to what the venue says. */
  readonly verify: boolean;
  /** Called now and then with the events read in this pass. */
  readonly progress?: ((events: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface FeedMismatch {
  readonly where: string;
  readonly problem: string;
}

export interface FeedReport {
  /** Messages of the log. */
  readonly messages: number;
  /** The venue's checksums compared; where it has none, best prices, continuity of updates and levels. */
  readonly checks: number;
  readonly mismatches: number;
  readonly firstMismatch: FeedMismatch | null;
  readonly detail: {
    readonly checksums: number;
    readonly bestPrices: number;
    readonly sequence: number;
    readonly levels: number;
    /** Events that came with an earlier time than the one before them. */
    readonly lateEvents: number;
    /** Levels left out because their price is beyond 2³¹ − 1 ticks. */
    readonly levelsOutOfRange: number;
  };
  readonly instruments: readonly FeedInstrument[];
}

export interface FeedImport {
  readonly report: FeedReport;
  /** Undefined when the feed contradicts itself: no log is left then. */
  readonly metadata: LogMetadata | undefined;
}

/**
 * A venue's recording into a market log: read once for ticks and lots, once to write, and once more to verify.
 *
 * @throws BadInput, LogError
 */
export async function importFeed(options: FeedImportOptions): Promise<FeedImport> {
  const { feed, output, verify, signal } = options;
  const instruments = await instrumentsOf(feed, signal);
  if (instruments.size === 0) throw new BadInput(feed.description, 'has no book events', '0', 'at least 1');
  const finding = new Finding();
  const metadata = await write(options, instruments, finding);
  const check = new WitnessCheck(instruments);
  if (verify && metadata !== undefined) await readBack(options, instruments, check, finding);
  const { checksums, bestPrices, sequence, levels } = check;
  const kept = finding.mismatches === 0 ? metadata : undefined;
  if (kept === undefined) for (const file of [output, metadataPath(output)]) rmSync(file, { force: true });
  return {
    metadata: kept,
    report: {
      messages: metadata?.counts.messages ?? 0,
      checks: checksums > 0 ? checksums : bestPrices + sequence + levels,
      mismatches: finding.mismatches,
      firstMismatch: finding.first ?? null,
      detail: {
        checksums,
        bestPrices,
        sequence,
        levels,
        lateEvents: finding.lateEvents,
        levelsOutOfRange: finding.levelsOutOfRange,
      },
      instruments: [...instruments.values()],
    },
  };
}

class Finding {
  mismatches = 0;
  first: FeedMismatch | undefined;
  lateEvents = 0;
  levelsOutOfRange = 0;

  add(where: string, problem: string | undefined): void {
    if (problem === undefined) return;
    this.mismatches++;
    this.first ??= { where, problem };
  }
}

/** Writes the log. @returns undefined when the feed contradicts itself */
async function write(
  { feed, output, progress, signal }: FeedImportOptions,
  instruments: ReadonlyMap<string, FeedInstrument>,
  finding: Finding,
): Promise<LogMetadata | undefined> {
  const translator = new FeedTranslator(instruments);
  const list = [...instruments.values()];
  const money = list.map(({ instrument, multiplier }) => `${instrument.symbol} × ${multiplier}`).join(', ');
  const writer = new LogWriter(output, {
    source: `${feed.description}; money in the quote currency for contracts of ${money} lots`,
    instruments: list.map(({ instrument }) => instrument),
  });
  let events = 0;
  try {
    for await (const event of feed.events()) {
      finding.add(event.where, event.problem);
      if (saysSomething(event) && translator.next(event)) writer.write(translator.out);
      if (++events % 1000 !== 0) continue;
      progress?.(events);
      signal?.throwIfAborted();
    }
  } catch (error) {
    writer.abandon();
    throw error;
  }
  finding.lateEvents = translator.lateEvents;
  finding.levelsOutOfRange = translator.levelsOutOfRange;
  if (finding.mismatches === 0) return writer.finish();
  writer.abandon();
  return undefined;
}

/** The log as the runtime reads it, decoder and books included, against the feed it was made from. */
async function readBack(
  { feed, output, progress, signal }: FeedImportOptions,
  instruments: ReadonlyMap<string, FeedInstrument>,
  check: WitnessCheck,
  finding: Finding,
): Promise<void> {
  const log = MarketLog.open(output);
  const books = new Books(log.instruments, 1024);
  const translator = new FeedTranslator(instruments);
  const refusals: BookIntegrityError[] = [];
  const listener = {
    onChange() {},
    onIntegrity(error: BookIntegrityError) {
      refusals.push(error);
    },
  };
  let events = 0;
  try {
    for await (const event of feed.events()) {
      refusals.length = 0;
      if (translator.next(event)) {
        const message = log.next();
        if (message === undefined) {
          finding.add(event.where, 'the log ends before the feed');
          break;
        }
        books.onMarketData(message, listener);
      }
      for (const { kind } of refusals) finding.add(event.where, `the book refuses it: ${kind}`);
      finding.add(event.where, check.next(event, books.of(log.instruments.idOf(event.symbol))));
      if (++events % 1000 !== 0) continue;
      progress?.(events);
      signal?.throwIfAborted();
    }
    if (log.next() !== undefined) finding.add(output, 'the log goes on after the feed');
  } finally {
    log.close();
  }
}
