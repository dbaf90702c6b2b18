import type { AnomalyKind } from './anomaly.ts';
import { numberOf } from './identifiers.ts';
import type { Closing, Order } from './order.ts';
import type { Report } from './venue.ts';

/**
 * What a report did to its order. `stale`: true, but later news had already overtaken it. A fill's own effect on the
 * position is the caller's, which alone knows whether the ExecID is new.
 */
export type Transition =
  | { readonly outcome: 'applied' | 'stale' }
  | { readonly outcome: 'anomaly'; readonly kind: AnomalyKind; readonly detail: string };

const applied: Transition = { outcome: 'applied' };
const stale: Transition = { outcome: 'stale' };

function anomaly(kind: AnomalyKind, detail: string): Transition {
  return { outcome: 'anomaly', kind, detail };
}

/**
 * Moves `order` by one report that is not a duplicate. Reports may come in any order; what they say about quantities is
 * never trusted over the executions themselves, only compared with them.
 */
export function transition(order: Order, report: Report): Transition {
  if (report.kind === 'cancelReject') return cancelRejected(order, report);
  if (report.orderId !== '') order.orderId = report.orderId;
  const step = steps[report.execType];
  if (step === undefined) {
    return anomaly('UNSUPPORTED_EXEC_TYPE', `ExecType (150) is "${report.execType}", OrdStatus "${report.ordStatus}"`);
  }
  const result = step(order, report);
  order.venueCumLots = Math.max(order.venueCumLots, report.cumLots);
  if (result.outcome !== 'anomaly' && order.venueCumLots > order.executedLots) {
    return anomaly('FILL_GAP', `the venue executed ${order.venueCumLots} lots, ${order.executedLots} were reported`);
  }
  return result;
}

type Step = (order: Order, report: Report) => Transition;

/** One entry per ExecType (150) of FIX 4.4 that we model. */
const steps: Readonly<Record<string, Step>> = {
  '0': acknowledge,
  A: pending,
  '6': pending,
  E: pending,
  '4': (order, report) => close(order, report, 'canceled'),
  '3': (order, report) => close(order, report, 'expired'),
  C: (order, report) => close(order, report, 'expired'),
  '5': replaced,
  '8': rejected,
  D: restated,
  F: traded,
  H: busted,
  I: status,
};

function acknowledge(order: Order): Transition {
  if (order.presumed) {
    order.acknowledged = true;
    return revive(order);
  }
  if (!order.open || order.acknowledged) return stale;
  order.acknowledged = true;
  return applied;
}

/** The venue has the message and has not decided: nothing changed yet. */
function pending(order: Order): Transition {
  return order.presumed ? revive(order) : applied;
}

function revive(order: Order): Transition {
  order.closed = undefined;
  order.presumed = false;
  return anomaly('REVIVED', 'it was closed for being absent from the list of open orders');
}

function close(order: Order, report: Report, how: Closing): Transition {
  order.acknowledged = true;
  if (order.closed === undefined || order.presumed) {
    order.presumed = false;
    order.closed = how;
    order.request = undefined;
    return applied;
  }
  return order.closed === how ? stale : anomaly('CLOSED_TWICE', `${order.closed}, then ${how}: ${report.text ?? ''}`);
}

function rejected(order: Order, report: Report): Transition {
  const accepted = order.acknowledged;
  const result = close(order, report, 'rejected');
  if (result !== applied || !accepted) return result;
  return anomaly('REJECTED_AFTER_ACK', report.text ?? 'no reason given');
}

function replaced(order: Order, report: Report): Transition {
  const request = order.request;
  const asked = request?.kind === 'replace' && request.clOrdId === report.clOrdId ? request : undefined;
  if (asked !== undefined) order.request = undefined;
  if (asked === undefined && (numberOf(report.clOrdId) ?? 0) < (numberOf(order.clOrdId) ?? 0)) return stale;
  if (order.presumed) revive(order);
  order.clOrdId = report.clOrdId;
  if (!order.open) return stale;
  order.acknowledged = true;
  order.priceTicks = report.priceTicks;
  order.quantityLots = report.quantityLots;
  closeWhenFilled(order);
  if (asked === undefined) return anomaly('UNSOLICITED_REPLACE', terms(report.priceTicks, report.quantityLots));
  if (asked.priceTicks === report.priceTicks && asked.quantityLots === report.quantityLots) return applied;
  const wanted = terms(asked.priceTicks, asked.quantityLots);
  return anomaly('TERMS_DIFFER', `asked for ${wanted}, got ${terms(report.priceTicks, report.quantityLots)}`);
}

function terms(priceTicks: number, quantityLots: number): string {
  return `${quantityLots} lots at ${priceTicks} ticks`;
}

/** ExecType D: the venue changed the order by itself, after a corporate action or a reduction. */
function restated(order: Order, report: Report): Transition {
  if (!order.open) return stale;
  order.acknowledged = true;
  order.priceTicks = report.priceTicks;
  order.quantityLots = report.quantityLots;
  closeWhenFilled(order);
  return applied;
}

function closeWhenFilled(order: Order): void {
  if (order.filledLots < order.quantityLots || !order.open) return;
  order.closed = 'filled';
  order.request = undefined;
}

/** Quantities of a new execution; its ExecID was not seen before. */
function traded(order: Order, report: Report): Transition {
  const expected = order.venueCumLots > order.executedLots;
  const closedBefore = order.presumed ? undefined : order.closed;
  if (order.presumed) revive(order);
  order.acknowledged = true;
  order.filledLots += report.lastLots;
  order.executedLots += report.lastLots;
  const ordered =
    order.request?.kind === 'replace' ? Math.max(order.request.quantityLots, order.quantityLots) : order.quantityLots;
  const overfilled = order.filledLots > ordered;
  if (order.request?.kind !== 'replace' || overfilled || report.leavesLots === 0) closeWhenFilled(order);
  if (overfilled) return anomaly('OVERFILL', `${order.filledLots} of ${ordered} lots are executed`);
  if (closedBefore !== undefined && !expected) {
    return anomaly('FILL_AFTER_CLOSE', `${report.lastLots} lots executed after it was ${closedBefore}`);
  }
  return applied;
}

/** An execution of this order is taken back; the caller has matched ExecRefID (19) and gives its size in `lastLots`. */
function busted(order: Order, report: Report): Transition {
  order.filledLots -= report.lastLots;
  if (order.closed === 'filled' && report.leavesLots > 0) order.closed = undefined;
  return applied;
}

/** ExecType I: the order as the venue has it now. */
function status(order: Order, report: Report): Transition {
  if (order.presumed) revive(order);
  const closings: Readonly<Record<string, Closing>> = {
    '4': 'canceled',
    '8': 'rejected',
    C: 'expired',
    '3': 'expired',
  };
  const how = closings[report.ordStatus];
  if (how !== undefined) return close(order, report, how);
  if (!order.open) return stale;
  if (order.request?.kind === 'replace' && order.request.clOrdId === report.clOrdId) return replaced(order, report);
  order.acknowledged = true;
  return applied;
}

function cancelRejected(order: Order, report: Report): Transition {
  if (order.request?.clOrdId !== report.clOrdId) {
    if (!order.open || report.possDup) return stale;
    return anomaly('UNSOLICITED_CANCEL_REJECT', report.text ?? 'no reason given');
  }
  order.request = undefined;
  closeWhenFilled(order);
  if (report.ordStatus !== '8' || !order.open) return applied;
  return anomaly('UNKNOWN_AT_VENUE', report.text ?? 'no reason given');
}
