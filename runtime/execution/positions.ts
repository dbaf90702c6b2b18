import { type Side, signOf } from '../instrument.ts';

/** One execution as the venue reported it. */
export interface Trade {
  readonly clOrdId: string;
  readonly symbolId: number;
  readonly side: Side;
  readonly lots: number;
  readonly priceTicks: number;
  readonly feeMicroUsd: number;
  readonly liquidity: 'maker' | 'taker';
}

/**
 * Integer lots per symbol: the sum of executions that are unique by ExecID, less those taken back. Nothing else moves a
 * position; a reconciliation compares and never corrects.
 */
export class Positions {
  readonly #lots: Float64Array;
  readonly #seen = new Map<string, Trade | undefined>();
  readonly #busted = new Set<string>();

  constructor(symbols: number) {
    this.#lots = new Float64Array(symbols);
  }

  lots(symbolId: number): number {
    return this.#lots[symbolId];
  }

  all(): number[] {
    return [...this.#lots];
  }

  /** True once for every ExecID; an empty one cannot be told from another and never counts as seen. */
  isDuplicate(execId: string): boolean {
    return this.#seen.has(execId);
  }

  /** Remembers a report's ExecID that moves no position. */
  remember(execId: string): void {
    if (execId !== '') this.#seen.set(execId, undefined);
  }

  /** Books an execution. False when a bust of it came first: both are then spent and the position stays. */
  book(execId: string, trade: Trade): boolean {
    this.#seen.set(execId, trade);
    if (this.#busted.has(execId)) return false;
    this.#lots[trade.symbolId] += signOf(trade.side) * trade.lots;
    return true;
  }

  /** Takes an execution back; undefined when it is not booked, or was taken back before. */
  bust(execId: string): Trade | undefined {
    if (this.#busted.has(execId)) return undefined;
    this.#busted.add(execId);
    const trade = this.#seen.get(execId);
    if (trade !== undefined) this.#lots[trade.symbolId] -= signOf(trade.side) * trade.lots;
    return trade;
  }

  /** Forgets ExecIDs of orders that are too old to be heard of again. */
  forget(execIds: readonly string[]): void {
    for (const execId of execIds) {
      this.#seen.delete(execId);
      this.#busted.delete(execId);
    }
  }
}
