import type { Account } from './account.ts';
import type { Attribution } from './attribution/attribution.ts';
import type { FillBody } from './execution/records.ts';
import type { InstrumentTable } from './instrument.ts';
import type { Journal } from './journal/journal.ts';

/**
 * Rebuilds profit by origin and risk's marks from the journal. Mids between fills are not on record and need not be:
 * the hold edge telescopes, so the next mid accounts for everything since the last fill.
 *
 * @param slot what this boot may trade, as its record says. A risk halt is latched: it outlives every restart under the
 * same slot, and only a commit, which makes another slot, ends it.
 * @returns the evidence of a halt still in force
 */
export function recoverMoney(
  journal: Journal,
  instruments: InstrumentTable,
  attribution: Attribution,
  account: Account,
  slot: string,
): string | undefined {
  let bootSlot = '';
  let halted: { slot: string; evidence: string } | undefined;
  for (const record of journal.records(0, ['boot', 'fill', 'mark', 'disable'])) {
    const body = JSON.parse(record.body);
    if (record.kind === 'boot') bootSlot = body.slot;
    else if (record.kind === 'mark') account.restore(body);
    else if (record.kind === 'fill') recoverFill(body, instruments, attribution);
    else if (body.reason === 'RISK_HALT') halted = { slot: bootSlot, evidence: body.evidence };
  }
  return halted?.slot === slot ? halted.evidence : undefined;
}

function recoverFill(body: FillBody, instruments: InstrumentTable, attribution: Attribution): void {
  const symbolId = instruments.idOf(body.symbol);
  if (symbolId < 0) return;
  attribution.onFill({
    symbolId,
    side: body.side,
    quantityLots: body.lots,
    priceTicks: body.priceTicks,
    liquidity: body.liquidity,
    feeMicroUsd: body.feeMicroUsd,
    midHalfTicks: Number(body.midHalfTicks),
  });
}
