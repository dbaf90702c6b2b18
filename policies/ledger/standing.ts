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

interface Reading {
  promotions: { entry: LedgerEntry; verified: boolean }[];
  holder: LedgerEntry | undefined;
  held: LedgerEntry | undefined;
}

/** Of every environment that the ledger names, reading each entry once, oldest first. */
export function standings(entries: Iterable<LedgerEntry>): ReadonlyMap<string, Standing> {
  const all = new Map<string, Reading>();
  for (const entry of entries) {
    let now = all.get(entry.environment);
    if (now === undefined) {
      now = { promotions: [], holder: undefined, held: undefined };
      all.set(entry.environment, now);
    }
    read(now, entry);
  }
  return all;
}

/** Of one environment. */
export function standing(entries: readonly LedgerEntry[], environment: string): Standing {
  const own = entries.filter((entry) => entry.environment === environment);
  return standings(own).get(environment) ?? { promotions: [], holder: undefined, held: undefined };
}

function read(now: Reading, entry: LedgerEntry): void {
  const { promotions } = now;
  const top = promotions.at(-1);
  if (entry.kind === 'promoted') {
    promotions.push({ entry, verified: false });
    now.holder = entry;
  } else if (entry.kind === 'rolledBack') {
    while (promotions.length > 0 && promotions.at(-1)?.entry.seq !== entry.restores) promotions.pop();
    now.holder = entry;
  } else if (entry.kind === 'verified' && top !== undefined && top.entry.policy === entry.policy) {
    top.verified = true;
  } else if (entry.kind === 'held') {
    now.held = entry;
  } else if (entry.kind === 'released') {
    now.held = undefined;
  }
}
