import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { DriftWindow } from '../drift/drift-monitor.ts';
import { DISABLE_REASONS, type DisableReason } from '../planner/intent.ts';
import { DENIAL_REASONS, type DenialReason } from '../risk/denial.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import { latencyMetrics } from './latency-metrics.ts';

/** Where time goes between a message and the order that it caused. `decision` is all of it, risk and sending included. */
export const STAGES = ['book', 'features', 'inference', 'planner', 'decision'] as const;
export type Stage = (typeof STAGES)[number];

export const DECISION_KINDS = ['stay', 'post', 'cross', 'reduce'] as const;
const PNL_PARTS = ['cross', 'post', 'hold', 'fees', 'total'] as const;

/** What is true at the moment of a scrape; read then, so that nothing is kept up to date for nobody. */
export interface Readings {
  readonly positionLots: Readonly<Record<string, number>>;
  readonly openOrders: number;
  /** Micro-USD. */
  readonly pnl: Readonly<Record<(typeof PNL_PARTS)[number], number>>;
  /** Why the planner is not trading now; empty when it is. */
  readonly disabled: readonly DisableReason[];
  /** Symbol → its book is live. */
  readonly bookLive: Readonly<Record<string, boolean>>;
  readonly sessionUp: boolean;
  readonly positionKnown: boolean;
  readonly modelWarm: boolean;
}

export interface BuildInfo {
  readonly version: string;
  readonly commit: string;
  readonly mode: string;
  readonly environment: string;
  /** "sha256:…" or "none". */
  readonly policy: string;
  readonly config: string;
}

/** Every metric of the runtime, in a registry of its own. Names end in their unit; counters start at zero. */
export class Metrics {
  readonly registry = new Registry();
  readonly latency: Readonly<Record<Stage, LatencyHistogram>>;
  readonly #decisions: Counter<'kind'>;
  readonly #denials: Counter<'reason'>;
  readonly #disables: Counter<'reason'>;
  readonly #orders: Counter<'action'>;
  readonly #fills: Counter<'symbol' | 'liquidity'>;
  readonly #errors: Counter<'source' | 'kind'>;
  readonly #messages: Counter;
  readonly #signalIndex: Gauge;
  readonly #populationIndex: Gauge<'feature'>;
  readonly #gauges: readonly (() => void)[];

  /** @param build labels of `emp_build_info` @param readings asked at each scrape */
  constructor(build: BuildInfo, readings: () => Readings) {
    const registers = [this.registry];
    this.latency = Object.fromEntries(STAGES.map((stage) => [stage, new LatencyHistogram()])) as Metrics['latency'];
    for (const metric of latencyMetrics(this.latency)) this.registry.registerMetric(metric);
    const counter = <T extends string>(name: string, help: string, labelNames: T[]) =>
      new Counter({ name, help, labelNames, registers });
    this.#decisions = counter('emp_decisions_total', 'Decisions by what the planner wanted', ['kind']);
    this.#denials = counter('emp_denials_total', 'Orders that risk refused', ['reason']);
    this.#disables = counter('emp_disables_total', 'Times the planner disengaged', ['reason']);
    this.#orders = counter('emp_orders_total', 'Requests sent to the venue', ['action']);
    this.#fills = counter('emp_fills_total', 'Executions', ['symbol', 'liquidity']);
    this.#errors = counter('emp_errors_total', 'Input and answers that were refused, by where and why', [
      'source',
      'kind',
    ]);
    this.#messages = counter('emp_market_data_messages_total', 'W and X messages handled', []);
    this.#signalIndex = new Gauge({
      name: 'emp_signal_index_ratio',
      help: 'Predictive Signal Index of the last window: 1 as good as when approved, 0 no signal; NaN before the first',
      registers,
    });
    this.#signalIndex.set(Number.NaN);
    this.#populationIndex = new Gauge({
      name: 'emp_population_index_nats',
      help: 'Population Stability Index of the last window against the reference of the policy',
      labelNames: ['feature'],
      registers,
    });
    for (const kind of DECISION_KINDS) this.#decisions.inc({ kind }, 0);
    for (const reason of DENIAL_REASONS) this.#denials.inc({ reason }, 0);
    for (const reason of DISABLE_REASONS) this.#disables.inc({ reason }, 0);
    this.#gauges = this.#makeGauges(readings);
    const info = new Gauge({
      name: 'emp_build_info',
      help: 'What is running; always 1',
      labelNames: Object.keys(build),
      registers,
    });
    info.set({ ...build }, 1);
  }

  /** Adds memory, CPU, garbage collection and event loop lag of this process. */
  withProcess(): this {
    collectDefaultMetrics({ register: this.registry });
    return this;
  }

  decision(kind: (typeof DECISION_KINDS)[number]): void {
    this.#decisions.inc({ kind });
  }

  denial(reason: DenialReason): void {
    this.#denials.inc({ reason });
  }

  disable(reason: DisableReason): void {
    this.#disables.inc({ reason });
  }

  order(action: 'new' | 'cancel' | 'replace' | 'massCancel'): void {
    this.#orders.inc({ action });
  }

  fill(symbol: string, liquidity: 'maker' | 'taker'): void {
    this.#fills.inc({ symbol, liquidity });
  }

  /** @param source decode, book, venue… @param kind the typed reason, never free text */
  error(source: string, kind: string): void {
    this.#errors.inc({ source, kind });
  }

  marketDataMessage(): void {
    this.#messages.inc();
  }

  /** Indices of a window, against what the policy was approved on. @param features names, in the row's order */
  drift({ signalIndex, populationIndices }: DriftWindow, features: readonly string[]): void {
    this.#signalIndex.set(signalIndex);
    for (const [f, feature] of features.entries())
      this.#populationIndex.set({ feature }, populationIndices[f] ?? Number.NaN);
  }

  /** The exposition format, and its content type. */
  async expose(): Promise<{ readonly contentType: string; readonly text: string }> {
    for (const read of this.#gauges) read();
    return { contentType: this.registry.contentType, text: await this.registry.metrics() };
  }

  #makeGauges(readings: () => Readings): (() => void)[] {
    const gauge = <T extends string>(name: string, help: string, labelNames: T[]) =>
      new Gauge({ name, help, labelNames, registers: [this.registry] });
    const position = gauge('emp_position_lots', 'Position, negative when short', ['symbol']);
    const openOrders = gauge('emp_open_orders', 'Orders that the venue may still execute', []);
    const pnl = gauge('emp_pnl_usd', 'Profit by origin since the start; fees are what was paid', ['part']);
    const disabled = gauge('emp_disabled', '1 while this reason keeps the planner from trading', ['reason']);
    const bookLive = gauge('emp_book_live', '1 while the book equals the venue’s', ['symbol']);
    const sessionUp = gauge('emp_session_up', '1 while logged on', []);
    const positionKnown = gauge('emp_position_known', '1 while the venue agrees with position and orders', []);
    const modelWarm = gauge('emp_model_warm', '1 when forecasts may be used', []);
    return [
      () => {
        const now = readings();
        for (const [symbol, lots] of Object.entries(now.positionLots)) position.set({ symbol }, lots);
        for (const part of PNL_PARTS) pnl.set({ part }, now.pnl[part] / 1e6);
        for (const reason of DISABLE_REASONS) disabled.set({ reason }, now.disabled.includes(reason) ? 1 : 0);
        for (const [symbol, live] of Object.entries(now.bookLive)) bookLive.set({ symbol }, live ? 1 : 0);
        openOrders.set(now.openOrders);
        sessionUp.set(now.sessionUp ? 1 : 0);
        positionKnown.set(now.positionKnown ? 1 : 0);
        modelWarm.set(now.modelWarm ? 1 : 0);
      },
    ];
  }
}
