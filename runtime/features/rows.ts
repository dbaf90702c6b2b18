import { createHash } from 'node:crypto';
import type { Book } from '../book/book.ts';
import type { BookChange } from '../book/change.ts';
import type { Feature, FeatureState } from './feature.ts';
import { features } from './index.ts';
import { TopLevels } from './top-levels.ts';
import { unitTicks, type Volatility, volatilityUnit } from './volatility.ts';

/** Raise when a feature's values change while its name, unit and bounds do not. */
const VERSION = 1;

class SymbolFeatures {
  readonly states: readonly FeatureState[];
  readonly volatility: Volatility = volatilityUnit();
  readonly row: Float32Array;
  readonly top = new TopLevels();
  book: Book | undefined;
  /** The book's version that `top` shows. */
  version = -1;
  timeUs = 0;

  constructor(chosen: readonly Feature[]) {
    this.states = chosen.map((feature) => feature.create());
    this.row = new Float32Array(chosen.length);
  }
}

/** The feature rows of all symbols: fed with every change of a book, read when a decision is due. */
export class FeatureRows {
  /** Names in the order of a row. */
  static readonly names: readonly string[] = features.map((feature) => feature.name);
  /** Digest of what a row means: names, units, bounds and the version of their definitions. */
  static readonly digest: string = digestOf();

  readonly #symbols: readonly SymbolFeatures[];

  /** `symbols`: how many the instrument table has; `chosen`: what a row holds. @default the features of a policy */
  constructor(symbols: number, chosen: readonly Feature[] = features) {
    this.#symbols = Array.from({ length: symbols }, () => new SymbolFeatures(chosen));
  }

  /** Our own resting quantity is left out: only `book.others` is read. */
  onChange(book: Book, change: BookChange): void {
    const symbol = this.#of(book.symbolId);
    symbol.book = book;
    symbol.timeUs = change.timeUs;
    symbol.version = book.version;
    const { states, top } = symbol;
    top.copy(book.others);
    symbol.volatility.onChange(top, change);
    for (let i = 0; i < states.length; i++) (states[i] as FeatureState).onChange(top, change);
  }

  /**
   * The raw row as of the symbol's latest change; all zeros before the first. The array is reused by the next call for
   * the same symbol.
   */
  row(symbolId: number): Float32Array {
    const symbol = this.#of(symbolId);
    const { states, row, top, book, timeUs } = symbol;
    if (book === undefined) return row;
    // Our own orders may have changed since.
    if (symbol.version !== book.version) {
      symbol.version = book.version;
      top.copy(book.others);
    }
    for (let i = 0; i < states.length; i++) row[i] = (states[i] as FeatureState).value(top, timeUs);
    return row;
  }

  /**
   * One volatility unit over `horizonUs`, in ticks: what labels are divided by and forecasts multiplied with. Causal,
   * at least half a tick.
   */
  volatilityTicks(symbolId: number, horizonUs: number): number {
    return unitTicks(this.#of(symbolId).volatility, horizonUs);
  }

  #of(symbolId: number): SymbolFeatures {
    const symbol = this.#symbols[symbolId];
    if (symbol === undefined) throw new RangeError(`no features for symbol id ${symbolId} of ${this.#symbols.length}`);
    return symbol;
  }
}

function digestOf(): string {
  const meaning = features.map(({ name, unit, bounds }) => [name, unit, bounds.min, bounds.max]);
  return `sha256:${createHash('sha256')
    .update(JSON.stringify([VERSION, meaning]))
    .digest('hex')}`;
}
