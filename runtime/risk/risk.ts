import { type Control, microUsd, type OrderRequest, type RiskView } from './control.ts';
import { dailyLoss } from './controls/daily-loss.ts';
import { dataAge } from './controls/data-age.ts';
import { drawdown } from './controls/drawdown.ts';
import { grossNotional } from './controls/gross-notional.ts';
import { messageRate } from './controls/message-rate.ts';
import { modelSanity } from './controls/model-sanity.ts';
import { openOrders } from './controls/open-orders.ts';
import { orderNotional } from './controls/order-notional.ts';
import { orderQuantity } from './controls/order-quantity.ts';
import { position } from './controls/position.ts';
import { positionKnown } from './controls/position-known.ts';
import { priceCollar } from './controls/price-collar.ts';
import { selfMatch } from './controls/self-match.ts';
import type { Denial } from './denial.ts';

/** Every control, cheapest and most absolute first; the first denial is the answer. */
export const controls: readonly (readonly [name: string, control: Control])[] = [
  ['position-known', positionKnown],
  ['order-quantity', orderQuantity],
  ['order-notional', orderNotional],
  ['price-collar', priceCollar],
  ['model-sanity', modelSanity],
  ['data-age', dataAge],
  ['self-match', selfMatch],
  ['open-orders', openOrders],
  ['message-rate', messageRate],
  ['position', position],
  ['gross-notional', grossNotional],
  ['daily-loss', dailyLoss],
  ['drawdown', drawdown],
];

/** Why `request` may not be sent, or undefined when it may. */
export function check(request: OrderRequest, view: RiskView): Denial | undefined {
  for (const [, control] of controls) {
    const denial = control(request, view);
    if (denial !== undefined) return denial;
  }
  return undefined;
}

/** Losses so large that trading ends, latched, until a person's commit re-arms it. */
export function haltReason(view: RiskView): Denial | undefined {
  const { limits, equityMicroUsd } = view;
  const dayLoss = view.dayStartEquityMicroUsd - equityMicroUsd;
  if (dayLoss >= microUsd(limits.maxDailyLossUsd)) {
    return { reason: 'DAILY_LOSS_EXCEEDS_LIMIT', actual: dayLoss, limit: microUsd(limits.maxDailyLossUsd) };
  }
  const fromPeak = view.peakEquityMicroUsd - equityMicroUsd;
  const halt = 2 * microUsd(limits.maxDrawdownUsd);
  return fromPeak >= halt ? { reason: 'DRAWDOWN_HALT', actual: fromPeak, limit: halt } : undefined;
}
