/**
 * ClOrdIDs (11) and request identifiers are `EMP-<n>`, n counting everything we ever asked of the venue, across
 * restarts: the journal's highest n goes on. So an identifier also says what was sent before what.
 */
const PREFIX = 'EMP-';

export function identifierOf(n: number): string {
  return `${PREFIX}${n}`;
}

/** n of one of our identifiers; undefined for anything that we did not write. */
export function numberOf(identifier: string): number | undefined {
  if (!identifier.startsWith(PREFIX)) return undefined;
  const digits = identifier.slice(PREFIX.length);
  return /^[1-9]\d{0,14}$/.test(digits) ? Number(digits) : undefined;
}
