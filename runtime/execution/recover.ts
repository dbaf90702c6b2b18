import { type InstrumentTable, signOf } from '../instrument.ts';
import type { Journal } from '../journal/journal.ts';
import { identifierOf, numberOf } from './identifiers.ts';
import type { Ledger } from './ledger.ts';
import type { FillBody, OrderBody, PositionBody, ReportBody } from './records.ts';

/**
 * Rebuilds the ledger by repeating what the journal says was sent and reported, and returns the highest identifier ever
 * used. Nothing is sent: what became of orders without an answer is for the reconciliation after logon.
 *
 * @throws Error when the fills on record do not add up to the position so found, or belong to a symbol with a position
 * that is not configured any more.
 */
export function recover(ledger: Ledger, instruments: InstrumentTable, journal: Journal): number {
  const fills = new FillCheck(ledger, instruments);
  let highest = 0;
  const used = (identifier: string) => {
    highest = Math.max(highest, numberOf(identifier) ?? 0);
  };
  for (const record of journal.records(0, ['order', 'report', 'fill', 'position'])) {
    const body: unknown = JSON.parse(record.body);
    if (record.kind === 'order') {
      const order = body as OrderBody;
      used(order.clOrdId);
      sentAgain(ledger, instruments, order);
    } else if (record.kind === 'report') {
      const { symbol, ...report } = body as ReportBody;
      if (symbol !== null && instruments.idOf(symbol) < 0) continue;
      ledger.report({ ...report, symbolId: symbol === null ? -1 : instruments.idOf(symbol) });
    } else if (record.kind === 'fill') {
      fills.add(body as FillBody);
    } else {
      const position = body as PositionBody;
      used(position.requestId);
      if (position.event === 'reconciled') reconciledAgain(ledger, position);
    }
  }
  fills.verify();
  return highest;
}

function sentAgain(ledger: Ledger, instruments: InstrumentTable, body: OrderBody): void {
  if (body.action === 'massCancel') return;
  const symbolId = instruments.idOf(body.symbol);
  if (symbolId < 0) return;
  const number = numberOf(body.clOrdId) ?? 0;
  if (body.action === 'new') {
    const { clOrdId, side, priceTicks, quantityLots, timeInForce, postOnly } = body;
    const order = { clOrdId, symbolId, side, priceTicks, quantityLots, timeInForce, postOnly };
    ledger.sent(order, number, body.intentSeq, Number(body.midHalfTicks));
    return;
  }
  const order = ledger.orders.find(body.origClOrdId);
  if (order === undefined) return;
  const { action: kind, priceTicks, quantityLots } = body;
  ledger.requested(order, { kind, clOrdId: identifierOf(number), priceTicks, quantityLots });
}

function reconciledAgain(ledger: Ledger, body: Extract<PositionBody, { event: 'reconciled' }>): void {
  for (const clOrdId of body.closed) {
    const order = ledger.orders.find(clOrdId);
    if (order !== undefined) ledger.presumeClosed(order);
  }
  for (const clOrdId of body.lapsed) {
    const order = ledger.orders.find(clOrdId);
    if (order !== undefined) ledger.lapse(order);
  }
}

/** Adds up the fills on record, which must equal the position that the reports lead to. */
class FillCheck {
  readonly #ledger: Ledger;
  readonly #instruments: InstrumentTable;
  readonly #lots = new Map<string, number>();

  constructor(ledger: Ledger, instruments: InstrumentTable) {
    this.#ledger = ledger;
    this.#instruments = instruments;
  }

  add(body: FillBody): void {
    const signed = signOf(body.side) * body.lots;
    this.#lots.set(body.symbol, (this.#lots.get(body.symbol) ?? 0) + signed);
  }

  verify(): void {
    for (const [symbol, lots] of this.#lots) {
      const symbolId = this.#instruments.idOf(symbol);
      if (symbolId < 0) {
        if (lots === 0) continue;
        throw new Error(
          `journal: ${symbol} has a position (${lots} lots) but is not configured; configure it again, or flatten it first`,
        );
      }
      const found = this.#ledger.positions.lots(symbolId);
      if (found === lots) continue;
      throw new Error(
        `journal: ${symbol} has ${lots} lots by its fill records, ${found} by its report records; restore a copy`,
      );
    }
  }
}
