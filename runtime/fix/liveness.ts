import type { Clock, Timer } from '../clock.ts';

/** Share of a heartbeat interval after which silence is suspicious: the interval and a reasonable time on the wire. */
const PATIENCE = 1.2;

export interface LivenessActions {
  /** Nothing was sent for one interval. */
  sendHeartbeat(): void;
  /** Nothing was received for an interval and its slack. */
  askWhetherAlive(): void;
  /** The question left, and nothing came for as long again. */
  giveUp(silentSeconds: number): void;
}

/**
 * The timers of one connection: it is told of traffic and acts on silence. While a question is open nothing else is
 * sent on its own account: the question was a sign of life, and the answer decides. One timer at a time, set for the earliest
 * thing that may fall due, so that traffic costs two assignments and no timer. Once it has acted it waits for the bytes
 * to leave: a simulated clock may leap over days inside one callback, and the peer cannot answer what it has not got.
 */
export class Liveness {
  readonly #clock: Clock;
  readonly #actions: LivenessActions;
  readonly #intervalUs: number;
  readonly #patienceUs: number;
  #sentUs: number;
  #receivedUs: number;
  /** When the question whether the peer is alive left; NaN when none is open. */
  #askedUs = Number.NaN;
  #asking = false;
  /** It has acted, and the bytes have not left yet. */
  #leaving = false;
  #timer: Timer | undefined;

  constructor(clock: Clock, intervalSeconds: number, actions: LivenessActions) {
    this.#clock = clock;
    this.#actions = actions;
    this.#intervalUs = intervalSeconds * 1_000_000;
    this.#patienceUs = Math.ceil(this.#intervalUs * PATIENCE);
    this.#sentUs = clock.nowUs();
    this.#receivedUs = this.#sentUs;
    this.#arm();
  }

  sent(): void {
    this.#sentUs = this.#clock.nowUs();
    this.#leaving = false;
    if (this.#asking && Number.isNaN(this.#askedUs)) this.#askedUs = this.#sentUs;
  }

  received(): void {
    this.#receivedUs = this.#clock.nowUs();
    if (!this.#asking) return;
    this.#asking = false;
    this.#askedUs = Number.NaN;
    // The timer waits for the answer's due time, a heartbeat may be due before.
    this.#timer?.cancel();
    this.#arm();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  get #silenceDueUs(): number {
    return (this.#asking ? this.#askedUs : this.#receivedUs) + this.#patienceUs;
  }

  #arm(): void {
    const nowUs = this.#clock.nowUs();
    const heartbeatDueUs = this.#asking ? Number.POSITIVE_INFINITY : this.#sentUs + this.#intervalUs;
    const dueUs = this.#leaving ? nowUs + this.#intervalUs : Math.min(heartbeatDueUs, this.#silenceDueUs);
    this.#timer = this.#clock.after(Math.max(1, dueUs - nowUs), () => this.#fire());
  }

  #fire(): void {
    const timer = this.#timer;
    const nowUs = this.#clock.nowUs();
    if (nowUs >= this.#silenceDueUs) {
      this.#leaving = true;
      if (this.#asking) this.#actions.giveUp(Math.round((nowUs - this.#receivedUs) / 1_000_000));
      else {
        this.#asking = true;
        this.#actions.askWhetherAlive();
      }
    } else if (!this.#leaving && !this.#asking && nowUs - this.#sentUs >= this.#intervalUs) {
      this.#leaving = true;
      this.#actions.sendHeartbeat();
    }
    if (this.#timer === timer) this.#arm();
  }
}
