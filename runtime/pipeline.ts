import { Account } from './account.ts';
import { Attribution, type PnlParts } from './attribution/attribution.ts';
import type { Book } from './book/book.ts';
import { Books } from './book/books.ts';
import type { BookChange } from './book/change.ts';
import type { BookIntegrityError } from './book/integrity.ts';
import type { Clock } from './clock.ts';
import { stopwatchNs } from './clock.ts';
import type { Limits, PlannerParameters } from './contract.ts';
import { DriftMonitor, type DriftWindow } from './drift/drift-monitor.ts';
import { type DriftReference, driftRule } from './drift/drift-rule.ts';
import type { Anomaly } from './execution/anomaly.ts';
import { Execution } from './execution/execution.ts';
import type { Fill } from './execution/fill.ts';
import type { Reconciliation } from './execution/reconcile.ts';
import type { Venue } from './execution/venue.ts';
import { FeatureRows } from './features/rows.ts';
import type { MarketData } from './fix/market-data.ts';
import { Forecast, type Forecaster } from './inference/forecast.ts';
import type { InstrumentTable } from './instrument.ts';
import type { Journal } from './journal/journal.ts';
import { type DisableSpell, Disables } from './planner/disables.ts';
import type { Intent } from './planner/intent.ts';
import { Planner } from './planner/planner.ts';
import { Quoting } from './quoting.ts';
import { recoverMoney } from './recover-money.ts';
import type { Denial } from './risk/denial.ts';
import { haltReason } from './risk/risk.ts';

/** What can be watched; every callback is optional and may not act on the pipeline. */
export interface PipelineObserver {
  /** Raw features of a decision, before the model; `row` is reused. */
  onRow?(symbolId: number, timeUs: number, row: Float32Array): void;
  /** A book changed; `change` is reused. */
  onChange?(symbolId: number, change: BookChange): void;
  onForecast?(symbolId: number, timeUs: number, forecast: Forecast): void;
  onIntent?(intent: Intent, seq: number): void;
  /** The planner wants nothing. */
  onStay?(symbolId: number): void;
  onDenial?(denial: Denial, intent: Intent): void;
  /** A request about an order went to the venue. */
  onRequest?(action: 'new' | 'cancel' | 'replace' | 'massCancel'): void;
  onFill?(fill: Fill): void;
  onDisable?(spell: DisableSpell, symbolId: number | undefined): void;
  onEnable?(spell: DisableSpell, symbolId: number | undefined): void;
  onIntegrity?(error: BookIntegrityError): void;
  onAnomaly?(anomaly: Anomaly): void;
  /** A window of event time was held against what the policy was approved on. */
  onDriftWindow?(window: DriftWindow): void;
  onReconciled?(result: Reconciliation): void;
  /** Nanoseconds of wall time that one stage took: measured only when somebody listens. */
  onStage?(stage: 'book' | 'features' | 'inference' | 'planner' | 'decision', durationNs: number): void;
}

export interface TradedPolicy {
  readonly forecaster: Forecaster;
  readonly planner: PlannerParameters;
  /** What the market was like when it was approved. @default drift is not measured */
  readonly reference?: DriftReference | undefined;
}

export interface PipelineParts {
  readonly instruments: InstrumentTable;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly venue: Venue;
  readonly limits: Limits;
  readonly depthLevels: number;
  readonly decisionIntervalUs: number;
  /** What to trade; undefined: watch only. */
  readonly policy: TradedPolicy | undefined;
  /** Decisions per symbol before the first order may go out. */
  readonly warmupDecisions: number;
  readonly observer?: PipelineObserver;
  /** A book needs a new snapshot. */
  requestSnapshot(symbolId: number): void;
}

/**
 * The whole path of a tick: book → features → inference → planner → risk → execution, synchronous, inside the callback
 * of the message that caused it. Backtests, gates, paper and live run this class; only clock, venue and journal differ.
 *
 * A symbol decides on the first message at or after each multiple of the decision interval of event time.
 */
export class Pipeline {
  readonly books: Books;
  readonly attribution: Attribution;
  readonly execution: Execution;
  readonly account: Account;
  /** Reasons that stop every symbol. */
  readonly disables: Disables;
  decisions = 0;
  readonly #parts: PipelineParts;
  readonly #symbolDisables: readonly Disables[];
  readonly #features: FeatureRows;
  readonly #planner: Planner | undefined;
  readonly #quoting: Quoting;
  readonly #forecast: Forecast;
  readonly #drift: DriftMonitor | undefined;
  readonly #nextDecisionUs: Float64Array;
  readonly #decided: Uint32Array;
  readonly #held: Uint32Array;
  readonly #heldSign: Int8Array;
  #markedEquityMicroUsd = 0;

  constructor(parts: PipelineParts) {
    const symbols = parts.instruments.list.length;
    this.#parts = parts;
    this.books = new Books(parts.instruments, parts.depthLevels);
    this.attribution = new Attribution(parts.instruments);
    this.execution = new Execution({
      venue: parts.venue,
      journal: parts.journal,
      clock: parts.clock,
      instruments: parts.instruments,
      midHalfTicks: (symbolId) => this.books.of(symbolId).others.midHalfTicks(),
      onFill: (fill) => this.#onFill(fill),
      onResting: (symbolId, side, priceTicks, lots) => this.books.of(symbolId).setOwnLots(side, priceTicks, lots),
      onReconciled: (result) => this.#onReconciled(result),
      onRequest: (action) => parts.observer?.onRequest?.(action),
      onAnomaly: (anomaly) => {
        if (!this.execution.positionKnown) this.#distrust(`${anomaly.kind}: ${anomaly.detail}`);
        parts.observer?.onAnomaly?.(anomaly);
      },
    });
    this.account = new Account({
      clock: parts.clock,
      limits: parts.limits,
      instruments: parts.instruments,
      books: this.books,
      execution: this.execution,
      attribution: this.attribution,
    });
    this.disables = this.#newDisables(undefined);
    this.#symbolDisables = parts.instruments.list.map((_, symbolId) => this.#newDisables(symbolId));
    this.#features = new FeatureRows(symbols);
    this.#planner = parts.policy && new Planner(parts.policy.planner);
    this.#quoting = new Quoting(this.execution, this.account);
    this.#forecast = new Forecast(parts.policy?.forecaster.horizons.length ?? 1);
    this.#drift = this.#newDriftMonitor();
    this.#nextDecisionUs = new Float64Array(symbols);
    this.#decided = new Uint32Array(symbols);
    this.#held = new Uint32Array(symbols);
    this.#heldSign = new Int8Array(symbols);
  }

  /**
   * Takes up what the journal remembers and opens its account of this run; nothing trades until the venue's positions
   * agree. Once, before the session is attached.
   */
  start(boot: { readonly slot: string }): void {
    this.execution.recover();
    const halted = recoverMoney(
      this.#parts.journal,
      this.#parts.instruments,
      this.attribution,
      this.account,
      boot.slot,
    );
    const timeUs = this.#parts.clock.nowUs();
    this.#parts.journal.transaction(() => {
      this.#record('boot', boot);
      if (halted !== undefined) this.disables.disable('RISK_HALT', timeUs, halted);
      this.disables.disable('SESSION_DOWN', timeUs, 'not logged on yet');
      if (this.#parts.policy === undefined) this.disables.disable('NO_POLICY', timeUs, 'the slot approves no policy');
      this.disables.disable('RECONCILING', timeUs, 'positions not yet compared with the venue');
      for (const disables of this.#symbolDisables) {
        disables.disable('WARMUP', timeUs, `${this.#parts.warmupDecisions} decisions to come`);
      }
    });
  }

  /** The session is up: positions and orders are asked for and compared before anything trades. */
  onSessionUp(): void {
    this.disables.enable('SESSION_DOWN', this.#parts.clock.nowUs(), 'logged on');
    this.execution.onSessionUp();
  }

  onSessionDown(reason: string): void {
    this.execution.onSessionDown();
    this.disables.disable('SESSION_DOWN', this.#parts.clock.nowUs(), reason);
    this.#distrust('positions not yet compared with the venue');
    this.books.markAllStale('the session went down');
  }

  /**
   * Limits that hold from the next check on. What rests was allowed by the old ones, so it is withdrawn: the next
   * decision places again what the new ones allow.
   * @param evidence for the journal: which document, and what it changed
   */
  swapLimits(limits: Limits, evidence: object): void {
    this.account.limits = limits;
    this.#record('limits', { ...evidence, limits });
    if (!this.execution.positionKnown) return;
    for (const symbolId of this.#parts.instruments.list.keys()) this.#quoting.withdraw(symbolId);
  }

  #onReconciled(result: Reconciliation): void {
    const timeUs = this.#parts.clock.nowUs();
    if (result.breaks.length > 0) this.#distrust(result.breaks.map((found) => JSON.stringify(found)).join(', '));
    else this.disables.enable('RECONCILING', timeUs, 'positions and orders agree with the venue');
    this.#parts.observer?.onReconciled?.(result);
  }

  #distrust(evidence: string): void {
    this.disables.disable('RECONCILING', this.#parts.clock.nowUs(), evidence);
  }

  onMarketData(message: MarketData): void {
    const observer = this.#parts.observer;
    if (observer?.onStage === undefined) {
      this.books.onMarketData(message, this);
      return;
    }
    const beganNs = stopwatchNs();
    this.books.onMarketData(message, this);
    observer.onStage('book', stopwatchNs() - beganNs);
  }

  /** Called by `books` once per symbol that a message touched. */
  onChange(book: Book, change: BookChange): void {
    const { symbolId, timeUs } = change;
    this.attribution.onMid(symbolId, book.others.midHalfTicks());
    this.#features.onChange(book, change);
    this.#parts.observer?.onChange?.(symbolId, change);
    const disables = this.#symbolDisables[symbolId] as Disables;
    if (change.snapshot) disables.enable('FEED_STALE', timeUs, 'a snapshot replaced the book');
    if (timeUs < this.#nextDecisionUs[symbolId]) return;
    const interval = this.#parts.decisionIntervalUs;
    this.#nextDecisionUs[symbolId] = (Math.floor(timeUs / interval) + 1) * interval;
    this.#decide(book, timeUs, disables);
  }

  onIntegrity(error: BookIntegrityError): void {
    const disables = this.#symbolDisables[error.symbolId];
    disables?.disable('FEED_STALE', this.#parts.clock.nowUs(), `${error.kind} at message ${error.seqNum}`);
    this.#parts.observer?.onIntegrity?.(error);
    if (disables !== undefined && this.books.needsSnapshot(error.symbolId)) {
      this.#quoting.withdraw(error.symbolId);
      this.#parts.requestSnapshot(error.symbolId);
    }
  }

  #decide(book: Book, timeUs: number, disables: Disables): void {
    const { policy, observer, journal } = this.#parts;
    const symbolId = book.symbolId;
    const row = this.#features.row(symbolId);
    observer?.onRow?.(symbolId, timeUs, row);
    this.decisions++;
    this.#markEquity(timeUs);
    if (policy === undefined || this.#planner === undefined) return;

    const beganNs = observer?.onStage === undefined ? 0 : stopwatchNs();
    policy.forecaster.step(symbolId, row, this.#forecast);
    observer?.onStage?.('inference', stopwatchNs() - beganNs);
    journal.append('forecast', timeUs, {
      symbol: this.#parts.instruments.of(symbolId).symbol,
      mean: this.#forecast.mean,
      logScale: this.#forecast.logScale,
    });
    observer?.onForecast?.(symbolId, timeUs, this.#forecast);
    if (this.#drift !== undefined) {
      const { horizon } = this.#planner.parameters;
      const horizonUs = (policy.forecaster.horizons[horizon] as number) * this.#parts.decisionIntervalUs;
      const unitTicks = this.#features.volatilityTicks(symbolId, horizonUs);
      const midTicks = book.others.midHalfTicks() / 2;
      this.#drift.onDecision(symbolId, timeUs, row, this.#forecast.mean[horizon] as number, midTicks, unitTicks);
    }

    this.#decided[symbolId]++;
    if (this.#decided[symbolId] === this.#parts.warmupDecisions)
      disables.enable('WARMUP', timeUs, 'the model has warmed up');
    this.#countHeld(symbolId);
    this.#checkForecast(timeUs);
    if (book.crossed) disables.disable('BOOK_CROSSED', timeUs, 'best bid at or above best offer');
    else disables.enable('BOOK_CROSSED', timeUs, 'the book uncrossed');
    if (!this.disables.trading || !disables.trading) {
      this.#quoting.withdraw(symbolId);
      return;
    }

    const horizonUs =
      (policy.forecaster.horizons[this.#planner.parameters.horizon] as number) * this.#parts.decisionIntervalUs;
    const intent = this.#planner.plan({
      symbolId,
      instrument: this.#parts.instruments.of(symbolId),
      book: book.others,
      forecast: this.#forecast,
      volatilityTicks: this.#features.volatilityTicks(symbolId, horizonUs),
      horizonUs,
      positionLots: this.execution.positionLots(symbolId),
      heldDecisions: this.#held[symbolId],
    });
    if (intent === undefined) {
      this.#quoting.withdraw(symbolId);
      observer?.onStay?.(symbolId);
    } else this.#pursue(intent, timeUs);
    observer?.onStage?.('decision', stopwatchNs() - beganNs);
  }

  #pursue(intent: Intent, timeUs: number): void {
    const { journal, observer } = this.#parts;
    const step = this.#quoting.next(intent);
    if (step.kind === 'wait') return;
    if (step.kind === 'cancel') {
      this.execution.cancel(step.clOrdId);
      return;
    }
    const seq = journal.append('intent', timeUs, intent);
    observer?.onIntent?.(intent, seq);
    if (step.kind === 'denied') {
      journal.append('denial', timeUs, { intentSeq: seq, ...step.denial });
      observer?.onDenial?.(step.denial, intent);
      this.#quoting.withdraw(intent.symbolId);
      return;
    }
    if (step.kind === 'place') this.execution.place(seq, step.order);
    else this.execution.replace(step.clOrdId, intent.priceTicks, step.quantityLots);
  }

  #onFill(fill: Fill): void {
    this.attribution.onFill(fill);
    this.#parts.observer?.onFill?.(fill);
    this.#checkHalt(this.#parts.clock.nowUs());
  }

  #markEquity(timeUs: number): void {
    this.account.mark();
    this.#checkHalt(timeUs);
    const equity = this.account.equityMicroUsd;
    const step = this.account.limits.maxDrawdownUsd * 1e4;
    if (Math.abs(equity - this.#markedEquityMicroUsd) < step) return;
    this.#markedEquityMicroUsd = equity;
    this.#record('mark', { equityMicroUsd: equity, ...this.account.state() });
  }

  #checkHalt(timeUs: number): void {
    const denial = haltReason(this.account);
    if (denial !== undefined)
      this.disables.disable('RISK_HALT', timeUs, `${denial.reason}: ${denial.actual} of ${denial.limit} micro-USD`);
  }

  #checkForecast(timeUs: number): void {
    let largest = 0;
    for (const mean of this.#forecast.mean)
      largest = Number.isNaN(mean) ? Number.NaN : Math.max(largest, Math.abs(mean));
    this.account.forecastSigmas = largest;
    if (largest <= this.account.limits.maxForecastSigmas)
      this.disables.enable('MODEL_INSANE', timeUs, 'forecasts are sane again');
    else this.disables.disable('MODEL_INSANE', timeUs, `a forecast of ${largest} volatility units`);
  }

  #countHeld(symbolId: number): void {
    const sign = Math.sign(this.execution.positionLots(symbolId));
    this.#held[symbolId] = sign !== 0 && sign === this.#heldSign[symbolId] ? this.#held[symbolId] + 1 : 0;
    this.#heldSign[symbolId] = sign;
  }

  /** Profit so far, by origin. */
  pnl(): PnlParts {
    return this.attribution.parts();
  }

  /** Something went wrong that is nobody's outcome: it stands in the journal. */
  recordError(body: object): void {
    this.#record('error', body);
  }

  /** One volatility unit over `horizonUs`, in ticks. */
  volatilityTicks(symbolId: number, horizonUs: number): number {
    return this.#features.volatilityTicks(symbolId, horizonUs);
  }

  symbolDisables(symbolId: number): Disables {
    return this.#symbolDisables[symbolId] as Disables;
  }

  #newDriftMonitor(): DriftMonitor | undefined {
    const { policy, instruments, observer } = this.#parts;
    if (policy?.reference === undefined) return undefined;
    const horizon = policy.forecaster.horizons[policy.planner.horizon] as number;
    const symbols = instruments.list.length;
    return new DriftMonitor(policy.reference, driftRule, FeatureRows.names, symbols, horizon, (window) => {
      const timeUs = this.#parts.clock.nowUs();
      if (window.drift !== undefined) this.disables.disable('REGIME_DRIFT', timeUs, window.drift);
      else this.disables.enable('REGIME_DRIFT', timeUs, 'a window as the policy was approved on');
      observer?.onDriftWindow?.(window);
    });
  }

  #newDisables(symbolId: number | undefined): Disables {
    const symbol = symbolId === undefined ? null : this.#parts.instruments.of(symbolId).symbol;
    return new Disables({
      onDisable: (spell) => {
        this.#record('disable', { symbol, reason: spell.reason, evidence: spell.evidence });
        this.#parts.observer?.onDisable?.(spell, symbolId);
      },
      onEnable: (spell, _timeUs, because) => {
        this.#record('enable', { symbol, reason: spell.reason, because });
        this.#parts.observer?.onEnable?.(spell, symbolId);
      },
    });
  }

  #record(kind: 'boot' | 'limits' | 'disable' | 'enable' | 'mark' | 'error', body: object): void {
    this.#parts.journal.transaction(() => this.#parts.journal.append(kind, this.#parts.clock.nowUs(), body));
  }
}
