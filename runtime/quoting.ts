import type { Account } from './account.ts';
import type { Execution } from './execution/execution.ts';
import type { NewOrder } from './execution/venue.ts';
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
  | { readonly kind: 'replace'; readonly clOrdId: string }
  | { readonly kind: 'place'; readonly order: Omit<NewOrder, 'clOrdId'> };

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
    const working = this.#execution.workingOn(intent.symbolId);
    const passive = !intent.crossing;
    if (working !== undefined) {
      if (working.pending) return { kind: 'wait' };
      if (!passive || working.side !== intent.side) return { kind: 'cancel', clOrdId: working.clOrdId };
      if (working.priceTicks === intent.priceTicks) return { kind: 'wait' };
    }
    const replacedLots = working?.leavesLots ?? 0;
    const denial = check(
      { ...this.#terms(intent), replacedLots, reducing: this.#isReducing(intent, replacedLots) },
      this.#account,
    );
    if (denial !== undefined) return { kind: 'denied', denial };
    if (working !== undefined) return { kind: 'replace', clOrdId: working.clOrdId };
    return {
      kind: 'place',
      order: { ...this.#terms(intent), timeInForce: passive ? 'day' : 'ioc', postOnly: passive },
    };
  }

  /** Cancels what works on a symbol, unless its cancel is already on its way. */
  withdraw(symbolId: number): void {
    const working = this.#execution.workingOn(symbolId);
    if (working !== undefined && !working.pending) this.#execution.cancel(working.clOrdId);
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
