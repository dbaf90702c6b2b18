import { assert } from '../assert.ts';
import { DISABLE_REASONS, type DisableReason } from './intent.ts';

/** One spell without trading, for audit and metrics. */
export interface DisableSpell {
  readonly reason: DisableReason;
  /** What was seen: figures, names. */
  readonly evidence: string;
  readonly sinceUs: number;
}

export interface DisableListener {
  onDisable(spell: DisableSpell): void;
  onEnable(spell: DisableSpell, timeUs: number, because: string): void;
}

/** Why the planner is not trading: any number of reasons at once; it trades only when none is left. */
export class Disables {
  readonly #active = new Map<DisableReason, DisableSpell>();
  readonly #counts = new Map<DisableReason, number>(DISABLE_REASONS.map((reason) => [reason, 0]));
  readonly #listener: DisableListener;

  constructor(listener: DisableListener) {
    this.#listener = listener;
  }

  get trading(): boolean {
    return this.#active.size === 0;
  }

  get active(): readonly DisableSpell[] {
    return [...this.#active.values()];
  }

  has(reason: DisableReason): boolean {
    return this.#active.has(reason);
  }

  /** Spells begun so far for this reason. */
  count(reason: DisableReason): number {
    return this.#counts.get(reason) ?? 0;
  }

  /** Begins a spell; a reason already active keeps its first evidence. */
  disable(reason: DisableReason, timeUs: number, evidence: string): void {
    if (this.#active.has(reason)) return;
    const spell = { reason, evidence, sinceUs: timeUs };
    this.#active.set(reason, spell);
    this.#counts.set(reason, this.count(reason) + 1);
    this.#listener.onDisable(spell);
  }

  /** Ends a spell, if there is one. A risk halt is latched: only a person's commit, through a new boot, ends it. */
  enable(reason: DisableReason, timeUs: number, because: string): void {
    const spell = this.#active.get(reason);
    if (spell === undefined) return;
    assert(reason !== 'RISK_HALT', 'a risk halt is latched');
    this.#active.delete(reason);
    this.#listener.onEnable(spell, timeUs, because);
  }
}
