import { type Clock, SimulatedClock } from './clock.ts';
import type { Limits, RuntimeConfig } from './contract.ts';
import { FixVenue } from './execution/fix-venue.ts';
import type { FlattenOutcome } from './execution/flatten.ts';
import type { MarketData } from './fix/market-data.ts';
import type { DecodeError, FieldReader } from './fix/message.ts';
import { Session } from './fix/session.ts';
import type { SessionHandler } from './fix/session-handler.ts';
import { writeMarketDataRequest } from './fix/subscription-messages.ts';
import type { Transport } from './fix/transport.ts';
import { InstrumentTable } from './instrument.ts';
import type { Journal } from './journal/journal.ts';
import { Pipeline, type PipelineObserver, type TradedPolicy } from './pipeline.ts';

/** TradSesStatus (340) of a market that is over and still takes orders. */
const PRE_CLOSE = 5;
/** Half a second of event time: a step of the venue and its latency, with room. */
const FLATTEN_ANSWER_US = 500_000;

export interface RuntimeParts {
  readonly config: RuntimeConfig;
  readonly limits: Limits;
  readonly journal: Journal;
  /** Heartbeats and the peer's silence: wall time over TCP, event time in a backtest. */
  readonly sessionClock: Clock | 'event';
  /** Event time to begin at. @default that of the journal's latest record */
  readonly startUs?: number;
  readonly policy: TradedPolicy | undefined;
  /** What this process may trade, named for the journal's boot record. */
  readonly slot: string;
  readonly boot?: object;
  /** Decisions per symbol before the first order. @default 64 */
  readonly warmupDecisions?: number;
  readonly observer?: RuntimeObserver;
}

export interface RuntimeObserver extends PipelineObserver {
  onSession?(state: 'up' | 'down', reason: string): void;
  /** The venue's step is over: everything that we want to do about it has been sent. */
  onStep?(timeUs: number): void;
  /** The venue's market is over. */
  onClosing?(): void;
  /** W or X, before it is handled. */
  onMessage?(): void;
  onDecodeError?(error: DecodeError): void;
  /** The venue sent something that is no answer to anything of ours. */
  onUnexpected?(msgType: string, text: string): void;
}

/**
 * One participant: a FIX session, the pipeline behind it, and the acts that end trading. The process (`main.ts`) and
 * the backtest (`backtest.ts`) differ only in transport, journal and clock.
 *
 * Decisions, orders and their journal read event time, which the venue's own messages move.
 */
export class Runtime implements SessionHandler {
  readonly instruments: InstrumentTable;
  readonly pipeline: Pipeline;
  readonly session: Session;
  readonly eventClock: SimulatedClock;
  readonly #parts: RuntimeParts;
  readonly #venue: FixVenue;
  #subscriptions = 0;
  #flattenWanted: string | undefined;
  #abandon: (() => void) | undefined;
  #onFlattened: ((outcome: FlattenOutcome) => void)[] = [];

  constructor(parts: RuntimeParts) {
    const { config, journal, policy } = parts;
    this.#parts = parts;
    this.instruments = new InstrumentTable(config.instruments);
    this.eventClock = new SimulatedClock(parts.startUs ?? lastTimeUs(journal));
    this.session = new Session(
      {
        role: 'initiator',
        beginString: 'FIX.4.4',
        senderCompId: config.venue.senderCompId,
        targetCompId: config.venue.targetCompId,
        heartbeatSeconds: config.venue.heartbeatSeconds,
        store: journal,
        clock: parts.sessionClock === 'event' ? this.eventClock : parts.sessionClock,
        instruments: this.instruments,
        // An order that is old by a reconnect is not sent again: it is gap-filled, and reconciliation says what became of it.
        replayable: () => false,
      },
      this,
    );
    this.#venue = new FixVenue(this.session, this.instruments, this.eventClock);
    this.pipeline = new Pipeline({
      instruments: this.instruments,
      clock: this.eventClock,
      journal,
      venue: this.#venue,
      limits: parts.limits,
      depthLevels: config.marketDepthLevels,
      decisionIntervalUs: config.decisionIntervalUs,
      policy,
      warmupDecisions: parts.warmupDecisions ?? 64,
      observer: {
        ...parts.observer,
        onDisable: (spell, symbolId) => {
          if (spell.reason === 'RISK_HALT') this.#flattenWanted = `risk: ${spell.evidence}`;
          parts.observer?.onDisable?.(spell, symbolId);
        },
      },
      requestSnapshot: () => this.#subscribe(),
    });
    this.pipeline.start({ ...parts.boot, slot: parts.slot });
  }

  attach(transport: Transport): void {
    this.session.attach(transport);
  }

  /**
   * Stops trading for good and takes every position to zero.
   * @param reason for the journal: signal, HTTP, risk, market close
   */
  flatten(reason: string, onDone: (outcome: FlattenOutcome) => void): void {
    this.#onFlattened.push(onDone);
    this.session.batch(() => this.#flatten(reason));
  }

  /** Swaps the limits between two messages. @param evidence for the journal */
  swapLimits(limits: Limits, evidence: object): void {
    this.session.batch(() => this.pipeline.swapLimits(limits, evidence));
  }

  /** No position and no open order, as far as we know. */
  get holdsNothing(): boolean {
    const { execution } = this.pipeline;
    return execution.openOrders === 0 && this.instruments.list.every((_, id) => execution.positionLots(id) === 0);
  }

  get disconnected(): boolean {
    return this.session.state === 'disconnected';
  }

  /** Gives up waiting for the venue: the outcome is `unknown`. */
  abandonFlatten(): void {
    this.#abandon?.();
  }

  #flatten(reason: string): void {
    const { execution, disables, books } = this.pipeline;
    disables.disable('MANUAL', this.eventClock.nowUs(), reason);
    const flatten = execution.flatten({
      reason,
      deadlineUs: this.#parts.config.flattenTimeoutSeconds * 1e6,
      answerUs: FLATTEN_ANSWER_US,
      touchTicks: (symbolId, side) => {
        const { others } = books.of(symbolId);
        if (side === 'buy') return others.askCount > 0 ? others.askPriceTicks(0) : Number.NaN;
        return others.bidCount > 0 ? others.bidPriceTicks(0) : Number.NaN;
      },
      onDone: (outcome) => {
        this.#abandon = undefined;
        const waiting = this.#onFlattened;
        this.#onFlattened = [];
        for (const tell of waiting) tell(outcome);
      },
    });
    if (execution.flattening) this.#abandon = () => flatten.abandon();
  }

  onLogon(timeUs: number): void {
    // Before anything is asked: a patience counted from the epoch would run out a hundred million times on the first message.
    this.eventClock.advanceTo(timeUs);
    this.pipeline.onSessionUp();
    this.#subscribe();
    this.#parts.observer?.onSession?.('up', 'logged on');
  }

  onLogout(reason: string): void {
    this.pipeline.onSessionDown(reason);
    this.#parts.observer?.onSession?.('down', reason);
  }

  onMarketData(message: MarketData): void {
    this.#parts.observer?.onMessage?.();
    this.eventClock.advanceTo(message.timeUs);
    this.pipeline.onMarketData(message);
    this.#flattenIfWanted();
  }

  onMessage(message: FieldReader): void {
    this.eventClock.advanceTo(message.timeUs);
    if (message.msgType === 'h') this.#onTradingSessionStatus(message);
    else if (!this.#venue.read(message, this.pipeline.execution)) this.#onUnexpected(message);
    this.#flattenIfWanted();
  }

  onTestRequest(_id: string): void {
    this.#flattenIfWanted();
    this.#parts.observer?.onStep?.(this.eventClock.nowUs());
  }

  onHeartbeat(_id: string): void {}

  onGap(from: number, to: number): void {
    this.pipeline.books.markAllStale(`messages ${from} to ${to} were lost`);
    this.#subscribe();
  }

  onDecodeError(error: DecodeError): void {
    this.pipeline.recordError({ decode: error });
    this.#parts.observer?.onDecodeError?.(error);
  }

  /** A refused subscription (Y), or a message that we have no use for: told, never ignored. */
  #onUnexpected(message: FieldReader): void {
    const text = message.text(58) ?? 'no text';
    this.#parts.observer?.onUnexpected?.(message.msgType, text);
    this.pipeline.recordError({ msgType: message.msgType, text });
  }

  #onTradingSessionStatus(message: FieldReader): void {
    if (message.integer(340) !== PRE_CLOSE) return;
    this.#flattenWanted = 'the market closes';
    this.#parts.observer?.onClosing?.();
  }

  #flattenIfWanted(): void {
    if (this.#flattenWanted === undefined) return;
    const reason = this.#flattenWanted;
    this.#flattenWanted = undefined;
    this.#flatten(reason);
  }

  /** Asks for snapshots and updates of every symbol; the answer replaces every book. */
  #subscribe(): void {
    this.session.send('V', (body) =>
      writeMarketDataRequest(body, {
        requestId: `MD-${++this.#subscriptions}`,
        subscription: 'subscribe',
        depth: this.#parts.config.marketDepthLevels,
        symbols: this.instruments.list.map(({ symbol }) => symbol),
      }),
    );
  }
}

function lastTimeUs(journal: Journal): number {
  let timeUs = 0;
  for (const record of journal.records()) timeUs = Math.max(timeUs, record.timeUs);
  return timeUs;
}
