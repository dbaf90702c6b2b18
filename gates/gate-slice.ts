import type { Slice } from '../policies/evaluation/slice.ts';
import { Random } from '../runtime/random.ts';
import { MarketLog } from '../runtime/replay/log-reader.ts';
import type { GateContext } from './gate.ts';

const SEEDS = 2 ** 31;

/**
 * A stretch of the candidate's market for one gate: a simulated one of its own seed, or the last part of the log.
 *
 * @param label the gate's name: no two gates, and no training, draw from the same stream
 * @throws LogError when the log cannot be used
 */
export function gateSlice(
  { market, seed }: Pick<GateContext, 'market' | 'seed'>,
  label: string,
  seconds: number,
): Slice {
  if (market.kind === 'simulated') {
    const drawn = Random.of('gate', label, seed).integer(SEEDS);
    return { kind: 'simulated', seed: drawn, informed: market.informed, seconds };
  }
  const log = MarketLog.open(market.path);
  log.close();
  const { first, last } = log.metadata.timeUs;
  return { kind: 'log', path: market.path, fromUs: Math.max(first, last - seconds * 1e6), toUs: last };
}
