/** What the ledger says about one environment now: who holds the label, what is behind it, whether promotion is on hold. */
import type { LedgerEntry } from './ledger.ts';

export interface Promoted {
  readonly entry: LedgerEntry;
  readonly verified: boolean;
}

export interface Standing {
  /** Promotions in force, oldest first; what a rollback undid is gone. The last one holds the label. */
  readonly promotions: readonly Promoted[];
  /** The entry that last moved the label: a promotion or a rollback. */
  readonly holder: LedgerEntry | undefined;
  /** The entry that stopped automatic promotion, until a person releases it. */
  readonly held: LedgerEntry | undefined;
}

/** Reads the entries once, oldest first. */
export function standing(entries: readonly LedgerEntry[], environment: string): Standing {
  const promotions: { entry: LedgerEntry; verified: boolean }[] = [];
  let holder: LedgerEntry | undefined;
  let held: LedgerEntry | undefined;
  for (const entry of entries) {
    if (entry.environment !== environment) continue;
    const top = promotions.at(-1);
    if (entry.kind === 'promoted') {
      promotions.push({ entry, verified: false });
      holder = entry;
    } else if (entry.kind === 'rolledBack') {
      while (promotions.length > 0 && promotions.at(-1)?.entry.seq !== entry.restores) promotions.pop();
      holder = entry;
    } else if (entry.kind === 'verified' && top !== undefined && top.entry.policy === entry.policy) {
      top.verified = true;
    } else if (entry.kind === 'held') {
      held = entry;
    } else if (entry.kind === 'released') {
      held = undefined;
    }
  }
  return { promotions, holder, held };
}
