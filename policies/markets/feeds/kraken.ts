import { BadInput } from '../bad-input.ts';
import { linesOf } from '../lines.ts';
import type { Feed, FeedEvent, FeedLevel } from './feed.ts';

/** `1618678132.92: [channel, {"b": [[price, volume, time]], "c": "crc"}, "book-1000", "XMR/USD"]` */
const DATA_LINE = /^\d+\.\d+: (\[.*\])$/;
const CHANNEL = /^book-(\d+)$/;
/** 0.26 % and 0.16 %: Kraken's published spot fees of the smallest volume, 2021. */
const TAKER_BPS = 26;
const MAKER_BPS = 16;

interface KrakenPart {
  readonly as?: readonly (readonly string[])[];
  readonly bs?: readonly (readonly string[])[];
  readonly a?: readonly (readonly string[])[];
  readonly b?: readonly (readonly string[])[];
  readonly c?: string;
}

/**
 * Kraken's WebSocket book channel (docs.kraken.com, v1 API), recorded line by line with the time of receipt. Every
 * update carries a checksum of the book after it.
 */
export function krakenFeed(files: readonly string[]): Feed {
  return {
    description: 'Kraken spot book channel',
    takerBps: TAKER_BPS,
    makerBps: MAKER_BPS,
    async *events() {
      for (const file of files) {
        let line = 0;
        for await (const text of linesOf(file)) {
          line++;
          const data = DATA_LINE.exec(text)?.[1];
          if (data !== undefined) yield eventOf(`${file}: line ${line}`, data);
        }
      }
    },
  };
}

function eventOf(where: string, text: string): FeedEvent {
  const message = parse(where, text);
  const channel = CHANNEL.exec(String(message.at(-2)));
  const pair = message.at(-1);
  if (channel === null || typeof pair !== 'string') {
    throw new BadInput(where, 'is not a book message', text, 'a message of a book channel');
  }
  const parts = message.slice(1, -2) as KrakenPart[];
  const bids = parts.flatMap(({ bs = [], b = [] }) => levels([...bs, ...b]));
  const asks = parts.flatMap(({ as = [], a = [] }) => levels([...as, ...a]));
  const stamps = parts.flatMap(({ as = [], bs = [], a = [], b = [] }) => [...as, ...bs, ...a, ...b]);
  const crc = parts.find(({ c }) => c !== undefined)?.c;
  return {
    where,
    symbol: pair.replace('/', '-'),
    timeUs: stamps.reduce((latest, level) => Math.max(latest, microseconds(String(level[2]))), 0),
    snapshot: parts.some((part) => part.as !== undefined || part.bs !== undefined),
    bids,
    asks,
    trades: [],
    depth: Number(channel[1]),
    ...(crc === undefined ? {} : { witness: { crc32: Number(crc) } }),
  };
}

function parse(where: string, text: string): unknown[] {
  try {
    return JSON.parse(text) as unknown[];
  } catch (cause) {
    throw new BadInput(where, 'is not JSON', text, "Kraken's message", { cause });
  }
}

function levels(raw: readonly (readonly string[])[]): FeedLevel[] {
  return raw.map((level) => [String(level[0]), String(level[1])]);
}

/** "1618678133.365913" without rounding. */
function microseconds(seconds: string): number {
  const [whole = '', fraction = ''] = seconds.split('.');
  return Number(whole) * 1e6 + Number(fraction.slice(0, 6).padEnd(6, '0'));
}
