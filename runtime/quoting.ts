import type { Account } from './account.ts';
import type { Execution, OrderTerms } from './execution/execution.ts';
import type { Order } from './execution/order.ts';
import type { Intent } from './planner/intent.ts';
import type { Denial } from './risk/denial.ts';
import { check } from './risk/risk.ts';

/** What to do about an intent, given the order that may already work on its symbol. */
export type Step =
  /** The working order already says what the intent wants, or its last request is unanswered. */
  | { readonly kind: 'wait' }
  /** The working order is in the way. */
  | { readonly kind: 'cancel'; readonly clOrdId: string }
  | { readonly kind: 'denied'; readonly denial: Denial }
  | {
      readonly kind: 'replace';
      readonly clOrdId: string /** Total, executed lots included. */;
      readonly quantityLots: number;
    }
  | { readonly kind: 'place'; readonly order: OrderTerms };

/**
 * Keeps at most one working order per symbol in line with what the planner wants. A passive intent rests an order, and
 * moves it by replacing; a crossing one takes what is there (IOC) once nothing of ours rests on the symbol.
 */
export class Quoting {
  readonly #execution: Execution;
  readonly #account: Account;

  constructor(execution: Execution, account: Account) {
    this.#execution = execution;
    this.#account = account;
  }

  next(intent: Intent): Step {
    const working = this.#workingOn(intent.symbolId);
    if (working !== undefined) {
      if (isPending(working)) return { kind: 'wait' };
      if (intent.crossing || working.first.side !== intent.side) return { kind: 'cancel', clOrdId: working.clOrdId };
      if (working.priceTicks === intent.priceTicks) return { kind: 'wait' };
    }
    const replacedLots = working?.leavesLots ?? 0;
    const denial = check(
      { ...this.#terms(intent), replacedLots, reducing: this.#isReducing(intent, replacedLots) },
      this.#account,
    );
    if (denial !== undefined) return { kind: 'denied', denial };
    if (working !== undefined) {
      return { kind: 'replace', clOrdId: working.clOrdId, quantityLots: working.filledLots + intent.quantityLots };
    }
    const timeInForce = intent.crossing ? 'ioc' : 'day';
    return { kind: 'place', order: { ...this.#terms(intent), timeInForce, postOnly: !intent.crossing } };
  }

  /** Cancels what works on a symbol, unless its cancel is already on its way. */
  withdraw(symbolId: number): void {
    const working = this.#workingOn(symbolId);
    if (working !== undefined && !isPending(working)) this.#execution.cancel(working.clOrdId);
  }

  #workingOn(symbolId: number): Order | undefined {
    for (const order of this.#execution.orders()) if (order.first.symbolId === symbolId) return order;
    return undefined;
  }

  #terms(intent: Intent) {
    return {
      symbolId: intent.symbolId,
      side: intent.side,
      priceTicks: intent.priceTicks,
      quantityLots: intent.quantityLots,
    };
  }

  /** Even if everything else on its side fills first, the order only brings the position nearer to flat. */
  #isReducing(intent: Intent, replacedLots: number): boolean {
    const held = this.#execution.positionLots(intent.symbolId);
    if (held === 0 || held > 0 === (intent.side === 'buy')) return false;
    const open = this.#execution.openLots(intent.symbolId, intent.side) - replacedLots;
    return open + intent.quantityLots <= Math.abs(held);
  }
}

/** Its last request is unanswered: anything more would be a guess. */
function isPending(order: Order): boolean {
  return order.request !== undefined || !order.acknowledged;
}
