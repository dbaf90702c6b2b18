/** Messages as `../shared/peers/js` makes them, which also rebuild sound books: times go forward, no book is crossed. */
import { InstrumentTable } from '../../../runtime/instrument.ts';
import { Random } from '../../../runtime/random.ts';

/** Messages for both engines; the snapshots before them are ours alone. */
export interface Stream {
  readonly instruments: InstrumentTable;
  /** 35=W for every symbol. */
  readonly snapshots: Uint8Array;
  readonly updates: readonly Uint8Array[];
}

const SYMBOLS: readonly (readonly [symbol: string, decimals: number, middle: number])[] = [
  ['EUR/USD', 5, 109_999],
  ['USD/JPY', 3, 149_123],
  ['GBP/USD', 5, 127_345],
  ['AUD/USD', 5, 65_432],
  ['USD/CHF', 5, 88_123],
  ['XAU/USD', 2, 203_415],
  ['EUR/JPY', 3, 162_345],
  ['NZD/USD', 5, 60_123],
];
const ENTRIES = 10;
const DAY_MS = Date.UTC(2024, 0, 2, 9, 30);

/** One symbol's levels, as the stream has left them. */
class Quotes {
  readonly symbol: string;
  readonly #decimals: number;
  readonly #levels: readonly [bids: Set<number>, asks: Set<number>];
  readonly #random: Random;
  #middle: number;

  constructor([symbol, decimals, middle]: (typeof SYMBOLS)[number], random: Random) {
    this.symbol = symbol;
    this.#decimals = decimals;
    this.#middle = middle;
    this.#levels = [new Set([middle - 1, middle - 2]), new Set([middle + 1, middle + 2])];
    this.#random = random;
  }

  snapshot(): string {
    const entries = this.#levels.flatMap((levels, side) =>
      Array.from(levels, (ticks) => `269=${side}|270=${this.#price(ticks)}|271=1000|`),
    );
    return `55=${this.symbol}|268=${entries.length}|${entries.join('')}`;
  }

  /** The next entry: the middle moves now and then, once what stands in its way is deleted. */
  entry(id: number): string {
    const random = this.#random;
    let side = random.integer(2);
    let priceTicks = Number.NaN;
    let action = 2;
    if (random.bernoulli(0.1)) {
      const step = random.bernoulli(0.5) ? 1 : -1;
      if (this.#levels[step > 0 ? 1 : 0].has(this.#middle + step)) {
        side = step > 0 ? 1 : 0;
        priceTicks = this.#middle + step;
      } else this.#middle += step;
    }
    const levels = this.#levels[side === 0 ? 0 : 1];
    if (Number.isNaN(priceTicks)) {
      const away = 1 + Math.min(30, Math.floor(-Math.log(1 - random.float()) * 6));
      priceTicks = this.#middle + (side === 0 ? -away : away);
      action = levels.has(priceTicks) ? (random.bernoulli(0.6) ? 1 : 2) : 0;
    }
    if (action === 2) levels.delete(priceTicks);
    else levels.add(priceTicks);
    const lots = (1 + Math.floor(random.float() ** 3 * 5000)) * 1000;
    const price = this.#price(priceTicks);
    return `279=${action}|269=${side}|278=ID${id}|55=${this.symbol}|270=${price}|271=${lots}|346=${1 + random.integer(9)}|`;
  }

  /** Some venues write the zeros at the end, some do not. */
  #price(ticks: number): string {
    const text = (ticks / 10 ** this.#decimals).toFixed(this.#decimals);
    return this.#random.bernoulli(0.3) ? text.replace(/\.?0+$/, '') : text;
  }
}

/** Distinct updates of ten entries over eight symbols. */
export function soundMessages(messages: number, seed = 7): Stream {
  const random = Random.of(seed, 'bench', 'quickfix');
  const quotes = SYMBOLS.map((symbol) => new Quotes(symbol, random));
  const snapshots = quotes.map((symbol, i) => framed('W', i + 1, DAY_MS, symbol.snapshot()));
  const updates: Uint8Array[] = [];
  let timeMs = DAY_MS;
  let at = 0;
  for (let i = 0; i < messages; i++) {
    timeMs += random.integer(500);
    let body = `262=REQ1|268=${ENTRIES}|`;
    // Most messages are of one symbol.
    const mixed = random.bernoulli(0.3);
    at = random.integer(SYMBOLS.length);
    for (let entry = 0; entry < ENTRIES; entry++) {
      if (mixed && random.bernoulli(0.5)) at = random.integer(SYMBOLS.length);
      body += (quotes[at] as Quotes).entry(random.integer(10_000));
    }
    updates.push(framed('X', 12_345 + i, timeMs, body));
  }
  return { instruments: table(SYMBOLS), snapshots: Buffer.concat(snapshots), updates };
}

/** One message of new, changed and deleted levels and the one that takes it back, by turns. */
export function repeatedMessage(message: Uint8Array, messages: number): Stream {
  const text = Buffer.from(message).toString('latin1').replaceAll('\x01', '|');
  const body = text.slice(text.indexOf('|262=') + 1, text.lastIndexOf('10='));
  const back = body.replaceAll(/279=([02])/g, (_, action) => `279=${2 - Number(action)}`);
  const known = [...body.matchAll(/279=[12]\|269=(\d)\|[^=]*=[^|]*\|55=[^|]*\|270=([^|]*)\|271=([^|]*)\|/g)].map(
    ([, side, price, lots]) => `269=${side}|270=${price}|271=${lots}|`,
  );
  const snapshot = framed('W', 1, DAY_MS, `55=EUR/USD|268=${known.length}|${known.join('')}`);
  const pair = [Uint8Array.from(message), framed('X', 12_346, DAY_MS + 123, back)] as const;
  const updates = Array.from({ length: messages }, (_, i) => pair[i % 2 === 0 ? 0 : 1]);
  return { instruments: table(SYMBOLS.slice(0, 1)), snapshots: snapshot, updates };
}

function table(symbols: typeof SYMBOLS): InstrumentTable {
  return new InstrumentTable(
    symbols.map(([symbol, decimals]) => ({
      symbol,
      tickSize: (10 ** -decimals).toFixed(decimals),
      lotSize: '1',
      microUsdPerHalfTickLot: 1,
      takerFeeMicroUsdPerLot: 0,
      makerFeeMicroUsdPerLot: 0,
    })),
  );
}

export function framed(msgType: string, seqNum: number, timeMs: number, body: string): Uint8Array {
  const time = new Date(timeMs).toISOString().replaceAll('-', '').replace('T', '-').slice(0, -1);
  const inner = `35=${msgType}|49=VENUE|56=EMP|34=${seqNum}|52=${time}|${body}`;
  const head = Buffer.from(`8=FIX.4.4|9=${inner.length}|${inner}`.replaceAll('|', '\x01'), 'latin1');
  const sum = head.reduce((total, byte) => total + byte, 0) % 256;
  return Buffer.concat([head, Buffer.from(`10=${String(sum).padStart(3, '0')}\x01`, 'latin1')]);
}
