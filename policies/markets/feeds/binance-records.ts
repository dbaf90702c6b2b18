import { BadInput } from '../bad-input.ts';
import { linesOf } from '../lines.ts';
import type { FeedLevel, FeedTrade } from './feed.ts';

/** What Binance sends (developers.binance.com, WebSocket streams and market data endpoints), as far as books need it. */
export type BinanceRecord =
  | {
      readonly kind: 'update';
      readonly where: string;
      readonly symbol: string;
      readonly timeUs: number;
      /** Ids of the first and last change in it. */
      readonly first: number;
      readonly last: number;
      /** Last id of the update before it; futures only. */
      readonly previous: number | undefined;
      readonly bids: readonly FeedLevel[];
      readonly asks: readonly FeedLevel[];
    }
  | {
      readonly kind: 'snapshot';
      readonly where: string;
      /** Not in the answer itself: undefined unless the recording tells which request it answers. */
      readonly symbol: string | undefined;
      readonly last: number;
      readonly bids: readonly FeedLevel[];
      readonly asks: readonly FeedLevel[];
    }
  | {
      readonly kind: 'trade';
      readonly where: string;
      readonly symbol: string;
      readonly timeUs: number;
      /** `trade` or `aggTrade`: one recording may hold both. */
      readonly stream: string;
      readonly trade: FeedTrade;
    }
  | {
      readonly kind: 'best';
      readonly symbol: string;
      readonly last: number;
      readonly bid: FeedLevel;
      readonly ask: FeedLevel;
    };

type Json = Readonly<Record<string, unknown>>;

/** A line: what the recorder put before the message (its clock, the request), and the message. */
const LINE = /^([^{[]*)([{[].*)$/;
const REQUESTED = /\bsymbol=([A-Z0-9]+)/;

/**
 * Records of recordings, line by line: `<clock> <json>`, bare JSON, or one JSON array of events. Arrays are put in the
 * order of their event times, across files, after all lines.
 *
 * @throws BadInput
 */
export async function* binanceRecords(files: readonly string[]): AsyncGenerator<BinanceRecord> {
  const later: { readonly timeMs: number; readonly record: BinanceRecord }[] = [];
  for (const file of files) {
    let line = 0;
    for await (const text of linesOf(file)) {
      const where = `${file}: line ${++line}`;
      const match = LINE.exec(text);
      if (match === null) {
        if (/^\S+ <-> [\d.]+$/.test(text)) continue;
        throw new BadInput(where, 'is not a recorded message', text, '<clock> <json>');
      }
      const [, before = '', json = ''] = match;
      const value = parse(where, json);
      if (Array.isArray(value)) {
        value.forEach((event: Json, i) => {
          const record = recordOf(`${where}, element ${i + 1}`, event, undefined);
          if (record !== undefined) later.push({ timeMs: Number(event['E']), record });
        });
      } else {
        const record = recordOf(where, value as Json, REQUESTED.exec(before)?.[1]);
        if (record !== undefined) yield record;
      }
    }
  }
  later.sort((a, b) => a.timeMs - b.timeMs);
  for (const { record } of later) yield record;
}

function parse(where: string, json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch (cause) {
    throw new BadInput(where, 'is not JSON', json, "Binance's message", { cause });
  }
}

/** @returns undefined for what makes no book: candles, subscriptions, exchange information */
function recordOf(where: string, message: Json, requested: string | undefined): BinanceRecord | undefined {
  if (message['lastUpdateId'] !== undefined) {
    return {
      kind: 'snapshot',
      where,
      symbol: requested,
      last: Number(message['lastUpdateId']),
      bids: levels(message['bids']),
      asks: levels(message['asks']),
    };
  }
  const data = (message['data'] ?? message) as Json;
  const symbol = String(data['s']);
  const stream = String(message['stream'] ?? '');
  const timeUs = 1000 * Number(data['E']);
  if (data['e'] === 'depthUpdate') {
    return {
      kind: 'update',
      where,
      symbol,
      timeUs,
      first: Number(data['U']),
      last: Number(data['u']),
      previous: data['pu'] === undefined ? undefined : Number(data['pu']),
      bids: levels(data['b']),
      asks: levels(data['a']),
    };
  }
  if (data['e'] === 'trade' || data['e'] === 'aggTrade') {
    const [price, quantity] = [String(data['p']), String(data['q'])];
    // The market maker is the buyer: the seller was the aggressor.
    const trade = { price, quantity, aggressor: data['m'] === true ? -1 : 1 } as const;
    return { kind: 'trade', where, symbol, timeUs, stream: data['e'], trade };
  }
  if (stream.endsWith('@bookTicker')) {
    const level = (price: string, quantity: string): FeedLevel => [String(data[price]), String(data[quantity])];
    return { kind: 'best', symbol, last: Number(data['u']), bid: level('b', 'B'), ask: level('a', 'A') };
  }
  return undefined;
}

function levels(raw: unknown): FeedLevel[] {
  return ((raw ?? []) as string[][]).map((level) => [String(level[0]), String(level[1])]);
}
