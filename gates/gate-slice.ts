import type { Slice } from '../policies/evaluation/slice.ts';
import { logPart } from '../policies/evaluation/slices.ts';
import { Random } from '../runtime/random.ts';
import type { GateContext } from './gate.ts';

const SEEDS = 2 ** 31;

/**
 * A stretch of the candidate's market for one gate: a simulated one of its own seed, or the beginning of the log's
 * held-out part, where there is so much of it.
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
  const { fromUs, toUs } = logPart(market.path, 'held-out');
  return { kind: 'log', path: market.path, openUs: fromUs, fromUs, toUs: Math.min(toUs, fromUs + seconds * 1e6) };
}
