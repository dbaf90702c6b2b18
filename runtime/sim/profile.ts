import type { Instrument } from '../instrument.ts';

/**
 * Everything that makes one simulated symbol what it is. Prices and values are in ticks, times in seconds, rates per
 * second, quantities in lots.
 */
export interface SymbolProfile {
  readonly instrument: Instrument;
  /** Value at the start. */
  readonly startTicks: number;
  /** Prices are below this; the value stays well inside. */
  readonly priceLimitTicks: number;
  readonly value: ValueProfile;
  readonly makers: MakerProfile;
  readonly noise: NoiseProfile;
  readonly providers: ProviderProfile;
  readonly informed: InformedProfile;
  readonly momentum: MomentumProfile;
  readonly arbitrageurs: ArbitrageurProfile;
}

/** How the value moves, and who knows. */
export interface ValueProfile {
  /** Public moves: arrivals, what they excite, how fast that decays, and their Laplace scale. */
  readonly moveRate: number;
  readonly moveOffspring: number;
  readonly moveDecay: number;
  readonly moveTicks: number;
  /** Share of public moves that are news, and how much larger they are. */
  readonly newsShare: number;
  readonly newsFactor: number;
  /** Volatility regimes: what moves are multiplied by, and the mean stay. The next is any other, equally likely. */
  readonly regimes: readonly { readonly factor: number; readonly seconds: number }[];
  /** Private events: mean pause between them, window in which only the informed know, size. */
  readonly eventPauseSeconds: number;
  readonly eventWindowSeconds: readonly [number, number];
  /** At activity 1; the regime scales it. */
  readonly eventTicks: readonly [number, number];
}

export interface MakerProfile {
  readonly count: number;
  /** Half-spread at reference volatility, and the volatility (ticks per √second) it is meant for. */
  readonly halfSpreadTicks: number;
  readonly referenceVolatility: number;
  /** Ladder: levels a side, ticks between them, mean lots on each. */
  readonly levels: number;
  readonly spacingTicks: number;
  /** How far behind its aim a ladder may stay before it moves up, in steps of its grid: less churn at a grid's edge. */
  readonly holdSteps: number;
  readonly lots: number;
  /** How many times that on the best. */
  readonly topFactor: number;
  /** What it believes to gain, at least, when it takes a quote that is on the wrong side of its belief. */
  readonly takeMarginTicks: number;
  /** Belief shift per lot of inventory. */
  readonly skewTicksPerLot: number;
  /** How long after a trade ladders are looked at again, and how long without any. */
  readonly reactionSeconds: number;
  readonly idleSeconds: number;
  /** Delay after public news. */
  readonly latencySeconds: number;
  /** Memory of signed flow. */
  readonly flowSeconds: number;
  /** Share of the learned impact that is quoted. */
  readonly caution: number;
}

export interface NoiseProfile {
  readonly rate: number;
  readonly offspring: number;
  readonly decay: number;
  readonly lots: number;
  /** Children of one parent order: power law with this exponent, at most so many. */
  readonly parentExponent: number;
  readonly parentMax: number;
  /** Share of children, in a parent order, that go against it: the flow of others. */
  readonly contraryShare: number;
}

export interface ProviderProfile {
  readonly count: number;
  readonly rate: number;
  readonly offspring: number;
  readonly decay: number;
  /** Orders that one provider keeps in the mean. */
  readonly orders: number;
  readonly lots: number;
  /** Share of orders placed inside the spread; mean distance behind the touch of the others. */
  readonly insideShare: number;
  readonly depthTicks: number;
}

export interface InformedProfile {
  /** Arrivals while an event is private. */
  readonly rate: number;
  readonly offspring: number;
  readonly decay: number;
  readonly lots: number;
  /** Least gain for which one trades. */
  readonly marginTicks: number;
  /** Share that joins the best price instead of crossing. */
  readonly passiveShare: number;
}

export interface MomentumProfile {
  readonly rate: number;
  readonly lots: number;
  /** Window of the trend, and the move, in standard deviations, from which it is followed. */
  readonly windowSeconds: number;
  readonly threshold: number;
}

export interface ArbitrageurProfile {
  readonly count: number;
  readonly latencySeconds: number;
  readonly lots: number;
  readonly marginTicks: number;
}
