/** How long a policy has traded in another environment, from the ledger alone. */
import type { LedgerEntry } from '../../policies/ledger/ledger.ts';

export interface Soak {
  readonly hours: number;
  readonly leftHours: number;
  readonly because: string;
}

/**
 * Time from a policy's promotion until it was replaced, or until now. It counts only once it was verified, and not at all
 * when it was rolled back. The longest stay counts, not their sum: what was taken away and put back begins anew.
 */
export function soakOf(
  entries: readonly LedgerEntry[],
  { environment, hours }: { readonly environment: string; readonly hours: number },
  policy: string,
  nowUs: number,
): Soak {
  let longestUs = 0;
  let since: number | undefined;
  let verified = false;
  const end = (atUs: number): void => {
    if (since !== undefined && verified) longestUs = Math.max(longestUs, atUs - since);
    since = undefined;
    verified = false;
  };
  for (const entry of entries) {
    if (entry.environment !== environment) continue;
    if (entry.kind === 'promoted') {
      // A promotion of the same policy under other limits is another slot: its time begins anew.
      end(entry.timeUs);
      if (entry.policy === policy) since = entry.timeUs;
    } else if (entry.kind === 'rolledBack') {
      since = undefined;
      verified = false;
      if (entry.policy === policy) since = entry.timeUs;
    } else if (entry.kind === 'verified' && entry.policy === policy) verified = true;
  }
  end(nowUs);
  const traded = longestUs / 3.6e9;
  const leftHours = Math.max(0, hours - traded);
  const ever = entries.some(({ kind, ...entry }) => {
    return kind === 'promoted' && entry.environment === environment && entry.policy === policy;
  });
  const has = ever ? `it has traded there, verified, for ${traded.toFixed(1)} h` : 'it was never promoted there';
  return {
    hours: traded,
    leftHours,
    because: `needs ${hours} h in ${environment}: ${has}, ${leftHours.toFixed(1)} h are left`,
  };
}
