import type { BookView } from '../../../runtime/book/book-view.ts';
import type { BookChange } from '../../../runtime/book/change.ts';
import type { SymbolProfile } from '../../../runtime/sim/profile.ts';
import { OPEN_US, openOne } from './observe.ts';

const SECOND_US = 1_000_000;
const WINDOWS_SECONDS = [5, 20, 60];
/** Flow at three memories, order-flow imbalance at three, past return at three, imbalance at the touch and over five levels. */
const FEATURES = 3 * WINDOWS_SECONDS.length + 2;

/** What a public observer notes once a second: simple features, and the touch. */
export interface Sample {
  readonly features: Float64Array;
  readonly bidTicks: number;
  readonly askTicks: number;
}

/** Samples of one seed, one a second. */
export function samplesOf(
  profile: SymbolProfile,
  options: { seed: number; informed: boolean; minutes: number },
): Sample[] {
  const flow = new Float64Array(WINDOWS_SECONDS.length);
  const imbalance = new Float64Array(WINDOWS_SECONDS.length);
  const slowMid = new Float64Array(WINDOWS_SECONDS.length).fill(Number.NaN);
  const samples: Sample[] = [];
  let bid = 0;
  let ask = 0;
  let started = false;
  let bidLots = 0;
  let askLots = 0;
  let latest: BookView | undefined;
  const onChange = (view: BookView, change: BookChange) => {
    latest = view;
    if (view.bidCount === 0 || view.askCount === 0) return;
    const nextBid = view.bidPriceTicks(0);
    const nextAsk = view.askPriceTicks(0);
    const nextBidLots = view.bidLots(0);
    const nextAskLots = view.askLots(0);
    // Cont, Kukanov & Stoikov: what was added to the bid and taken from the ask, less the reverse.
    const pressure = !started
      ? 0
      : (nextBid >= bid ? nextBidLots : 0) -
        (nextBid <= bid ? bidLots : 0) -
        (nextAsk <= ask ? nextAskLots : 0) +
        (nextAsk >= ask ? askLots : 0);
    for (let i = 0; i < WINDOWS_SECONDS.length; i++) {
      flow[i] += change.buyLots - change.sellLots;
      imbalance[i] += pressure;
    }
    started = true;
    [bid, ask, bidLots, askLots] = [nextBid, nextAsk, nextBidLots, nextAskLots];
  };
  const exchange = openOne(profile, options, onChange);
  bid = exchange.book(0).bids.bestTicks;
  ask = exchange.book(0).asks.bestTicks;
  for (let second = 1; second <= options.minutes * 60; second++) {
    exchange.advanceTo(OPEN_US + second * SECOND_US);
    const mid = (bid + ask) / 2;
    const features = new Float64Array(FEATURES);
    for (let i = 0; i < WINDOWS_SECONDS.length; i++) {
      const keep = Math.exp(-1 / (WINDOWS_SECONDS[i] as number));
      if (Number.isNaN(slowMid[i])) slowMid[i] = mid;
      features[3 * i] = flow[i];
      features[3 * i + 1] = imbalance[i];
      features[3 * i + 2] = mid - slowMid[i];
      flow[i] *= keep;
      imbalance[i] *= keep;
      slowMid[i] = mid + keep * (slowMid[i] - mid);
    }
    features[FEATURES - 2] = started ? (bidLots - askLots) / (bidLots + askLots) : 0;
    features[FEATURES - 1] = latest === undefined ? 0 : depthImbalance(latest);
    samples.push({ features, bidTicks: bid, askTicks: ask });
  }
  return samples.slice(60);
}

function depthImbalance(view: BookView): number {
  let bids = 0;
  let asks = 0;
  for (let i = 0; i < 5; i++) {
    if (i < view.bidCount) bids += view.bidLots(i);
    if (i < view.askCount) asks += view.askLots(i);
  }
  return (bids - asks) / (bids + asks);
}

export interface Forecastability {
  /** Correlation of the ridge forecast with the forward mid return, on seeds it was not fitted on. */
  readonly informationCoefficient: number;
  /** The same of 20 s signed flow alone. */
  readonly flowInformationCoefficient: number;
  /** Crosses when the forecast exceeds round-trip costs, holds for the horizon, crosses back: mean ticks a trade. */
  readonly ticksPerTrade: number;
  readonly standardError: number;
  readonly trades: number;
}

/** Fits a ridge regression on the first half of the seeds and judges it on the second. */
export function forecastability(
  seeds: readonly (readonly Sample[])[],
  horizonSeconds: number,
  takerFeeTicks: number,
): Forecastability {
  const half = seeds.length >> 1;
  const fit = ridge(seeds.slice(0, half), horizonSeconds);
  const forecasts: number[] = [];
  const outcomes: number[] = [];
  const flows: number[] = [];
  const gains: number[] = [];
  for (const samples of seeds.slice(half)) {
    let freeAt = 0;
    for (let t = 0; t + horizonSeconds < samples.length; t++) {
      const now = samples[t] as Sample;
      const then = samples[t + horizonSeconds] as Sample;
      const forecast = fit(now.features);
      forecasts.push(forecast);
      outcomes.push(midOf(then) - midOf(now));
      flows.push(now.features[3]);
      if (t < freeAt || Math.abs(forecast) < now.askTicks - now.bidTicks + 2 * takerFeeTicks) continue;
      const gain = forecast > 0 ? then.bidTicks - now.askTicks : now.bidTicks - then.askTicks;
      gains.push(gain - 2 * takerFeeTicks);
      freeAt = t + horizonSeconds;
    }
  }
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / Math.max(1, gains.length);
  const variance = gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) / Math.max(1, gains.length - 1);
  return {
    informationCoefficient: correlation(forecasts, outcomes),
    flowInformationCoefficient: correlation(flows, outcomes),
    ticksPerTrade: mean,
    standardError: Math.sqrt(variance / Math.max(1, gains.length)),
    trades: gains.length,
  };
}

function midOf(sample: Sample): number {
  return (sample.bidTicks + sample.askTicks) / 2;
}

/** Ridge on standardised features, through normal equations. */
function ridge(seeds: readonly (readonly Sample[])[], horizon: number): (features: Float64Array) => number {
  const scale = new Float64Array(FEATURES);
  let count = 0;
  for (const samples of seeds) {
    for (const { features } of samples) {
      for (let i = 0; i < FEATURES; i++) scale[i] += features[i] * features[i];
      count++;
    }
  }
  for (let i = 0; i < FEATURES; i++) scale[i] = Math.sqrt(scale[i] / count) || 1;
  const system = Array.from({ length: FEATURES }, () => new Float64Array(FEATURES + 1));
  for (const samples of seeds) {
    for (let t = 0; t + horizon < samples.length; t++) {
      const now = samples[t] as Sample;
      const y = midOf(samples[t + horizon] as Sample) - midOf(now);
      for (let i = 0; i < FEATURES; i++) {
        const row = system[i] as Float64Array;
        const x = now.features[i] / scale[i];
        for (let j = 0; j < FEATURES; j++) row[j] += (x * now.features[j]) / scale[j];
        row[FEATURES] += x * y;
      }
    }
  }
  for (let i = 0; i < FEATURES; i++) (system[i] as Float64Array)[i] += 0.05 * count;
  const weights = solve(system);
  return (features) => {
    let sum = 0;
    for (let i = 0; i < FEATURES; i++) sum += (weights[i] * features[i]) / scale[i];
    return sum;
  };
}

/** Gaussian elimination; a ridge system is positive definite, so no pivoting is needed. */
function solve(system: Float64Array[]): Float64Array {
  const n = system.length;
  for (let i = 0; i < n; i++) {
    const pivot = system[i] as Float64Array;
    for (let k = i + 1; k < n; k++) {
      const row = system[k] as Float64Array;
      const factor = row[i] / pivot[i];
      for (let j = i; j <= n; j++) row[j] -= factor * pivot[j];
    }
  }
  const x = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    const row = system[i] as Float64Array;
    let sum = row[n];
    for (let j = i + 1; j < n; j++) sum -= row[j] * x[j];
    x[i] = sum / row[i];
  }
  return x;
}

export function correlation(a: readonly number[], b: readonly number[]): number {
  const n = a.length;
  const meanA = a.reduce((sum, x) => sum + x, 0) / n;
  const meanB = b.reduce((sum, x) => sum + x, 0) / n;
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < n; i++) {
    const x = (a[i] as number) - meanA;
    const y = (b[i] as number) - meanB;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return ab / Math.sqrt(aa * bb);
}
