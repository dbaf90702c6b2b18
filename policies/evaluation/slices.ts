import { Random } from '../../runtime/random.ts';
import { LogError } from '../../runtime/replay/log-error.ts';
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
/** How long a slice of a log watches before it counts: a hundred decisions in a lively market; the model needs 64. */
const LEAD_US = 120e6;
const SEEDS = 2 ** 31;

/** A part of a log, event time in µs; empty when the log is no longer than its embargo. */
export interface LogPart {
  /** Event time of the log's first message. */
  readonly firstUs: number;
  readonly fromUs: number;
  readonly toUs: number;
}

/** The part of a log that serves a purpose. @throws LogError when the log cannot be used */
export function logPart(path: string, purpose: Purpose): LogPart {
  const log = MarketLog.open(path);
  log.close();
  const { first, last } = log.metadata.timeUs;
  const [from, to] = LOG_PARTS[purpose];
  const startUs = first + from * (last - first) + (from > 0 ? EMBARGO_US : 0);
  return { firstUs: first, fromUs: Math.floor(startUs), toUs: Math.floor(first + to * (last - first)) };
}

/** All of a log but what policies are judged on, in one. @throws LogError when the log cannot be used */
export function unjudgedSlice(path: string): Slice {
  const { firstUs, fromUs } = logPart(path, 'training');
  const { toUs } = logPart(path, 'selection');
  return { kind: 'log', path, openUs: firstUs, fromUs, toUs };
}

/**
 * @param count slices wanted; a log gives fewer when its part is shorter than so many of `seconds`
 * @param least fewest that are of use. @default 1
 * @throws LogError when the log cannot be used or is too short for `least` slices
 */
export function slicesOf(
  market: MarketSource,
  purpose: Purpose,
  seed: number,
  count: number,
  seconds: number,
  least = 1,
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
  const { path } = market;
  const { firstUs, fromUs, toUs } = logPart(path, purpose);
  const fitting = Math.min(count, Math.floor((toUs - fromUs) / (seconds * 1e6)));
  if (fitting < least) throw tooShort(path, purpose, toUs - fromUs, least, seconds);
  const widthUs = Math.floor((toUs - fromUs) / fitting);
  return Array.from({ length: fitting }, (_, i) => {
    const beginsUs = fromUs + i * widthUs;
    return {
      kind: 'log',
      path,
      openUs: Math.max(firstUs, beginsUs - LEAD_US),
      fromUs: beginsUs,
      toUs: beginsUs + widthUs,
    };
  });
}

/** Says how long a log has to be, which a person can do something about, and why. */
function tooShort(path: string, purpose: Purpose, partUs: number, least: number, seconds: number): LogError {
  const [from, to] = LOG_PARTS[purpose];
  const embargoUs = from > 0 ? EMBARGO_US : 0;
  const logSeconds = Math.floor((partUs + embargoUs) / (to - from) / 1e6);
  const neededSeconds = Math.ceil((least * seconds + embargoUs / 1e6) / (to - from)) + 1;
  const why = `${least} ${purpose} slice${least === 1 ? '' : 's'} of ${seconds} s do${least === 1 ? 'es' : ''} not fit in it`;
  return new LogError(path, `is too short: ${why}`, `${logSeconds} s`, `at least ${neededSeconds} s`);
}
