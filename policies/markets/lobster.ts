import { ACTION, ENTRY, MarketData } from '../../runtime/fix/market-data.ts';
import type { Instrument } from '../../runtime/instrument.ts';
import type { LogMetadata } from '../../runtime/replay/log-metadata.ts';
import { BadInput } from './bad-input.ts';
import { midnightUs } from './exchange-time.ts';
import { LobsterCheck, type LobsterMismatch } from './lobster-check.ts';
import { type LobsterMessage, type LobsterRow, TYPE } from './lobster-row.ts';
import { type LobsterLine, LobsterSource } from './lobster-source.ts';
import { LogWriter } from './log-writer.ts';

/** LOBSTER writes USD × 10⁴. */
const PRICE_UNITS_PER_USD = 10_000;
const ZONE = 'America/New_York';

export interface LobsterOptions {
  readonly messages: string;
  readonly orderBook: string;
  readonly output: string;
  readonly instrument: Instrument;
  /** The trading day, YYYY-MM-DD, in New York. */
  readonly date: string;
  /** Seconds after midnight in New York: lines with from ≤ time < to. */
  readonly fromSeconds?: number | undefined;
  readonly toSeconds?: number | undefined;
  /** Called now and then with the line reached. */
  readonly progress?: ((line: number) => void) | undefined;
  /** Ends the import early, leaving nothing behind. */
  readonly signal?: AbortSignal | undefined;
}

export interface LobsterReport {
  readonly messages: number;
  readonly checks: number;
  readonly revealed: number;
  readonly mismatches: number;
  readonly firstMismatch: LobsterMismatch | undefined;
}

export interface LobsterImport {
  readonly report: LobsterReport;
  /** Undefined when the rows contradict the messages: no log is left then. */
  readonly metadata: LogMetadata | undefined;
}

/**
 * Turns LOBSTER's messages and order-book rows into a market log: a W for the first row, an X for every later message
 * that changed the row or traded. The log's book is the file's window of depth: what leaves the window is deleted.
 *
 * @throws BadInput, LogError
 */
export async function importLobster(options: LobsterOptions): Promise<LobsterImport> {
  const source = await LobsterSource.open(options.messages, options.orderBook);
  const translator = new LobsterTranslator(source, options);
  const writer = new LogWriter(options.output, {
    source: `LOBSTER ${options.instrument.symbol} ${options.date}, ${source.levels} levels`,
    instruments: [options.instrument],
  });
  const check = new LobsterCheck(source.levels);
  let messages = 0;
  try {
    for await (const line of linesOf(source, options)) {
      check.next(line.line, line.message, line.row);
      if (translator.next(line)) writer.write(translator.out, translator.tradesOffTick);
      if (++messages % 1000 !== 0) continue;
      options.progress?.(line.line);
      options.signal?.throwIfAborted();
    }
    if (messages === 0)
      throw new BadInput(options.messages, 'has no lines in the time asked for', '0 lines', 'at least 1');
  } catch (error) {
    writer.abandon();
    throw error;
  }
  const { checks, revealed, mismatches, firstMismatch } = check;
  const report = { messages, checks, revealed, mismatches, firstMismatch };
  if (mismatches === 0) return { report, metadata: writer.finish() };
  writer.abandon();
  return { report, metadata: undefined };
}

/** The lines that an import covers. */
export function linesOf(source: LobsterSource, options: LobsterOptions): AsyncGenerator<LobsterLine> {
  return source.lines((options.fromSeconds ?? 0) * 1e6, (options.toSeconds ?? Infinity) * 1e6);
}

/** One line after the other into a W or X. */
export class LobsterTranslator {
  /** What `next` made; reused. */
  readonly out = new MarketData();
  /** Trades in `out` that the tick could not hold: hidden ones, at half a cent. */
  tradesOffTick = 0;
  readonly #source: LobsterSource;
  readonly #unitsPerTick: number;
  readonly #midnightUs: number;
  #previous: LobsterRow | undefined;

  constructor(source: LobsterSource, options: LobsterOptions) {
    this.#source = source;
    this.#unitsPerTick = Math.round(PRICE_UNITS_PER_USD * Number(options.instrument.tickSize));
    this.#midnightUs = midnightUs(options.date, ZONE);
    if (this.#unitsPerTick < 1 || Number(options.instrument.tickSize) * PRICE_UNITS_PER_USD !== this.#unitsPerTick) {
      throw new BadInput('--tick', 'is finer than the data', options.instrument.tickSize, 'a multiple of 0.0001');
    }
  }

  /** @returns false when there is nothing to tell: no level changed and nothing traded. @throws BadInput */
  next({ line, message, row }: LobsterLine): boolean {
    const { out } = this;
    out.count = 0;
    this.tradesOffTick = 0;
    out.timeUs = this.#midnightUs + message.timeUs;
    out.snapshot = this.#previous === undefined;
    if (this.#previous !== undefined) this.#trade(message);
    for (const side of [2, 0]) {
      this.#leaving(line, side, row);
      this.#present(line, side, row);
    }
    if (out.snapshot && out.count === 0) this.#put(ACTION.NEW, ENTRY.EMPTY, 0, 0, 0);
    this.#previous = row;
    return out.count > 0;
  }

  #trade(message: LobsterMessage): void {
    const visible = message.type === TYPE.EXECUTE || message.type === TYPE.EXECUTE_HIDDEN;
    if (!visible && message.type !== TYPE.CROSS_TRADE) return;
    // LOBSTER names the resting order's side; a cross has no aggressor.
    const aggressor = visible ? -message.direction : 0;
    const exact = message.price / this.#unitsPerTick;
    const ticks = aggressor > 0 ? Math.ceil(exact) : Math.floor(exact);
    if (ticks !== exact) this.tradesOffTick++;
    this.#put(ACTION.NEW, ENTRY.TRADE, ticks, message.size, aggressor);
  }

  /** Levels of the previous row that this one does not show. */
  #leaving(line: number, side: number, row: LobsterRow): void {
    const previous = this.#previous;
    if (previous === undefined) return;
    for (let at = side; at < previous.length; at += 4) {
      if (previous[at + 1] > 0 && lotsAt(row, side, previous[at]) === 0) {
        this.#put(ACTION.DELETE, entryType(side), this.#ticks(line, previous[at]), 0, 0);
      }
    }
  }

  /** Levels of this row that are new or have changed. */
  #present(line: number, side: number, row: LobsterRow): void {
    for (let at = side; at < row.length; at += 4) {
      if (row[at + 1] === 0) continue;
      const before = this.#previous === undefined ? 0 : lotsAt(this.#previous, side, row[at]);
      if (before === row[at + 1]) continue;
      this.#put(before === 0 ? ACTION.NEW : ACTION.CHANGE, entryType(side), this.#ticks(line, row[at]), row[at + 1], 0);
    }
  }

  #put(action: number, type: number, priceTicks: number, lots: number, aggressor: number): void {
    const { out } = this;
    const i = out.count++;
    out.symbolId[i] = 0;
    out.action[i] = action;
    out.entryType[i] = type;
    out.priceTicks[i] = priceTicks;
    out.quantityLots[i] = lots;
    out.aggressor[i] = aggressor;
  }

  #ticks(line: number, price: number): number {
    const ticks = price / this.#unitsPerTick;
    if (Number.isInteger(ticks)) return ticks;
    const allowed = `a multiple of ${this.#unitsPerTick}`;
    throw new BadInput(this.#source.orderBookPath, `line ${line}: price is off tick`, `${price}`, allowed);
  }
}

function entryType(side: number): number {
  return side === 0 ? ENTRY.OFFER : ENTRY.BID;
}

/** Lots of a row at a price; 0 when it does not show it. */
function lotsAt(row: LobsterRow, side: number, price: number): number {
  for (let at = side; at < row.length; at += 4) if (row[at] === price) return row[at + 1];
  return 0;
}
