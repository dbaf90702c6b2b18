import type { Report, TimeInForce } from '../execution/venue.ts';
import type { InstrumentTable, Side } from '../instrument.ts';
import { DecimalScale } from './decimal.ts';
import type { BodyWriter } from './encoder.ts';
import { badEnum, requiredText, sideOf } from './field-reading.ts';
import type { FieldReader } from './message.ts';
import { type OrderDetails, readDetails, writeDetails } from './order-details.ts';
import { type MassStatus, NO_SYMBOL, sideText } from './order-messages.ts';

/** OrdRejReason (103) of what is found wrong while reading. */
const UNKNOWN_SYMBOL = 1;
const UNKNOWN_ORDER = 5;
const UNSUPPORTED = 11;
const BAD_QUANTITY = 13;
const OTHER = 99;

/** Why a well-framed order cannot be taken. */
export interface OrderDefect {
  /** OrdRejReason (103) on D, CxlRejReason (102) on F and G. */
  readonly code: number;
  readonly text: string;
}

interface OrderTerms {
  readonly priceTicks: number;
  readonly quantityLots: number;
}

/**
 * D, F, G, H, q or AF as the venue reads it: plain data. A domain defect (unknown symbol, off-tick price, quantity) is part
 * of the value, with 0 for what could not be read, since it is answered with 8 or 9; a malformed message is not.
 */
export type OrderRequest =
  | ({
      readonly kind: 'new';
      readonly clOrdId: string;
      readonly symbol: string;
      readonly side: Side;
      readonly timeInForce: TimeInForce;
      readonly postOnly: boolean;
      readonly details?: OrderDetails;
      readonly defect?: OrderDefect;
    } & OrderTerms)
  | {
      readonly kind: 'cancel';
      readonly clOrdId: string;
      readonly origClOrdId: string;
      readonly symbol: string;
      readonly defect?: OrderDefect;
    }
  | ({
      readonly kind: 'replace';
      readonly clOrdId: string;
      readonly origClOrdId: string;
      readonly symbol: string;
      readonly defect?: OrderDefect;
    } & OrderTerms)
  | { readonly kind: 'massCancel'; readonly clOrdId: string; readonly defect?: OrderDefect }
  | { readonly kind: 'massStatus'; readonly requestId: string }
  | {
      readonly kind: 'orderStatus';
      readonly clOrdId: string;
      readonly symbol: string;
      readonly side: Side;
      readonly requestId: string | undefined;
    };

/** A report as the venue makes it. */
export interface OutgoingReport extends Report {
  /** As the order named it, which may be a symbol that the venue does not have. */
  readonly symbol: string;
  /** OrdRejReason (103) or CxlRejReason (102). */
  readonly rejectReason: number | undefined;
  /** CxlRejResponseTo (434) of a cancelReject: 1 answers a cancel, 2 a replace. */
  readonly responseTo: 1 | 2 | undefined;
  /** Σ price × lots of the order's trades: AvgPx (6) is it over `cumLots`. */
  readonly tradedTicksLots: number;
  readonly timeInForce: TimeInForce;
  readonly status: MassStatus | undefined;
  readonly details?: OrderDetails | undefined;
  /** ExecRestatementReason (378). */
  readonly restatementReason?: number | undefined;
  /** OrdStatusReqID (790) of the H that it answers. */
  readonly statusRequestId?: string | undefined;
}

/** The answer to an H on an order that is no longer open, or that never was. */
export interface ClosedStatus {
  readonly request: Extract<OrderRequest, { kind: 'orderStatus' }>;
  /** Undefined when the venue knows no such order. */
  readonly order:
    | {
        readonly orderId: string;
        readonly ordStatus: string;
        readonly cumLots: number;
        readonly tradedTicksLots: number;
      }
    | undefined;
  readonly execId: string;
}

/** Order entry in our dialect, the venue's side: reads requests and writes their answers. Layout: `order-messages.ts`. */
export class VenueMessages {
  readonly #instruments: InstrumentTable;
  readonly #prices: readonly DecimalScale[];
  /** A ten-thousandth of a tick: what AvgPx (6) is rounded to. */
  readonly #averages: readonly DecimalScale[];
  readonly #quantities: readonly DecimalScale[];

  constructor(instruments: InstrumentTable) {
    this.#instruments = instruments;
    this.#prices = instruments.list.map((instrument) => new DecimalScale(instrument.tickSize));
    this.#averages = instruments.list.map((instrument) => new DecimalScale(tenThousandth(instrument.tickSize)));
    this.#quantities = instruments.list.map((instrument) => new DecimalScale(instrument.lotSize));
  }

  /** Reads D, F, G, H, q or AF; undefined for any other type. @throws FixFieldError */
  readRequest(m: FieldReader): OrderRequest | undefined {
    switch (m.msgType) {
      case 'D': {
        const head = {
          kind: 'new',
          clOrdId: requiredText(m, 11),
          symbol: requiredText(m, 55),
          side: sideOf(m),
        } as const;
        const { timeInForce, details, unsupported } = readDetails(m);
        const request = {
          ...head,
          timeInForce,
          postOnly: isPostOnly(m),
          ...this.#readTerms(m),
          ...(details && { details }),
        };
        if (unsupported === undefined) return request;
        return {
          ...request,
          defect: { code: UNSUPPORTED, text: `time in force ${m.text(59)} (${unsupported}) is not supported` },
        };
      }
      case 'F': {
        const symbol = requiredText(m, 55);
        const head = {
          kind: 'cancel',
          clOrdId: requiredText(m, 11),
          origClOrdId: requiredText(m, 41),
          symbol,
        } as const;
        return this.#instruments.idOf(symbol) < 0 ? { ...head, defect: unknownSymbol(symbol, OTHER) } : head;
      }
      case 'G': {
        const { defect, ...terms } = this.#readTerms(m);
        const head = { kind: 'replace', clOrdId: requiredText(m, 11), origClOrdId: requiredText(m, 41) } as const;
        const request = { ...head, symbol: requiredText(m, 55), ...terms };
        return defect === undefined ? request : { ...request, defect: { ...defect, code: OTHER } };
      }
      case 'q': {
        const clOrdId = requiredText(m, 11);
        const scope = requiredText(m, 530);
        if (scope === '7') return { kind: 'massCancel', clOrdId };
        return { kind: 'massCancel', clOrdId, defect: { code: OTHER, text: `530=${scope} is not supported, 7 is` } };
      }
      case 'AF': {
        const scope = requiredText(m, 585);
        if (scope !== '7') throw badEnum(m, 585, scope, '7');
        return { kind: 'massStatus', requestId: requiredText(m, 584) };
      }
      case 'H': {
        const named = { clOrdId: requiredText(m, 11), symbol: requiredText(m, 55), side: sideOf(m) };
        return { kind: 'orderStatus', ...named, requestId: m.text(790) };
      }
      default:
        return undefined;
    }
  }

  /** MsgType of a report: 8 or 9. */
  static msgType(report: Report): '8' | '9' {
    return report.kind === 'cancelReject' ? '9' : '8';
  }

  /** Body of 8 or 9. */
  writeReport(body: BodyWriter, report: OutgoingReport): void {
    if (report.kind === 'cancelReject') writeCancelReject(body, report);
    else this.#writeExecution(body, report);
  }

  /** Body of the one 8 that answers an AF when there are no open orders. */
  writeNoOrders(body: BodyWriter, requestId: string, execId: string, timeUs: number): void {
    body.text(37, 'NONE').text(17, execId).text(150, 'I').text(39, '8').text(55, NO_SYMBOL).text(54, '7');
    body.integer(151, 0).integer(14, 0).integer(6, 0).timestamp(60, timeUs).text(58, 'no open orders');
    writeStatus(body, { requestId, total: 0, last: true });
  }

  /** Body of the 8 that answers an H on an order that is not open. */
  writeClosedStatus(body: BodyWriter, { request, order, execId }: ClosedStatus, timeUs: number): void {
    const { symbol, requestId } = request;
    const symbolId = this.#instruments.idOf(symbol);
    body
      .text(37, order?.orderId ?? 'NONE')
      .text(11, request.clOrdId)
      .text(17, execId)
      .text(150, 'I');
    body
      .text(39, order?.ordStatus ?? '8')
      .text(55, symbol)
      .text(54, sideText(request.side))
      .integer(151, 0);
    this.#writeTraded(body, symbolId, order?.cumLots ?? 0, order?.tradedTicksLots ?? 0);
    body.timestamp(60, timeUs);
    if (order === undefined) body.integer(103, UNKNOWN_ORDER).text(58, `no order has ClOrdID ${request.clOrdId}`);
    if (requestId !== undefined) body.text(790, requestId);
  }

  /** Body of r. */
  writeMassCancelReport(
    body: BodyWriter,
    report: { readonly clOrdId: string; readonly cancelled: number; readonly defect: OrderDefect | undefined },
    timeUs: number,
  ): void {
    const { clOrdId, cancelled, defect } = report;
    body.text(11, clOrdId).text(37, clOrdId).text(530, '7');
    body
      .text(531, defect === undefined ? '7' : '0')
      .integer(533, cancelled)
      .timestamp(60, timeUs);
    if (defect !== undefined) body.integer(532, defect.code).text(58, defect.text);
  }

  /** Body of AP. */
  writePosition(
    body: BodyWriter,
    position: {
      readonly requestId: string;
      readonly symbolId: number;
      /** Long above zero, short below. */
      readonly positionLots: number;
      readonly total: number;
      readonly last: boolean;
    },
    timeUs: number,
  ): void {
    const { symbol } = this.#instruments.of(position.symbolId);
    const { requestId, positionLots } = position;
    body.text(721, `${requestId}-${symbol}`).text(710, requestId).integer(724, 0).integer(727, position.total);
    body
      .integer(728, 0)
      .text(912, position.last ? 'Y' : 'N')
      .text(55, symbol)
      .integer(702, 1)
      .text(703, 'TQ');
    body.integer(704, Math.max(0, positionLots)).integer(705, Math.max(0, -positionLots)).timestamp(60, timeUs);
  }

  #writeExecution(body: BodyWriter, report: OutgoingReport): void {
    const price = this.#prices[report.symbolId];
    const quantity = this.#quantities[report.symbolId];
    body.text(37, report.orderId).text(11, report.clOrdId);
    if (report.origClOrdId !== undefined) body.text(41, report.origClOrdId);
    body.text(17, report.execId).text(150, report.execType).text(39, report.ordStatus);
    body.text(55, report.symbol).text(54, sideText(report.side));
    if (price !== undefined && quantity !== undefined) {
      body.decimal(38, report.quantityLots, quantity).text(40, '2').decimal(44, report.priceTicks, price);
      writeDetails(body, report.timeInForce, report.details ?? {});
      if (report.lastLots !== 0) {
        body.decimal(32, report.lastLots, quantity).decimal(31, report.lastPriceTicks, price);
        if (report.liquidity !== undefined) body.integer(851, report.liquidity === 'maker' ? 1 : 2);
      }
      body.decimal(151, report.leavesLots, quantity);
      this.#writeTraded(body, report.symbolId, report.cumLots, report.tradedTicksLots);
    } else body.integer(151, 0).integer(14, 0).integer(6, 0);
    body.timestamp(60, report.timeUs);
    if (report.rejectReason !== undefined) body.integer(103, report.rejectReason);
    if (report.restatementReason !== undefined) body.integer(378, report.restatementReason);
    if (report.text !== undefined) body.text(58, report.text);
    if (report.status !== undefined) writeStatus(body, report.status);
    if (report.statusRequestId !== undefined) body.text(790, report.statusRequestId);
  }

  /** CumQty (14) and AvgPx (6). */
  #writeTraded(body: BodyWriter, symbolId: number, cumLots: number, tradedTicksLots: number): void {
    const quantity = this.#quantities[symbolId];
    if (quantity === undefined) {
      body.integer(14, 0).integer(6, 0);
      return;
    }
    const average = cumLots === 0 ? 0 : Math.round((tradedTicksLots / cumLots) * 10_000);
    body.decimal(14, cumLots, quantity).decimal(6, average, this.#averages[symbolId] as DecimalScale);
  }

  /** Price and quantity of D or G. A missing field is a malformed message; a wrong one is a defect. */
  #readTerms(m: FieldReader): OrderTerms & { readonly defect?: OrderDefect } {
    const symbol = requiredText(m, 55);
    const quantityText = requiredText(m, 38);
    const orderType = requiredText(m, 40);
    const none = { priceTicks: 0, quantityLots: 0 };
    const symbolId = this.#instruments.idOf(symbol);
    if (symbolId < 0) return { ...none, defect: unknownSymbol(symbol, UNKNOWN_SYMBOL) };
    if (orderType !== '2') return { ...none, defect: { code: OTHER, text: `40=${orderType} is not supported, 2 is` } };
    const priceText = requiredText(m, 44);
    const instrument = this.#instruments.of(symbolId);
    const priceTicks = (this.#prices[symbolId] as DecimalScale).parseText(priceText);
    if (Number.isNaN(priceTicks)) {
      return { ...none, defect: { code: OTHER, text: `price ${priceText} is no multiple of ${instrument.tickSize}` } };
    }
    const quantityLots = (this.#quantities[symbolId] as DecimalScale).parseText(quantityText);
    if (!(quantityLots > 0)) {
      const text = `quantity ${quantityText} is no positive multiple of ${instrument.lotSize}`;
      return { priceTicks, quantityLots: 0, defect: { code: BAD_QUANTITY, text } };
    }
    return { priceTicks, quantityLots };
  }
}

function unknownSymbol(symbol: string, code: number): OrderDefect {
  return { code, text: `symbol ${symbol} is not traded here` };
}

/** ExecInst (18): participate, don't initiate. */
function isPostOnly(m: FieldReader): boolean {
  const text = m.text(18);
  if (text !== undefined && text !== '6') throw badEnum(m, 18, text, '6');
  return text === '6';
}

function writeCancelReject(body: BodyWriter, report: OutgoingReport): void {
  body.text(37, report.orderId.length === 0 ? 'NONE' : report.orderId).text(11, report.clOrdId);
  if (report.origClOrdId !== undefined) body.text(41, report.origClOrdId);
  const { account, secondaryClOrdId } = report.details ?? {};
  if (account !== undefined) body.text(1, account);
  if (secondaryClOrdId !== undefined) body.text(526, secondaryClOrdId);
  body
    .text(39, report.ordStatus)
    .timestamp(60, report.timeUs)
    .integer(434, report.responseTo ?? 1);
  if (report.rejectReason !== undefined) body.integer(102, report.rejectReason);
  if (report.text !== undefined) body.text(58, report.text);
}

function writeStatus(body: BodyWriter, status: MassStatus): void {
  body
    .text(584, status.requestId)
    .integer(911, status.total)
    .text(912, status.last ? 'Y' : 'N');
}

/** "0.01" → "0.000001": the increment with four more decimals. */
function tenThousandth(increment: string): string {
  const [whole = '', fraction = ''] = increment.split('.');
  const digits = `${whole}${fraction}`.padStart(fraction.length + 5, '0');
  const point = digits.length - fraction.length - 4;
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}
