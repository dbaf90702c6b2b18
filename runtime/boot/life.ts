import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { blockMs, type Clock, SystemClock, sleepMs } from '../clock.ts';
import type { Limits } from '../contract.ts';
import { driftReferenceOf } from '../drift/drift-rule.ts';
import type { FlattenOutcome } from '../execution/flatten.ts';
import { connectTcp } from '../fix/tcp-transport.ts';
import { StepForecaster } from '../inference/step-forecaster.ts';
import { lockFolder } from '../journal/lock.ts';
import { SqliteJournal } from '../journal/sqlite-journal.ts';
import { loadPolicy } from '../policy/load.ts';
import { Random } from '../random.ts';
import { Runtime, type RuntimeObserver } from '../runtime.ts';
import { SnapshotRecorder } from '../snapshot.ts';
import { TaskGroup } from '../tasks/task-group.ts';
import type { HttpServer } from '../telemetry/http-server.ts';
import { LifeRecorder } from '../telemetry/life-record.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Document } from './documents.ts';
import { emit } from './events.ts';
import { LimitsWatch } from './limits-watch.ts';
import { joined } from './observers.ts';
import type { BootOptions } from './options.ts';
import { approvedSlotNow, type Resolved } from './resolve.ts';
import { metricsOf, openWindow } from './window.ts';

const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 2000;

/**
 * One life of the process: opens the journal, keeps a session with the venue, and ends in order.
 *
 * It stops on a signal, after `--stop-after-seconds` of event time, when the venue closes its market, or on the first
 * exception, which no state in memory survives: the journal does, and the next life takes it up.
 */
export class Life {
  readonly #options: BootOptions;
  readonly #resolved: Resolved;
  readonly #clock: Clock = new SystemClock();
  readonly #stopping = new AbortController();
  readonly #stalls: Random;
  #runtime: Runtime | undefined;
  /** Waiting for the session's end. */
  readonly #onDown: (() => void)[] = [];
  #fills = 0;
  #startedUs = Number.NaN;
  #windowTold = false;
  #stopReason: string | undefined;
  #signalled = false;
  #failure: unknown;

  constructor(options: BootOptions, resolved: Resolved) {
    this.#options = options;
    this.#resolved = resolved;
    this.#stalls = Random.of(resolved.config.seed, 'stalls', process.pid);
  }

  /** Somebody asks for an orderly end; who asks twice gives up on being flat. */
  signal(name: string): void {
    if (this.#signalled) this.#runtime?.abandonFlatten();
    this.#signalled = true;
    this.stop(name);
  }

  /** Begins the orderly end, once: its time may come in the step in which the market closes. */
  stop(reason: string): void {
    if (this.#stopReason !== undefined) return;
    this.#stopReason = reason;
    this.#stopping.abort(new Error(reason));
  }

  /** An exception in a callback: nothing in memory can be trusted any more. */
  fail(error: unknown): void {
    this.#failure ??= error;
    if (this.#stopReason !== undefined) this.#runtime?.abandonFlatten();
    this.stop('failure');
  }

  /** @returns the exit code: 0 in order, 1 when positions may not be flat though they should be */
  async run(): Promise<number> {
    const { state } = this.#options;
    mkdirSync(state, { recursive: true });
    const lock = lockFolder(state);
    const journal = new SqliteJournal(path.join(state, 'journal.sqlite'));
    let window: HttpServer | undefined;
    let limits: LimitsWatch | undefined;
    try {
      const runtime = this.#build(journal);
      this.#runtime = runtime.runtime;
      limits = this.#watchLimits(runtime.runtime, runtime.metrics);
      const watch = limits;
      window = await openWindow(this.#resolved.config.http, {
        ...runtime,
        resolved: () => this.#resolvedWith(watch.inForce),
        flatten: (reason) => this.#flatten(`HTTP: ${reason}`),
      });
      const url = `http://${window.host}:${window.port}`;
      emit({ event: 'listening', url, pid: process.pid, slot: this.#resolved.slot, mode: this.#resolved.mode });
      const tasks = new TaskGroup({ signal: this.#stopping.signal });
      tasks.spawn('connection', (signal) => this.#keepConnected(runtime.runtime, signal));
      await tasks.wait();
      if (this.#failure !== undefined) throw this.#failure;
      const outcome = await this.#end(runtime.runtime);
      const { pipeline } = runtime.runtime;
      emit({
        event: 'stopped',
        outcome,
        fills: this.#fills,
        decisions: pipeline.decisions,
        pnl: pipeline.pnl(),
        record: runtime.life.read(),
        decisionDigest: journal.decisionDigest(),
      });
      return outcome === 'unknown' ? 1 : 0;
    } finally {
      limits?.stop();
      await window?.close();
      journal.close();
      lock.release();
    }
  }

  #build(journal: SqliteJournal) {
    const { config, limits, mode, policyDirectory, slot, digests } = this.#resolved;
    const policy = policyDirectory === undefined ? undefined : loadPolicy(policyDirectory);
    const recorder = new SnapshotRecorder({
      mode,
      environment: config.environment,
      policyDigest: policy?.digest ?? null,
      horizons: policy?.manifest.model.horizons ?? [],
      decisionIntervalUs: config.decisionIntervalUs,
      symbols: config.instruments.length,
    });
    const build = {
      version: '0.1.0',
      commit: policy?.manifest.commit ?? 'none',
      mode,
      environment: config.environment,
      policy: policy?.digest ?? 'none',
      config: digests.config,
    };
    const { metrics, observer } = metricsOf(build, () => runtime);
    const index = policy?.manifest.planner.horizon ?? 0;
    const decisions = policy?.manifest.model.horizons[index];
    const life = new LifeRecorder(
      config.instruments.length,
      decisions === undefined ? undefined : { index, decisions },
      config.decisionIntervalUs,
    );
    const runtime: Runtime = new Runtime({
      config,
      limits,
      journal,
      sessionClock: this.#clock,
      policy: policy && {
        forecaster: new StepForecaster(policy, config.instruments.length, {
          provider: config.provider,
          onFallback: (problem) => emit({ event: 'problem', subject: 'provider', problem }),
        }),
        planner: policy.manifest.planner,
        reference: driftReferenceOf(policy.manifest.reference),
      },
      slot,
      boot: {
        environment: config.environment,
        mode,
        policy: policy?.digest ?? null,
        digests,
        seed: config.seed,
        node: process.version,
      },
      observer: joined(recorder.observer, observer, life.observer, this.#teller(life)),
    });
    recorder.watch(runtime);
    life.watch(runtime);
    return { runtime, recorder, metrics, life };
  }

  #watchLimits(runtime: Runtime, metrics: Metrics): LimitsWatch {
    const { limitsFile, limits, digests } = this.#resolved;
    return new LimitsWatch({
      file: limitsFile,
      inForce: { value: limits, digest: digests.limits },
      clock: this.#clock,
      approved: () => void approvedSlotNow(this.#options),
      onChange: ({ value, digest }, changed) => {
        runtime.swapLimits(value, { digest, changed });
        emit({ event: 'limits', digest, changed });
      },
      onRefused: (problem) => {
        metrics.error('limits', 'refused');
        runtime.pipeline.recordError({ limits: problem });
        emit({ event: 'problem', subject: 'limits', problem });
      },
    });
  }

  #resolvedWith(inForce: Document<Limits>): Resolved {
    return {
      ...this.#resolved,
      limits: inForce.value,
      digests: { ...this.#resolved.digests, limits: inForce.digest },
    };
  }

  /** Tells the parent what it needs to know, and watches for the end. */
  #teller(life: LifeRecorder): RuntimeObserver {
    const symbol = (symbolId: number | undefined) =>
      symbolId === undefined ? null : (this.#resolved.config.instruments[symbolId]?.symbol ?? null);
    return {
      onSession: (state, because) => {
        emit({ event: 'session', state, because });
        if (state === 'down') for (const tell of this.#onDown.splice(0)) tell();
      },
      onFill: ({ execId, clOrdId, intentSeq, symbolId, side, quantityLots, priceTicks, timeUs }) => {
        this.#fills++;
        emit({
          event: 'fill',
          execId,
          clOrdId,
          intentSeq,
          symbol: symbol(symbolId) ?? '',
          side,
          lots: quantityLots,
          priceTicks,
          timeUs,
        });
      },
      onReconciled: ({ breaks, venueLots }) => {
        const positions = Object.fromEntries(venueLots.map((lots, symbolId) => [symbol(symbolId), lots]));
        emit({ event: 'reconciled', positions, breaks: breaks.length });
      },
      onDisable: ({ reason, evidence }, symbolId) =>
        emit({ event: 'disable', reason, symbol: symbol(symbolId), because: evidence }),
      onEnable: ({ reason, evidence }, symbolId) =>
        emit({ event: 'enable', reason, symbol: symbol(symbolId), because: evidence }),
      onIntegrity: ({ kind, symbolId }) =>
        emit({ event: 'problem', subject: symbol(symbolId) ?? 'market data', problem: kind }),
      onAnomaly: ({ kind, detail }) => emit({ event: 'problem', subject: 'venue', problem: `${kind}: ${detail}` }),
      onUnexpected: (msgType, text) => emit({ event: 'problem', subject: `message ${msgType}`, problem: text }),
      onDecodeError: ({ kind, text }) =>
        emit({ event: 'problem', subject: 'decoder', problem: `${kind} ${text ?? ''}`.trim() }),
      onStep: (timeUs) => this.#onStep(timeUs, life),
      onClosing: () => this.stop('the venue closed its market'),
    };
  }

  #onStep(timeUs: number, life: LifeRecorder): void {
    const { stallMs, stopAfterSeconds, windowSeconds } = this.#options;
    if (stallMs > 0) blockMs(this.#stalls.float() * stallMs);
    if (Number.isNaN(this.#startedUs)) this.#startedUs = timeUs;
    if (windowSeconds !== undefined && !this.#windowTold && timeUs >= this.#startedUs + windowSeconds * 1e6) {
      this.#windowTold = true;
      emit({ event: 'window', seconds: windowSeconds, record: life.read() });
    }
    if (stopAfterSeconds === undefined || timeUs < this.#startedUs + stopAfterSeconds * 1e6) return;
    // In the step itself, so that the last decision is the same whatever the wall clock does.
    void this.#beginFlatten('the time to stop has come');
    this.stop('the time to stop has come');
  }

  async #keepConnected(runtime: Runtime, signal: AbortSignal): Promise<void> {
    const { host, port, connectTimeoutSeconds: timeoutSeconds } = this.#resolved.config.venue;
    let retryMs = FIRST_RETRY_MS;
    while (!signal.aborted) {
      try {
        const transport = await connectTcp({ host, port, timeoutSeconds, signal });
        await new Promise<void>((ended) => {
          signal.addEventListener('abort', () => ended(), { once: true });
          transport.onClose(() => ended());
          runtime.attach(transport);
        });
        retryMs = FIRST_RETRY_MS;
      } catch (error) {
        if (signal.aborted) return;
        emit({ event: 'problem', subject: `${host}:${port}`, problem: (error as Error).message });
        retryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS);
      }
      await sleepMs(retryMs, signal).catch(() => {});
    }
  }

  async #end(runtime: Runtime): Promise<'flat' | 'unknown' | 'kept'> {
    const { config } = this.#resolved;
    const outcome = config.flattenOnStop ? (await this.#flatten(this.#stopReason ?? 'stop')).outcome : 'kept';
    if (runtime.session.state === 'active') {
      runtime.session.logout('the participant stops');
      for (let waited = 0; waited < 100 && !runtime.disconnected; waited++) await sleepMs(20);
    }
    return outcome;
  }

  #ending: Promise<FlattenOutcome> | undefined;

  #beginFlatten(reason: string): Promise<FlattenOutcome> {
    this.#ending ??= new Promise((resolve) => this.#runtime?.flatten(reason, resolve));
    return this.#ending;
  }

  /**
   * Until the venue confirms. When it is gone, or goes without an answer, as one does whose market is over, what we hold
   * decides; when the wall clock says that no answer will come, the answer is `unknown`.
   */
  async #flatten(reason: string): Promise<FlattenOutcome> {
    const runtime = this.#runtime as Runtime;
    const asWeStand = (): FlattenOutcome => ({
      outcome: runtime.holdsNothing ? 'flat' : 'unknown',
      durationUs: 0,
      attempts: 0,
    });
    if (runtime.session.state !== 'active') return asWeStand();
    const gone = new Promise<FlattenOutcome>((resolve) => this.#onDown.push(() => resolve(asWeStand())));
    const patience = this.#clock.after(this.#resolved.config.flattenTimeoutSeconds * 1e6, () =>
      runtime.abandonFlatten(),
    );
    try {
      return await Promise.race([this.#beginFlatten(reason), gone]);
    } finally {
      patience.cancel();
    }
  }
}
