import type { BookView } from '../book/book-view.ts';
import type { BookChange } from '../book/change.ts';

/**
 * One feature of one symbol, as a state that sees changes in order and can be read at any moment.
 * Causal by construction: it is given nothing later than the change at hand, and never reads a clock.
 */
export interface FeatureState {
  /** After every message that touched the symbol; `book` is already the book after the change, without our own orders. */
  onChange(book: BookView, change: BookChange): void;
  /** The value now, `timeUs` being the time of the latest change; finite for every reachable state. */
  value(book: BookView, timeUs: number): number;
}

/**
 * What becomes of a value when bid and ask, buyer and seller change places: `odd` features change their sign, `even` ones
 * stay what they are.
 */
export type Mirror = 'odd' | 'even';

/** A definition and its invariants. Without any of them a feature is refused (`findMissingInvariant`). */
export interface Feature {
  readonly name: string;
  /** ticks, lots, lots/lots (a ratio), volatility units, seconds … */
  readonly unit: string;
  /** What must hold for every value, stated for readers and checked by the property test. */
  readonly bounds: { readonly min: number; readonly max: number };
  /** Checked by the property test, as is that no value knows how large an asset's lot is or where its price stands. */
  readonly mirror: Mirror;
  create(): FeatureState;
}
