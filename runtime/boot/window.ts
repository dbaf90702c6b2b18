import type { RuntimeConfig } from '../contract.ts';
import { FeatureRows } from '../features/rows.ts';
import type { DisableReason } from '../planner/intent.ts';
import type { Runtime, RuntimeObserver } from '../runtime.ts';
import type { SnapshotRecorder } from '../snapshot.ts';
import type { Condition, HttpServer } from '../telemetry/http-server.ts';
import { listenHttp } from '../telemetry/http-server.ts';
import type { LifeRecorder } from '../telemetry/life-record.ts';
import { type BuildInfo, Metrics, type Readings } from '../telemetry/metrics.ts';
import type { Resolved } from './resolve.ts';

/** Metrics of a runtime: an observer that counts, and readings taken at each scrape. */
export function metricsOf(build: BuildInfo, watched: () => Runtime): { metrics: Metrics; observer: RuntimeObserver } {
  const metrics = new Metrics(build, () => readingsOf(watched())).withProcess();
  const symbol = (symbolId: number) => watched().instruments.of(symbolId).symbol;
  return {
    metrics,
    observer: {
      onStage: (stage, durationNs) => metrics.latency[stage].record(durationNs),
      onIntent: ({ kind }) => metrics.decision(kind),
      onDriftWindow: (window) => metrics.drift(window, FeatureRows.names),
      onStay: () => metrics.decision('stay'),
      onDenial: ({ reason }) => metrics.denial(reason),
      onRequest: (action) => metrics.order(action),
      onFill: (fill) => metrics.fill(symbol(fill.symbolId), fill.liquidity),
      onDisable: ({ reason }) => metrics.disable(reason),
      onIntegrity: ({ kind }) => metrics.error('book', kind),
      onAnomaly: ({ kind }) => metrics.error('venue', kind),
      onDecodeError: ({ kind }) => metrics.error('decode', kind),
      onMessage: () => metrics.marketDataMessage(),
    },
  };
}

function readingsOf({ pipeline, instruments, session }: Runtime): Readings {
  const bySymbol = <T>(read: (symbolId: number) => T) =>
    Object.fromEntries(instruments.list.map((instrument, symbolId) => [instrument.symbol, read(symbolId)]));
  return {
    positionLots: bySymbol((symbolId) => pipeline.execution.positionLots(symbolId)),
    openOrders: pipeline.execution.openOrders,
    pnl: pipeline.pnl(),
    disabled: disabledReasons({ pipeline, instruments }),
    bookLive: bySymbol((symbolId) => pipeline.books.of(symbolId).status === 'live'),
    sessionUp: session.state === 'active',
    positionKnown: pipeline.execution.positionKnown,
    modelWarm: !disabledReasons({ pipeline, instruments }).includes('WARMUP'),
  };
}

function disabledReasons({ pipeline, instruments }: Pick<Runtime, 'pipeline' | 'instruments'>): DisableReason[] {
  const spells = [pipeline.disables, ...instruments.list.map((_, symbolId) => pipeline.symbolDisables(symbolId))];
  return [...new Set(spells.flatMap((disables) => disables.active.map(({ reason }) => reason)))];
}

/** The runtime's HTTP window: loopback unless the configuration says otherwise. */
export function openWindow(
  { host, port }: RuntimeConfig['http'],
  parts: {
    readonly runtime: Runtime;
    readonly metrics: Metrics;
    readonly recorder: SnapshotRecorder;
    readonly life: LifeRecorder;
    /** As it is now: limits are swapped while it runs. */
    resolved(): Resolved;
    flatten(reason: string): Promise<{ outcome: 'flat' | 'unknown' }>;
  },
): Promise<HttpServer> {
  const { runtime, metrics, recorder, life, resolved } = parts;
  return listenHttp({
    host,
    port,
    sources: {
      metrics: () => metrics.expose(),
      health: () => ({ ok: true, because: [] }),
      readiness: () => readiness(runtime),
      audit: () => ({
        schema: 'emp/audit/v1',
        ...recorder.snapshot(),
        record: life.read(),
        execution: runtime.pipeline.execution.state(),
        resolved: resolved(),
      }),
      snapshot: () => recorder.snapshot(),
      flatten: parts.flatten,
    },
  });
}

function readiness(runtime: Runtime): Condition {
  const because = disabledReasons(runtime).map((reason) => `disabled: ${reason}`);
  return { ok: because.length === 0, because };
}
