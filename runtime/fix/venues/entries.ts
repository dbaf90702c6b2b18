import { Refusal } from '../refusal.ts';
import type { Fields, StructuredMessage } from '../structured/fields.ts';
import type { Dialect } from './dialect.ts';

const ACTION_TAG = 279;
const TYPE_TAG = 269;
const PRICE_TAG = 270;
const SIZE_TAG = 271;
const ENTRIES_TAG = 268;
/** Tags that name an entry: the one it changes or removes, its own, its order's. */
const ID_TAGS = [280, 278, 37];
const AGGRESSOR_TAGS = [2446, 5797, 54];

type MarketDataRules = Dialect['marketData'];

/**
 * One entry of W or X in the words of the book, its numbers as decimal text. Type and symbol are unknown when it changes
 * or removes, by its id alone, an entry that was never seen.
 */
export interface VenueEntry {
  readonly action: MarketDataRules['actions'][string];
  readonly type: MarketDataRules['types'][string] | 'statistic' | 'unknown';
  readonly symbol: string | undefined;
  readonly price: string | undefined;
  readonly size: string | undefined;
  /** What identifies it in its book: its price, level or id, by the venue's rule. */
  readonly key: string | undefined;
  /** MDEntryRefID (280): the entry that this one changes or removes, where it has an id of its own beside. */
  readonly reference: string | undefined;
  /** Of a trade: AggressorSide (2446; 5797 in some dialects), else Side (54). */
  readonly aggressor: 1 | -1 | 0;
  /** The number of the venue's gap rule, where it counts per instrument. */
  readonly sequence: number | undefined;
}

/** What is remembered of an entry that has an id. */
interface Named {
  readonly type: VenueEntry['type'];
  readonly symbol: string | undefined;
}

/**
 * The entries of W and X by a venue's rules. Remembers what an entry's id named, because a change or a delete may carry
 * the id alone.
 */
export class EntryReader {
  readonly #dialect: Dialect;
  readonly #named = new Map<string, Named>();

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  /** @throws Refusal MISSING_FIELD, BAD_ENUM, BAD_GROUP_COUNT */
  read(message: StructuredMessage): VenueEntry[] {
    const isSnapshot = message.msgType === 'W';
    const { body } = message;
    const count = body.text(ENTRIES_TAG);
    if (count === undefined) throw new Refusal('MISSING_FIELD', ENTRIES_TAG);
    const entries = body.group(ENTRIES_TAG);
    const { event } = this.#dialect.marketData;
    const endsAnEvent = event !== undefined && body.text(event.tag) !== undefined;
    if (entries.length === 0 && !isSnapshot && !endsAnEvent) {
      throw new Refusal('BAD_GROUP_COUNT', ENTRIES_TAG, `${count}, 1 and more are allowed`);
    }
    let inherited = this.symbol(body);
    return entries.map((entry) => {
      const read = this.#entry(entry, body, isSnapshot, inherited);
      inherited = read.symbol ?? inherited;
      return read;
    });
  }

  /** The instrument that these fields name. */
  symbol(fields: Fields): string | undefined {
    return first(fields, this.#dialect.symbol);
  }

  /** Nothing more follows that belongs to what this message tells of. */
  endsEvent(message: StructuredMessage): boolean {
    const { event } = this.#dialect.marketData;
    const value = event === undefined ? undefined : besideEntries(message, event.tag);
    return event === undefined || value === undefined || new RegExp(event.ends).test(value);
  }

  /** The venue's checksum of the book after the message. */
  checksum(message: StructuredMessage): string | undefined {
    const { checksum } = this.#dialect.marketData;
    return checksum === undefined ? undefined : besideEntries(message, checksum.tag);
  }

  #entry(entry: Fields, body: Fields, isSnapshot: boolean, inherited: string | undefined): VenueEntry {
    const { keyTags, zeroSizeDeletes, gap } = this.#dialect.marketData;
    const action = isSnapshot ? 'new' : this.#action(entry);
    const id = first(entry, ID_TAGS);
    const named = action === 'new' || id === undefined ? undefined : (this.#named.get(id) ?? NEVER_SEEN);
    const type = this.#type(entry, named);
    const symbol = this.symbol(entry) ?? named?.symbol ?? inherited;
    const price = entry.text(PRICE_TAG);
    const size = entry.text(SIZE_TAG);
    const isLevel = type !== 'statistic' && type !== 'empty';
    const removes = action.startsWith('delete');
    const key = first(entry, keyTags);
    if (isLevel && named === undefined) {
      if (symbol === undefined) throw new Refusal('MISSING_FIELD', this.#dialect.symbol[0]);
      if (price === undefined && !(removes && key !== undefined)) throw new Refusal('MISSING_FIELD', PRICE_TAG);
      if (size === undefined && !removes) throw new Refusal('MISSING_FIELD', SIZE_TAG);
    }
    if (isLevel && size?.startsWith('-') === true) throw new Refusal('BAD_NUMBER', SIZE_TAG, size);
    if (id !== undefined) this.#remember(id, action, { type, symbol });
    const empties = zeroSizeDeletes && isLevel && type !== 'trade' && size !== undefined && Number(size) === 0;
    const sequence = gap.scope === 'instrument' ? (entry.text(gap.tag) ?? body.text(gap.tag)) : undefined;
    return {
      action: empties && !isSnapshot ? 'delete' : action,
      type,
      symbol,
      price,
      size,
      key,
      reference: entry.text(280),
      aggressor: type === 'trade' ? aggressorOf(entry) : 0,
      sequence: sequence === undefined ? undefined : Number(sequence),
    };
  }

  #type(entry: Fields, named: Named | undefined): VenueEntry['type'] {
    const text = entry.text(TYPE_TAG);
    if (text === undefined && named !== undefined) return named.type;
    if (text === undefined) throw new Refusal('MISSING_FIELD', TYPE_TAG);
    if (!/^[0-9A-Za-z]{1,2}$/.test(text)) throw new Refusal('BAD_ENUM', TYPE_TAG, text);
    return this.#dialect.marketData.types[text] ?? 'statistic';
  }

  #action(entry: Fields): VenueEntry['action'] {
    const text = entry.text(ACTION_TAG);
    if (text === undefined) throw new Refusal('MISSING_FIELD', ACTION_TAG);
    const action = this.#dialect.marketData.actions[text];
    if (action === undefined) throw new Refusal('BAD_ENUM', ACTION_TAG, text);
    return action;
  }

  #remember(id: string, action: string, named: Named): void {
    if (action === 'delete') this.#named.delete(id);
    else if (named.type !== 'unknown') this.#named.set(id, named);
  }
}

const NEVER_SEEN: Named = { type: 'unknown', symbol: undefined };

function aggressorOf(entry: Fields): 1 | -1 | 0 {
  const side = first(entry, AGGRESSOR_TAGS);
  return side === '1' ? 1 : side === '2' ? -1 : 0;
}

/** A field of the message itself. Behind its entries, one that no dictionary knows stands in the last of them. */
function besideEntries({ body }: StructuredMessage, tag: number): string | undefined {
  return body.text(tag) ?? body.group(ENTRIES_TAG).at(-1)?.text(tag);
}

function first(fields: Fields, tags: readonly number[]): string | undefined {
  for (const tag of tags) {
    const text = fields.text(tag);
    if (text !== undefined) return text;
  }
  return undefined;
}
