import type { PnlParts } from '../../runtime/attribution/attribution.ts';
import type { Observation } from './regression.ts';
import type { Teller } from './tell.ts';

/** What one run of the loop came to. Money is micro-USD, integers. */
export interface Summary {
  readonly policy: string | null;
  readonly commit: string | null;
  readonly tag: string | null;
  readonly gates: Readonly<Record<string, string>>;
  readonly promoted: boolean;
  readonly refusedBecause: string | null;
  readonly verified: boolean;
  readonly fills: number;
  readonly firstFill: Observation['firstFill'] | null;
  readonly pnl: PnlParts | null;
  readonly decisionDigest: string | null;
}

/** The last thing that is said. */
export function tellSummary(teller: Teller, summary: Summary): void {
  const seconds = Math.round(teller.seconds * 10) / 10;
  teller.tell({ event: 'summary', ...summary, seconds }, sentence(summary));
}

function sentence(summary: Summary): string {
  if (!summary.promoted) return `nothing was promoted: ${summary.refusedBecause}`;
  const { pnl, fills, tag, verified } = summary;
  const usd = (microUsd: number) => `${(microUsd / 1e6).toFixed(2)} USD`;
  const earned =
    pnl === null
      ? ''
      : `; ${usd(pnl.total)} after fees (cross ${usd(pnl.cross)}, post ${usd(pnl.post)}, hold ${usd(pnl.hold)}, fees ${usd(pnl.fees)})`;
  return `${tag}: ${verified ? 'verified' : 'not verified'}, ${fills} fills${earned}`;
}
