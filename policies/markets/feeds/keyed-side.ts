import type { Dialect } from '../../../runtime/fix/venues/dialect.ts';
import type { VenueEntry } from '../../../runtime/fix/venues/entries.ts';
import { plainDecimal, sumOf } from './decimals.ts';
import type { FeedLevel } from './feed.ts';

/** One side of one instrument's book as its venue addresses it; gives what each price has become. */
export interface KeyedSide {
  /** @returns how the entry contradicts the side, in words: it is then left as it was */
  apply(entry: VenueEntry): string | undefined;
  /** Prices that have become something else since the last call, with what they are now; "0" where nothing is left. */
  changes(): FeedLevel[];
  /** Forgets everything, also what was told: whoever follows begins anew. */
  clear(): void;
}

type Rules = Pick<Dialect['marketData'], 'keying' | 'recovery'>;

export function keyedSide(name: 'bid' | 'ask', { keying, recovery }: Rules): KeyedSide {
  if (keying === 'price') return new ByPrice(name);
  if (keying === 'level') return new ByLevel(name, recovery === 'natural');
  return new ById(name, recovery === 'natural');
}

class ByPrice implements KeyedSide {
  readonly #name: string;
  readonly #sizes = new Map<string, string>();
  readonly #touched = new Set<string>();

  constructor(name: string) {
    this.#name = name;
  }

  apply({ action, price = '', size = '0' }: VenueEntry): string | undefined {
    const level = plainDecimal(price);
    const there = this.#sizes.has(level);
    if (action.startsWith('delete')) this.#sizes.delete(level);
    else this.#sizes.set(level, size);
    this.#touched.add(level);
    if (action === 'overlay' || there === (action !== 'new')) return undefined;
    return `${action} of the ${this.#name} at ${level}, which is ${there ? 'there already' : 'not there'}`;
  }

  changes(): FeedLevel[] {
    const changed = Array.from(this.#touched, (price): FeedLevel => [price, this.#sizes.get(price) ?? '0']);
    this.#touched.clear();
    return changed;
  }

  clear(): void {
    this.#sizes.clear();
    this.#touched.clear();
  }
}

interface Level {
  readonly price: string;
  readonly size: string;
}

/**
 * Levels by their number, the best is 1: a new one moves those behind it back, a deleted one lets them move up. Where
 * levels may be unknown, only those are told that are known from the best on, and none behind the last that was ever named.
 */
class ByLevel implements KeyedSide {
  readonly #name: string;
  readonly #mayBeUnknown: boolean;
  #levels: (Level | undefined)[] = [];
  #named = 0;
  #told = new Map<string, string>();

  constructor(name: string, mayBeUnknown: boolean) {
    this.#name = name;
    this.#mayBeUnknown = mayBeUnknown;
  }

  apply({ action, key = '', price, size }: VenueEntry): string | undefined {
    const at = Number(key) - 1;
    if (!Number.isInteger(at) || at < 0) return `${action} of the ${this.#name} level "${key}", which is none`;
    const there = at < this.#levels.length;
    const reachable = action === 'new' ? at <= this.#levels.length : there || action === 'overlay';
    if (!this.#mayBeUnknown && !reachable) {
      return `${action} of the ${this.#name} level ${at + 1}, of which there are ${this.#levels.length}`;
    }
    this.#named = Math.max(this.#named, at + 1);
    while (this.#levels.length < at) this.#levels.push(undefined);
    const level = price === undefined || size === undefined ? undefined : { price: plainDecimal(price), size };
    if (action === 'new') this.#levels.splice(at, 0, level);
    else if (action === 'delete') this.#levels.splice(at, 1);
    else if (action === 'deleteThru') this.#levels.splice(0, at + 1);
    else if (action === 'deleteFrom') this.#levels.length = Math.min(this.#levels.length, at);
    else this.#levels[at] = level;
    if (this.#mayBeUnknown && this.#levels.length > this.#named) this.#levels.length = this.#named;
    return undefined;
  }

  changes(): FeedLevel[] {
    const unknown = this.#levels.indexOf(undefined);
    const known = (unknown < 0 ? this.#levels : this.#levels.slice(0, unknown)) as Level[];
    const now = new Map(known.map(({ price, size }) => [price, size]));
    const changed: FeedLevel[] = [];
    for (const price of this.#told.keys()) if (!now.has(price)) changed.push([price, '0']);
    for (const [price, size] of now) if (this.#told.get(price) !== size) changed.push([price, size]);
    this.#told = now;
    return changed;
  }

  clear(): void {
    this.#levels = [];
    this.#named = 0;
    this.#told = new Map();
  }
}

/** Entries or orders by their id: a price is the sum of them. */
class ById implements KeyedSide {
  readonly #name: string;
  readonly #mayBeUnknown: boolean;
  readonly #entries = new Map<string, Level>();
  readonly #atPrice = new Map<string, Map<string, string>>();
  readonly #touched = new Set<string>();

  constructor(name: string, mayBeUnknown: boolean) {
    this.#name = name;
    this.#mayBeUnknown = mayBeUnknown;
  }

  apply({ action, key, reference, price, size }: VenueEntry): string | undefined {
    const id = action === 'new' ? key : (reference ?? key);
    if (id === undefined) return `${action} of a ${this.#name} without an id`;
    const before = this.#entries.get(id);
    if (action === 'new' && before !== undefined) return `new ${this.#name} ${id}, which is there already`;
    if (action !== 'new' && before === undefined && !this.#mayBeUnknown) {
      return `${action} of the ${this.#name} ${id}, which is not there`;
    }
    if (before !== undefined) this.#take(id, before);
    if (action.startsWith('delete')) return undefined;
    const after = { price: price === undefined ? before?.price : plainDecimal(price), size: size ?? before?.size };
    // Of an entry that was never told, a change without its price or size says nothing yet.
    if (after.price !== undefined && after.size !== undefined) this.#put(key ?? id, after as Level);
    return undefined;
  }

  changes(): FeedLevel[] {
    const changed = Array.from(this.#touched, (price): FeedLevel => {
      return [price, sumOf([...(this.#atPrice.get(price)?.values() ?? [])])];
    });
    this.#touched.clear();
    return changed;
  }

  clear(): void {
    this.#entries.clear();
    this.#atPrice.clear();
    this.#touched.clear();
  }

  #put(id: string, level: Level): void {
    this.#entries.set(id, level);
    const there = this.#atPrice.get(level.price) ?? new Map<string, string>();
    this.#atPrice.set(level.price, there.set(id, level.size));
    this.#touched.add(level.price);
  }

  #take(id: string, { price }: Level): void {
    this.#entries.delete(id);
    this.#atPrice.get(price)?.delete(id);
    this.#touched.add(price);
  }
}
