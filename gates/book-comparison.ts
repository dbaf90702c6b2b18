/** The real runtime on a slice, its books held to the venue's own after every message. */
import type { OpenSlice } from '../policies/evaluation/slice.ts';
import { type BacktestOptions, type BacktestResult, backtest } from '../runtime/backtest.ts';
import type { BookView } from '../runtime/book/book.ts';
import type { RuntimeConfig } from '../runtime/contract.ts';
import type { Side } from '../runtime/instrument.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { Levels, type Market, type MarketFactory } from '../runtime/venue/market.ts';

export interface BookDefect {
  /** `mismatch`: the books differ; `refusal`: the runtime refused what a sound venue sent. */
  readonly kind: 'mismatch' | 'refusal';
  readonly symbol: string;
  /** The message of the symbol, from 1, at which it was found. */
  readonly message: number;
  /** What is wrong, in words. */
  readonly what: string;
}

export interface BookComparison {
  /** Messages after which a book was compared, by symbol. */
  readonly compared: ReadonlyMap<string, number>;
  /** The first; nothing is compared after it. */
  readonly defect: BookDefect | undefined;
  readonly run: BacktestResult;
}

/**
 * The venue's market tells what its book is after every event; the runtime's book is compared with that when the event's
 * message has come through wire, session and decoder. An event that never comes is found at the end of its step.
 *
 * @param onStart is given the runtime before anything is sent
 */
export function compareBooks(
  { market, seed, seconds }: OpenSlice,
  { config, limits, policy, onStart }: Pick<BacktestOptions, 'config' | 'limits' | 'policy' | 'onStart'>,
): BookComparison {
  const told = new ToldBooks(market, config);
  const compared = new Map(config.instruments.map(({ symbol }) => [symbol, 0]));
  let defect: BookDefect | undefined;
  let runtime: Runtime | undefined;
  const found = (kind: BookDefect['kind'], symbolId: number, what: string) => {
    const symbol = config.instruments[symbolId]?.symbol ?? 'no known symbol';
    defect ??= { kind, symbol, message: (compared.get(symbol) ?? 0) + 1, what };
  };
  const run = backtest({
    market: told.factory,
    seed,
    config,
    limits,
    policy,
    seconds,
    onStart: (started) => {
      runtime = started;
      onStart?.(started);
    },
    onStep: () => {
      const lost = told.firstUntold();
      if (lost >= 0) found('mismatch', lost, 'an update of the venue never reached it');
    },
    observer: {
      onChange: (symbolId, { snapshot }) => {
        if (defect !== undefined) return;
        const expected = told.next(symbolId, snapshot);
        const book = (runtime as Runtime).pipeline.books.of(symbolId);
        const what = expected === undefined ? 'it changed without an update of the venue' : difference(book, expected);
        if (what !== undefined) return found('mismatch', symbolId, what);
        const { symbol } = config.instruments[symbolId] as RuntimeConfig['instruments'][number];
        compared.set(symbol, (compared.get(symbol) ?? 0) + 1);
      },
      onIntegrity: ({ kind, symbolId, priceTicks }) => found('refusal', symbolId, `${kind} at price ${priceTicks}`),
      onDecodeError: ({ kind, text }) => found('refusal', -1, `${kind} ${text ?? ''}`.trim()),
    },
  });
  return { compared, defect, run };
}

export interface BookImage {
  readonly bids: Levels;
  readonly asks: Levels;
}

/** What the venue's books were after each event that a subscriber is told of, until it is asked for. */
class ToldBooks {
  readonly factory: MarketFactory;
  readonly #depth: number;
  readonly #symbols: readonly { readonly symbol: string; readonly waiting: BookImage[]; last: BookImage }[];
  #market: Market | undefined;

  constructor(factory: MarketFactory, { instruments, marketDepthLevels }: RuntimeConfig) {
    this.#depth = marketDepthLevels;
    this.#symbols = instruments.map(({ symbol }) => ({
      symbol,
      waiting: [],
      last: { bids: new Levels(), asks: new Levels() },
    }));
    this.factory = { identity: factory.identity, open: (state) => this.#watch(factory.open(state)) };
  }

  /** The book that goes with a symbol's next message. A snapshot shows the present, and makes up for what was before. */
  next(symbolId: number, snapshot: boolean): BookImage | undefined {
    const symbol = this.#symbols[symbolId];
    if (symbol === undefined) return undefined;
    if (!snapshot) return symbol.waiting.shift();
    symbol.waiting.length = 0;
    symbol.last = this.#image(symbol.symbol);
    return symbol.last;
  }

  /** A symbol of which something was told that nobody has asked for; −1: none. */
  firstUntold(): number {
    return this.#symbols.findIndex(({ waiting }) => waiting.length > 0);
  }

  #watch(market: Market): Market {
    this.#market = market;
    for (const symbol of this.#symbols) symbol.last = this.#image(symbol.symbol);
    const listen = market.listen.bind(market);
    market.listen = (listener) =>
      listen({
        onFill: (...fill) => listener.onFill(...fill),
        onEvent: (event) => {
          this.#onEvent(market.instruments.of(event.symbolId).symbol, event.tradeLots.length > 0);
          listener.onEvent(event);
        },
      });
    return market;
  }

  #onEvent(name: string, traded: boolean): void {
    const symbol = this.#symbols.find((candidate) => candidate.symbol === name);
    if (symbol === undefined) return;
    const image = this.#image(name);
    if (!traded && sameLevels(image.bids, symbol.last.bids) && sameLevels(image.asks, symbol.last.asks)) return;
    symbol.last = image;
    symbol.waiting.push(image);
  }

  #image(symbol: string): BookImage {
    const market = this.#opened();
    const levels = (side: Side) => {
      const into = new Levels();
      market.levels(market.instruments.idOf(symbol), side, this.#depth, into);
      return into;
    };
    return { bids: levels('buy'), asks: levels('sell') };
  }

  #opened(): Market {
    if (this.#market === undefined) throw new Error('the venue has opened no market yet');
    return this.#market;
  }
}

function sameLevels(a: Levels, b: Levels): boolean {
  if (a.count !== b.count) return false;
  for (let i = 0; i < a.count; i++) if (a.priceTicks[i] !== b.priceTicks[i] || a.lots[i] !== b.lots[i]) return false;
  return true;
}

/** What a book shows that the venue's does not, or the other way round; undefined when they are equal. */
export function difference(book: BookView, { bids, asks }: BookImage): string | undefined {
  return (
    sideDifference('bid', bids, book.bidCount, (i) => [book.bidPriceTicks(i), book.bidLots(i)]) ??
    sideDifference('ask', asks, book.askCount, (i) => [book.askPriceTicks(i), book.askLots(i)])
  );
}

function sideDifference(
  side: string,
  venue: Levels,
  count: number,
  level: (i: number) => readonly [priceTicks: number, lots: number],
): string | undefined {
  for (let i = 0; i < Math.max(venue.count, count); i++) {
    const [theirs, ours] = [i < venue.count ? [venue.priceTicks[i], venue.lots[i]] : [], i < count ? level(i) : []];
    if (theirs[0] === ours[0] && theirs[1] === ours[1]) continue;
    const said = ([price, lots]: readonly (number | undefined)[]) =>
      price === undefined ? 'nothing' : `${lots} lots at ${price}`;
    return `${side} ${i + 1} is ${said(ours)}, the venue has ${said(theirs)}`;
  }
  return undefined;
}
