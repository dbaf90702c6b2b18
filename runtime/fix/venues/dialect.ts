import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { VERSIONS, type Version } from '../dictionary/known.ts';

const tag = z.number().int().positive();

/** How a venue speaks FIX: what `reader.ts` must know beyond the dictionary. Data, one JSON file a venue. */
export const dialectSchema = z.strictObject({
  name: z.string(),
  /** Other names that `--venue` takes. */
  aliases: z.array(z.string()).default([]),
  /** What the facts come from. */
  source: z.string(),
  /** First field of every message, and the dictionary for each of its values. */
  begin: z.strictObject({
    tag: tag.default(8),
    dictionaries: z.record(z.string(), z.enum(VERSIONS)),
  }),
  /** Header fields that every message must have. */
  requiredHeader: z.array(tag).default([34, 49, 52, 56]),
  /** UTCTimestamps as the standard writes them, or as digits alone (YYYYMMDDHHMMSSsss). */
  timestamps: z.enum(['standard', 'digits']).default('standard'),
  /** The venue's own fields, by tag: name and type. */
  fields: z.record(z.string(), z.tuple([z.string(), z.string()])).default({}),
  /** Tags that name an instrument, the first that is there counts. */
  symbol: z.array(tag).default([55, 48]),
  marketData: z
    .strictObject({
      /** What identifies an entry of the book: its price, its level, its id or its order's. */
      keying: z.enum(['price', 'level', 'entryId', 'orderId']).default('price'),
      /** Where the key stands, the first that is there counts: 1023 or 290 a level, 278 an entry, 37 an order. */
      keyTags: z.array(tag).default([270]),
      /** MDUpdateAction (279). */
      actions: z
        .record(z.string(), z.enum(['new', 'change', 'delete', 'deleteThru', 'deleteFrom', 'overlay']))
        .default({ 0: 'new', 1: 'change', 2: 'delete' }),
      /** MDEntryType (269); what is not named is a statistic. */
      types: z
        .record(z.string(), z.enum(['bid', 'offer', 'trade', 'empty', 'impliedBid', 'impliedOffer']))
        .default({ 0: 'bid', 1: 'offer', 2: 'trade', J: 'empty' }),
      /** A size (271) of zero removes what it names. */
      zeroSizeDeletes: z.boolean().default(false),
      /** The number whose leap means that something was lost, and of what: the session, each instrument, the feed. */
      gap: z
        .strictObject({ tag, scope: z.enum(['session', 'instrument', 'feed']) })
        .default({ tag: 34, scope: 'session' }),
      /**
       * How a book that has lost something is whole again: by the next snapshot, or, where the venue tells every level anew
       * before long, by itself (`natural`): a level is unknown until it is told.
       */
      recovery: z.enum(['snapshot', 'natural']).default('snapshot'),
      /** On a snapshot: the number of the last update that it covers. */
      snapshotCovers: tag.optional(),
      /** On an update: the first and the last number that it covers, where it covers several. */
      updateCovers: z.tuple([tag, tag]).optional(),
      /**
       * Where an event may be told in several messages: the field of W and X whose value, a regular expression, ends it. A
       * message without the field is an event of its own. Books are judged at its end alone.
       */
      event: z.strictObject({ tag, ends: z.string() }).optional(),
      /**
       * Where an update carries a checksum of the book after it, by Kraken's rule: the CRC32 of the ten best levels as they
       * are printed; and where a SecurityList (y) tells an instrument's decimals.
       */
      checksum: z.strictObject({ tag, priceDecimals: tag, quantityDecimals: tag }).optional(),
    })
    .prefault({}),
});

export type Dialect = z.output<typeof dialectSchema>;

export function dictionaryVersions(dialect: Dialect): Version[] {
  return [...new Set(Object.values(dialect.begin.dictionaries))];
}

/** The venues that come with us, by name. */
export function venueNames(): string[] {
  return readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

/**
 * A venue's dialect, by name, alias, or the path of a JSON file of one's own.
 * @throws Error naming the venue and those there are, or the file and what is wrong in it
 */
export function dialectOf(venue: string): Dialect {
  if (venue.endsWith('.json')) return readDialect(venue, venue);
  const all = venueNames().map((name) => readDialect(name, new URL(`./${name}.json`, import.meta.url)));
  const wanted = venue.toLowerCase();
  const found = all.find(({ name, aliases }) => name === wanted || aliases.includes(wanted));
  if (found !== undefined) return found;
  throw refused(`${venue} is not known, allowed are ${venueNames().join(', ')} and the path of a .json file`);
}

function readDialect(name: string, file: string | URL): Dialect {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw refused(`${name}: cannot be read (${(error as Error).message}), a JSON file is allowed`);
  }
  const parsed = dialectSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  throw refused(`${name}: ${z.prettifyError(parsed.error)}`);
}

function refused(problem: string): Error {
  return Object.assign(new Error(`venue ${problem}`), { exitCode: 2 });
}
