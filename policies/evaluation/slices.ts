import { Random } from '../../runtime/random.ts';
import { MarketLog } from '../../runtime/replay/log-reader.ts';
import type { Slice } from './slice.ts';

/** The market that a policy is for. */
export type MarketSource =
  | { readonly kind: 'simulated'; readonly informed: boolean }
  | { readonly kind: 'log'; readonly path: string };

/** What slices are for. Seeds of different purposes never meet; a log is cut into three parts with an embargo between. */
export type Purpose = 'training' | 'selection' | 'held-out';

/** Shares of a log's time, in order. Held-out is last: what a policy is judged on lies in its future. */
const LOG_PARTS: Readonly<Record<Purpose, readonly [from: number, to: number]>> = {
  training: [0, 0.5],
  selection: [0.5, 0.7],
  'held-out': [0.7, 1],
};
/** Left out at the beginning of each later part: longer than any horizon and than the features' memory. */
const EMBARGO_US = 120e6;
const SEEDS = 2 ** 31;

/**
 * @param count slices wanted; a log gives fewer when its part is shorter than so many of `seconds`
 * @throws LogError when the log cannot be used, RangeError when it is too short for one slice
 */
export function slicesOf(
  market: MarketSource,
  purpose: Purpose,
  seed: number,
  count: number,
  seconds: number,
): Slice[] {
  if (market.kind === 'simulated') {
    const random = Random.of('slices', purpose, seed);
    return Array.from({ length: count }, () => ({
      kind: 'simulated',
      seed: random.integer(SEEDS),
      informed: market.informed,
      seconds,
    }));
  }
  const log = MarketLog.open(market.path);
  log.close();
  const { first, last } = log.metadata.timeUs;
  const [from, to] = LOG_PARTS[purpose];
  const startUs = first + from * (last - first) + (from > 0 ? EMBARGO_US : 0);
  const partUs = first + to * (last - first) - startUs;
  const fitting = Math.min(count, Math.floor(partUs / (seconds * 1e6)));
  if (fitting < 1) {
    const have = Math.max(0, Math.floor(partUs / 1e6));
    throw new RangeError(
      `${market.path}: its ${purpose} part is too short (${have} s), at least ${seconds} s are needed`,
    );
  }
  const widthUs = Math.floor(partUs / fitting);
  return Array.from({ length: fitting }, (_, i) => ({
    kind: 'log',
    path: market.path,
    fromUs: Math.floor(startUs) + i * widthUs,
    toUs: Math.floor(startUs) + (i + 1) * widthUs,
  }));
}
