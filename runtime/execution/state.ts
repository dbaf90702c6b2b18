import type { InstrumentTable } from '../instrument.ts';
import type { Order, OrderStatus } from './order.ts';
import type { Break } from './reconcile.ts';

export interface OrderState {
  readonly clOrdId: string;
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
  readonly status: OrderStatus;
  readonly priceTicks: number;
  readonly quantityLots: number;
  readonly filledLots: number;
  readonly leavesLots: number;
  readonly intentSeq: number;
}

/** Execution as plain data, for audit and the page. */
export interface ExecutionState {
  readonly positionKnown: boolean;
  readonly flattening: boolean;
  readonly positionLots: Readonly<Record<string, number>>;
  readonly openOrders: readonly OrderState[];
  /** Of the last reconciliation; trading halts while there are any. */
  readonly breaks: readonly Break[];
}

export function stateOf(
  execution: {
    readonly positionKnown: boolean;
    readonly flattening: boolean;
    positionLots(symbolId: number): number;
    orders(): Iterable<Order>;
  },
  instruments: InstrumentTable,
  breaks: readonly Break[],
): ExecutionState {
  return {
    positionKnown: execution.positionKnown,
    flattening: execution.flattening,
    positionLots: Object.fromEntries(
      instruments.list.map(({ symbol }, symbolId) => [symbol, execution.positionLots(symbolId)]),
    ),
    openOrders: [...execution.orders()].map((order) => orderState(instruments, order)),
    breaks,
  };
}

function orderState(instruments: InstrumentTable, order: Order): OrderState {
  const { clOrdId, status, priceTicks, quantityLots, filledLots, leavesLots, intentSeq } = order;
  const { side, symbolId } = order.first;
  const { symbol } = instruments.of(symbolId);
  return { clOrdId, symbol, side, status, priceTicks, quantityLots, filledLots, leavesLots, intentSeq };
}
