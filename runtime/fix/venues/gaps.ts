import type { StructuredMessage } from '../structured/fields.ts';
import type { Dialect } from './dialect.ts';
import type { VenueEntry } from './entries.ts';

/** What a leap in the numbers took with it: everything of the session or feed, or these instruments'. */
export type Lost = 'everything' | ReadonlySet<string> | undefined;

/** Counts leaps in the numbers that a venue's rule names: what was lost between two messages. */
export class GapCounter {
  readonly #rules: Dialect['marketData'];
  readonly #last = new Map<string, number>();
  /** Leaps so far. A number that comes again, or comes late, is none. */
  count = 0;

  constructor(dialect: Dialect) {
    this.#rules = dialect.marketData;
  }

  take(message: StructuredMessage, entries: readonly VenueEntry[], symbol: string | undefined): Lost {
    const { gap, snapshotCovers, updateCovers } = this.#rules;
    const { header, body } = message;
    if (gap.scope === 'session') {
      const scope = `${header.text(49) ?? ''}>${header.text(56) ?? ''}`;
      if (message.msgType === 'A' && body.text(141) === 'Y') this.#last.delete(scope);
      const leapt = this.#next(scope, numberOf(header.text(gap.tag)), undefined);
      const skipsTo = message.msgType === '4' ? numberOf(body.text(36)) : undefined;
      if (skipsTo !== undefined) this.#last.set(scope, skipsTo - 1);
      return leapt ? 'everything' : undefined;
    }
    if (message.msgType === 'W') {
      const covers = snapshotCovers === undefined ? undefined : numberOf(body.text(snapshotCovers));
      if (covers !== undefined && symbol !== undefined) this.#last.set(symbol, covers);
      return undefined;
    }
    if (gap.scope === 'feed') {
      return this.#next('', numberOf(body.text(gap.tag)), undefined) ? 'everything' : undefined;
    }
    const lost = new Set<string>();
    for (const { symbol: of, sequence } of entries) {
      if (of === undefined) continue;
      const from = updateCovers === undefined ? undefined : numberOf(body.text(updateCovers[0]));
      if (this.#next(of, sequence, from)) lost.add(of);
    }
    return lost.size > 0 ? lost : undefined;
  }

  /** @param from the first number that this one covers too @returns whether there was a leap */
  #next(scope: string, number: number | undefined, from: number | undefined): boolean {
    if (number === undefined) return false;
    const last = this.#last.get(scope);
    const leapt = last !== undefined && (from ?? number) > last + 1;
    if (leapt) this.count++;
    if (last === undefined || number > last) this.#last.set(scope, number);
    return leapt;
  }
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
