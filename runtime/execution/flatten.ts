import type { Clock, Timer } from '../clock.ts';
import type { InstrumentTable, Side } from '../instrument.ts';
import type { Journal } from '../journal/journal.ts';
import type { Reconciliation } from './reconcile.ts';
import type { NewOrder } from './venue.ts';

/** `unknown` when the deadline passed before the venue confirmed: the position may be anything. */
export interface FlattenOutcome {
  readonly outcome: 'flat' | 'unknown';
  readonly durationUs: number;
  /** Rounds of orders that were sent. */
  readonly attempts: number;
}

export interface FlattenOptions {
  /** For the journal: signal, HTTP, risk, stop. */
  readonly reason: string;
  /** On the clock, after which the outcome is `unknown`. */
  readonly deadlineUs: number;
  /** Best price that an order of `side` would meet, ticks; NaN when nothing is there to price it by. */
  touchTicks(symbolId: number, side: Side): number;
  /** Ticks through the touch of the first attempt; each further one goes four times as far. @default 4 */
  readonly throughTicks?: number;
  /** Silence after which the venue is asked again; doubles each time. @default 60000 */
  readonly answerUs?: number;
  onDone(outcome: FlattenOutcome): void;
}

/** What flattening needs of execution. */
export interface FlattenDesk {
  readonly clock: Clock;
  readonly instruments: InstrumentTable;
  readonly journal: Journal;
  batch(work: () => void): void;
  sessionUp(): boolean;
  positionKnown(): boolean;
  positionLots(symbolId: number): number;
  /** Lots of both sides that open orders may still execute. */
  openLots(symbolId: number): number;
  massCancel(): void;
  cancelEach(): void;
  place(terms: Omit<NewOrder, 'clOrdId'>): string;
  requestStatus(): void;
}

/** The farthest an order may be priced through the touch: a tenth of the price. */
const MOST_THROUGH = 0.1;
const PATIENT_AFTER_ROUNDS = 3;
const LONGEST_PAUSE_US = 16_000;

/**
 * Takes every position to zero: one mass cancel, then reduce-only immediate-or-cancel limits on all symbols at once,
 * priced wider each round, until the venue itself says that no order is open and every position is zero.
 *
 * A round is orders followed by a status request, so that its answer already holds what the orders did, and the next
 * round is sized by the venue's own position. So a lost, doubled or refused order, or a fill that raced the cancel and
 * turned the position round, changes only how many rounds it takes. While the venue is silent nothing but the question
 * is repeated: an order sent on an old answer could open a position instead of closing one.
 */
export class Flatten {
  readonly #desk: FlattenDesk;
  readonly #options: FlattenOptions;
  readonly #startedUs: number;
  #attempts = 0;
  /** Answers that did not say flat. */
  #rounds = 0;
  #done = false;
  #answerUs: number;
  #deadline: Timer | undefined;
  #next: Timer | undefined;

  constructor(desk: FlattenDesk, options: FlattenOptions) {
    this.#desk = desk;
    this.#options = options;
    this.#startedUs = desk.clock.nowUs();
    this.#answerUs = options.answerUs ?? 60_000;
  }

  start(): void {
    this.#desk.batch(() => {
      this.#record({ event: 'started', reason: this.#options.reason });
      this.#deadline = this.#desk.clock.after(this.#options.deadlineUs, () => this.abandon());
      this.#open();
    });
  }

  /** The connection is back: what was under way may be lost, so the cancel and the question are repeated. */
  onSessionUp(): void {
    this.#open();
  }

  onReconciled(result: Reconciliation): void {
    if (this.#done) return;
    this.#next?.cancel();
    const { positionLots, instruments } = this.#desk;
    if (result.openOrders === 0 && result.venueLots.every((lots) => lots === 0)) {
      const unknownPosition = result.breaks.some((found) => found.kind === 'UNKNOWN_SYMBOL_POSITION');
      const agreed = instruments.list.every((_, symbolId) => positionLots(symbolId) === 0);
      if (agreed && !unknownPosition) {
        this.#finish('flat');
        return;
      }
    }
    const pauseUs = this.#pauseUs();
    if (pauseUs === 0) this.#round(result);
    else this.#next = this.#desk.clock.after(pauseUs, () => this.#desk.batch(() => this.#round(result)));
  }

  /** Ends it with `unknown`: the deadline passed, or a supervisor whose own clock ran out says so. */
  abandon(): void {
    if (!this.#done) this.#desk.batch(() => this.#finish('unknown'));
  }

  #open(): void {
    if (!this.#desk.sessionUp()) return;
    this.#desk.massCancel();
    if (this.#desk.positionKnown() && this.#attempts === 0) {
      // Where nothing of ours is open nothing can race the cancel: these need not wait for its answer.
      const still = this.#desk.instruments.list.map((_, symbolId) =>
        this.#desk.openLots(symbolId) === 0 ? this.#desk.positionLots(symbolId) : 0,
      );
      this.#reduce(still);
    }
    this.#ask();
  }

  #round(result: Reconciliation): void {
    if (this.#done || !this.#desk.sessionUp()) return;
    if (result.openOrders > 0) {
      this.#desk.massCancel();
      this.#desk.cancelEach();
    }
    this.#rounds++;
    this.#reduce(result.venueLots);
    this.#ask();
  }

  /** Sends one order for each symbol that has a position and can be priced. */
  #reduce(lots: readonly number[]): void {
    let sent = false;
    for (const [symbolId, held] of lots.entries()) {
      if (held === 0 || Number.isNaN(held)) continue;
      const side: Side = held > 0 ? 'sell' : 'buy';
      const priceTicks = this.#priceTicks(symbolId, side);
      if (Number.isNaN(priceTicks)) continue;
      const quantityLots = Math.abs(held);
      this.#desk.place({ symbolId, side, priceTicks, quantityLots, timeInForce: 'ioc', postOnly: false });
      sent = true;
    }
    if (sent) this.#attempts++;
  }

  #priceTicks(symbolId: number, side: Side): number {
    const touch = this.#options.touchTicks(symbolId, side);
    const wanted = (this.#options.throughTicks ?? 4) * 4 ** this.#attempts;
    const through = Math.min(wanted, Math.ceil(touch * MOST_THROUGH));
    return side === 'buy' ? touch + through : Math.max(1, touch - through);
  }

  #ask(): void {
    this.#desk.requestStatus();
    this.#next?.cancel();
    this.#next = this.#desk.clock.after(this.#answerUs, () => this.#desk.batch(() => this.#askAgain()));
  }

  #askAgain(): void {
    if (this.#done || !this.#desk.sessionUp()) return;
    this.#answerUs *= 2;
    this.#desk.massCancel();
    this.#ask();
  }

  /** The first rounds follow at once; later ones leave the book time to fill again. */
  #pauseUs(): number {
    if (this.#rounds < PATIENT_AFTER_ROUNDS) return 0;
    return Math.min(1000 * 2 ** (this.#rounds - PATIENT_AFTER_ROUNDS), LONGEST_PAUSE_US);
  }

  #finish(outcome: FlattenOutcome['outcome']): void {
    this.#done = true;
    this.#deadline?.cancel();
    this.#next?.cancel();
    const durationUs = this.#desk.clock.nowUs() - this.#startedUs;
    const result: FlattenOutcome = { outcome, durationUs, attempts: this.#attempts };
    this.#record({ event: 'ended', ...result });
    this.#options.onDone(result);
  }

  #record(body: object): void {
    this.#desk.journal.append('flatten', this.#desk.clock.nowUs(), body);
  }
}
