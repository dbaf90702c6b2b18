import type { Feed, FeedEvent, FeedLevel, FeedTrade } from './feed.ts';
import { type FixField, type FixMessage, fixRecords } from './fix-messages.ts';

const NEW = '0';
const DELETE = '2';

/**
 * A FIX market-data session whose levels are keyed by price and whose sizes are absolute: Deribit's, Binance's, and any
 * other of that kind. An entry that contradicts the level before it (a new one that is there, a change or delete of one
 * that is not) is the recording's problem, and is reported.
 */
export function fixFeed(files: readonly string[], fees: Pick<Feed, 'takerBps' | 'makerBps'>): Feed {
  return {
    description: 'FIX market data',
    ...fees,
    async *events() {
      const known = new Map<string, Set<string>>();
      for (const file of files) {
        for (const record of fixRecords(file)) {
          if (record.kind === 'marketData') yield* eventsOf(record.message, known);
          else yield { where: record.where, ...NOTHING, problem: record.problem };
        }
      }
    },
  };
}

/** A problem of the session is no symbol's. */
const NOTHING = { symbol: '', timeUs: 0, snapshot: false, bids: [], asks: [], trades: [] } as const;

interface Entry {
  readonly symbol: string;
  readonly fields: ReadonlyMap<number, string>;
}

/** One event per symbol that the message names. */
function* eventsOf(
  { where, snapshot, timeUs, fields }: FixMessage,
  known: Map<string, Set<string>>,
): Generator<FeedEvent> {
  const entries = entriesOf(fields);
  // The message's number follows the one before it, or a problem was told instead.
  let witness: FeedEvent['witness'] = { continues: true };
  for (const symbol of new Set(entries.map((entry) => entry.symbol))) {
    const levels = snapshot ? new Set<string>() : (known.get(symbol) ?? new Set());
    known.set(symbol, levels);
    const [bids, asks, trades]: [FeedLevel[], FeedLevel[], FeedTrade[]] = [[], [], []];
    let problem: string | undefined;
    for (const entry of entries) {
      if (entry.symbol !== symbol) continue;
      const [type, price = '', size = '0'] = [269, 270, 271].map((tag) => entry.fields.get(tag));
      if (type === '2') trades.push({ price, quantity: size, aggressor: aggressorOf(entry.fields) });
      if (type !== '0' && type !== '1') continue;
      const action = snapshot ? NEW : (entry.fields.get(279) ?? NEW);
      (type === '0' ? bids : asks).push([price, action === DELETE ? '0' : size]);
      problem ??= contradiction(levels, `${type} ${Number(price)}`, action);
    }
    yield {
      where,
      symbol,
      timeUs,
      snapshot,
      bids,
      asks,
      trades,
      ...(witness && { witness }),
      ...(problem && { problem }),
    };
    witness = undefined;
  }
}

/** Follows which levels there are. @returns how the action contradicts that */
function contradiction(levels: Set<string>, level: string, action: string): string | undefined {
  const there = levels.has(level);
  if (action === DELETE) levels.delete(level);
  else levels.add(level);
  if (there === (action !== NEW)) return undefined;
  const side = level.startsWith('0') ? 'bid' : 'ask';
  return `279=${action} of the ${side} at ${level.slice(2)}, which is ${there ? 'there already' : 'not there'}`;
}

/** The repeating group after 268, cut at its first tag. */
function entriesOf(fields: readonly FixField[]): Entry[] {
  const count = fields.findIndex(([tag]) => tag === 268);
  const delimiter = fields[count + 1]?.[0];
  const root = fields.slice(0, count).find(([tag]) => tag === 55)?.[1] ?? '';
  const entries: Entry[] = [];
  let current = new Map<number, string>();
  for (const [tag, value] of fields.slice(count + 1)) {
    if (tag === 10) break;
    if (tag === delimiter) {
      current = new Map();
      entries.push({ symbol: '', fields: current });
    }
    current.set(tag, value);
  }
  let symbol = root;
  return entries.map((entry) => {
    symbol = entry.fields.get(55) ?? symbol;
    return { symbol, fields: entry.fields };
  });
}

/** AggressorSide (2446; 5797 in some dialects), else Side (54) of the trade as Deribit has it. */
function aggressorOf(fields: ReadonlyMap<number, string>): 1 | -1 | 0 {
  const side = fields.get(2446) ?? fields.get(5797) ?? fields.get(54);
  return side === '1' ? 1 : side === '2' ? -1 : 0;
}
