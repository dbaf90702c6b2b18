import type { NewOrder, Report } from '../execution/venue.ts';
import type { InstrumentTable, Side } from '../instrument.ts';
import { DecimalScale } from './decimal.ts';
import type { BodyWriter } from './encoder.ts';
import { badEnum, decimalOf, requiredInteger, requiredText, sideOf } from './field-reading.ts';
import type { FieldReader } from './message.ts';
import { type OrderDetails, readDetails, writeDetails } from './order-details.ts';

/**
 * Order entry in our dialect of FIX 4.4, the participant's side; `venue-messages.ts` is the venue's. Field by field:
 *
 * - D NewOrderSingle: 11 55 54 60 38 40=2 44 [1 526] 59 (0 day, 3 IOC, 6 till 126) 18=6 when post-only
 * - F OrderCancelRequest: 41 11 37 when known, [1 526] 55 54 60 38
 * - G OrderCancelReplaceRequest: 41 11 37 when known, 55 54 60 38 40=2 44 [1 526] 59 [126] 18
 * - H OrderStatusRequest: 11 37 when known, 55 54 [790]
 * - q OrderMassCancelRequest: 11 530=7 60
 * - AF OrderMassStatusRequest: 584 585=7
 * - 8 ExecutionReport: 37 11 41 17 150 39 55 54 38 40=2 44 [1 526] 59 [126] [32 31 851] 151 14 6 60 [103 378 58] [584 911 912] [790]
 * - 9 OrderCancelReject: 37 11 41 39 [1 526] 60 434 102 [58]
 * - r OrderMassCancelReport: 11 37 530=7 531 533 60 [532 58]
 * - AP PositionReport: 721 710 724=0 727 728=0 912 55 702=1 703=TQ 704 705 60
 *
 * H is answered by one 8 with 150=I, the order's status and 790 as asked; of an order that the venue does not know, with
 * 39=8 103=5 37=NONE. 3 and j: `reject-messages.ts`.
 *
 * AF is answered by one 8 with 150=I for each open order, each with 584, 911 (how many) and 912 (Y on the last); when
 * there is none by a single 8 with 150=I 39=8 911=0 912=Y 55=[N/A] 54=7. Then comes one AP for each symbol of the venue, with
 * 710 the same identifier, 727 how many, 912=Y on the last, 704 the long and 705 the short lots.
 */

export interface MassStatus {
  /** MassStatusReqID (584). */
  readonly requestId: string;
  /** TotNumReports (911). */
  readonly total: number;
  /** LastRptRequested (912). */
  readonly last: boolean;
}

/** A Report with what only an answer to AF carries. On a cancelReject `symbolId` is −1: 9 names no symbol. */
export interface VenueReport extends Report {
  readonly status: MassStatus | undefined;
  /** OrdRejReason (103) or CxlRejReason (102). */
  readonly rejectReason: number | undefined;
  /** ExecRestatementReason (378): why the venue changed the order by itself. */
  readonly restatementReason: number | undefined;
  /** CxlRejResponseTo (434) of a cancelReject: 1 answers a cancel, 2 a replace. */
  readonly responseTo: 1 | 2 | undefined;
  /** OrdStatusReqID (790) of the H that it answers. */
  readonly statusRequestId: string | undefined;
  /** Undefined when the order carried none. */
  readonly details: OrderDetails | undefined;
}

/** An order with what it may carry besides its terms. */
export interface DetailedOrder extends NewOrder {
  readonly details?: OrderDetails;
}

export interface PositionReport {
  /** PosReqID (710): that of the AF it answers. */
  readonly requestId: string;
  /** −1 for a symbol that is not configured; `symbol` names it. */
  readonly symbolId: number;
  readonly symbol: string;
  /** Long minus short. */
  readonly positionLots: number;
  readonly total: number;
  readonly last: boolean;
}

export interface MassCancelReport {
  readonly clOrdId: string;
  /** TotalAffectedOrders (533); 0 when refused. */
  readonly cancelled: number;
  readonly refused: boolean;
  readonly text: string | undefined;
}

/** Symbol (55) of a report that is about no instrument. */
export const NO_SYMBOL = '[N/A]';

export function sideText(side: Side): string {
  return side === 'buy' ? '1' : '2';
}

/** Writes requests and reads their answers. */
export class OrderMessages {
  readonly #instruments: InstrumentTable;
  readonly #prices: readonly DecimalScale[];
  readonly #quantities: readonly DecimalScale[];

  constructor(instruments: InstrumentTable) {
    this.#instruments = instruments;
    this.#prices = instruments.list.map((instrument) => new DecimalScale(instrument.tickSize));
    this.#quantities = instruments.list.map((instrument) => new DecimalScale(instrument.lotSize));
  }

  /** Body of D. */
  writeNewOrder(body: BodyWriter, order: DetailedOrder, timeUs: number): void {
    body.text(11, order.clOrdId);
    this.#writeInstrument(body, order, timeUs);
    this.#writeTerms(body, order, order.priceTicks, order.quantityLots);
  }

  /** Body of F. */
  writeCancel(
    body: BodyWriter,
    clOrdId: string,
    original: DetailedOrder,
    orderId: string | undefined,
    timeUs: number,
  ): void {
    this.#writeReference(body, clOrdId, original, orderId);
    const { account, secondaryClOrdId } = original.details ?? {};
    if (account !== undefined) body.text(1, account);
    if (secondaryClOrdId !== undefined) body.text(526, secondaryClOrdId);
    this.#writeInstrument(body, original, timeUs);
    body.decimal(38, original.quantityLots, this.#quantity(original.symbolId));
  }

  /** Body of G. */
  writeReplace(
    body: BodyWriter,
    replacement: { readonly clOrdId: string; readonly priceTicks: number; readonly quantityLots: number },
    original: DetailedOrder,
    orderId: string | undefined,
    timeUs: number,
  ): void {
    this.#writeReference(body, replacement.clOrdId, original, orderId);
    this.#writeInstrument(body, original, timeUs);
    this.#writeTerms(body, original, replacement.priceTicks, replacement.quantityLots);
  }

  /** Body of H. @param requestId told again in the answer */
  writeStatusRequest(body: BodyWriter, order: NewOrder, orderId: string | undefined, requestId: string): void {
    body.text(11, order.clOrdId);
    if (orderId !== undefined) body.text(37, orderId);
    body.text(55, this.#instruments.of(order.symbolId).symbol).text(54, sideText(order.side)).text(790, requestId);
  }

  /** Body of q: every order of ours. */
  writeMassCancel(body: BodyWriter, clOrdId: string, timeUs: number): void {
    body.text(11, clOrdId).text(530, '7').timestamp(60, timeUs);
  }

  /** Body of AF: every open order of ours, then positions. */
  writeMassStatus(body: BodyWriter, requestId: string): void {
    body.text(584, requestId).integer(585, 7);
  }

  /** Reads 8 or 9. @throws FixFieldError */
  readReport(m: FieldReader): VenueReport {
    return m.msgType === '9' ? readCancelReject(m) : this.#readExecution(m);
  }

  /** Reads AP. @throws FixFieldError */
  readPosition(m: FieldReader): PositionReport {
    const symbol = requiredText(m, 55);
    const symbolId = this.#instruments.idOf(symbol);
    return {
      requestId: requiredText(m, 710),
      symbolId,
      symbol,
      positionLots: requiredInteger(m, 704) - requiredInteger(m, 705),
      total: requiredInteger(m, 727),
      last: m.text(912) === 'Y',
    };
  }

  /** Reads r. @throws FixFieldError */
  readMassCancelReport(m: FieldReader): MassCancelReport {
    return {
      clOrdId: requiredText(m, 11),
      cancelled: m.integer(533) ?? 0,
      refused: requiredText(m, 531) === '0',
      text: m.text(58),
    };
  }

  #readExecution(m: FieldReader): VenueReport {
    const symbol = requiredText(m, 55);
    const symbolId = this.#instruments.idOf(symbol);
    const price = this.#prices[symbolId];
    const quantity = this.#quantities[symbolId];
    const lots = (tag: number): number => (quantity === undefined ? 0 : decimalOf(m, tag, quantity, 0));
    const ticks = (tag: number): number => (price === undefined ? 0 : decimalOf(m, tag, price, 0));
    const liquidity = m.text(851);
    return {
      kind: 'execution',
      symbolId,
      clOrdId: m.text(11) ?? '',
      origClOrdId: m.text(41),
      orderId: requiredText(m, 37),
      execId: requiredText(m, 17),
      execType: requiredText(m, 150),
      ordStatus: requiredText(m, 39),
      side: symbol === NO_SYMBOL ? 'buy' : sideOf(m),
      priceTicks: ticks(44),
      quantityLots: lots(38),
      lastLots: lots(32),
      lastPriceTicks: ticks(31),
      cumLots: lots(14),
      leavesLots: lots(151),
      liquidity: liquidity === '1' ? 'maker' : liquidity === '2' ? 'taker' : undefined,
      timeUs: m.timeUs,
      possDup: m.possDup,
      text: m.text(58),
      status: readMassStatusMark(m),
      rejectReason: m.integer(103),
      restatementReason: m.integer(378),
      responseTo: undefined,
      statusRequestId: m.text(790),
      details: readDetails(m).details,
    };
  }

  #writeReference(body: BodyWriter, clOrdId: string, original: DetailedOrder, orderId: string | undefined): void {
    body.text(41, original.clOrdId).text(11, clOrdId);
    if (orderId !== undefined) body.text(37, orderId);
  }

  #writeInstrument(body: BodyWriter, order: NewOrder, timeUs: number): void {
    body.text(55, this.#instruments.of(order.symbolId).symbol).text(54, sideText(order.side)).timestamp(60, timeUs);
  }

  #writeTerms(body: BodyWriter, order: DetailedOrder, priceTicks: number, quantityLots: number): void {
    body
      .decimal(38, quantityLots, this.#quantity(order.symbolId))
      .text(40, '2')
      .decimal(44, priceTicks, this.#prices[order.symbolId] as DecimalScale);
    writeDetails(body, order.timeInForce, order.details ?? {});
    if (order.postOnly) body.text(18, '6');
  }

  #quantity(symbolId: number): DecimalScale {
    return this.#quantities[symbolId] as DecimalScale;
  }
}

function readMassStatusMark(m: FieldReader): MassStatus | undefined {
  const requestId = m.text(584);
  if (requestId === undefined) return undefined;
  return { requestId, total: requiredInteger(m, 911), last: m.text(912) === 'Y' };
}

function readCancelReject(m: FieldReader): VenueReport {
  return {
    kind: 'cancelReject',
    symbolId: -1,
    clOrdId: requiredText(m, 11),
    origClOrdId: m.text(41),
    orderId: requiredText(m, 37),
    execId: '',
    execType: '',
    ordStatus: requiredText(m, 39),
    side: 'buy',
    priceTicks: 0,
    quantityLots: 0,
    lastLots: 0,
    lastPriceTicks: 0,
    cumLots: 0,
    leavesLots: 0,
    liquidity: undefined,
    timeUs: m.timeUs,
    possDup: m.possDup,
    text: m.text(58),
    status: undefined,
    rejectReason: m.integer(102),
    restatementReason: undefined,
    responseTo: readResponseTo(m),
    statusRequestId: undefined,
    details: readDetails(m).details,
  };
}

function readResponseTo(m: FieldReader): 1 | 2 | undefined {
  const text = m.text(434);
  if (text === undefined) return undefined;
  if (text !== '1' && text !== '2') throw badEnum(m, 434, text, '1 and 2');
  return text === '1' ? 1 : 2;
}
