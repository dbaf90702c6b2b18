import { existsSync } from 'node:fs';
import path from 'node:path';
import { sleepMs } from '../../runtime/clock.ts';
import type { LifeRecord } from '../../runtime/telemetry/life-record.ts';
import type { DesiredRuntime } from '../environment/deployment.ts';
import { trustPathOf } from '../environment/trust.ts';
import { journalFile } from '../state/stored-journal.ts';
import { Child, ChildFailure, type JsonLine } from './child.ts';
import { ENVIRONMENT } from './environment.ts';
import { lastSeq } from './regression.ts';
import type { Teller } from './tell.ts';

const checkout = path.resolve(import.meta.dirname, '../..');
const VENUE = path.join(checkout, 'runtime/venue/venue-main.ts');
const RUNTIME = path.join(checkout, 'runtime/main.ts');
/** Restarts of a runtime that died, in a row, before it is given up; a fill or a minute in between counts as life. */
const RESTARTS = 30;

export type Deployed = DesiredRuntime & { readonly ok: true };

export interface TradingOptions {
  readonly state: string;
  readonly venueArgs: readonly string[];
  readonly speed: number | 'max';
  readonly stallMs: number;
  readonly teller: Teller;
  /** Address of a runtime's HTTP window, each time one starts. */
  onWindow(url: string): void;
}

/** Event time after which the runtime stops by itself, or only says that so much has passed. */
export interface Bounds {
  readonly stopAfterSeconds?: number;
  readonly windowSeconds?: number;
}

/** The venue's process and the runtime's, and which slot the latter trades. */
export class Trading {
  readonly #options: TradingOptions;
  #venue: Child | undefined;
  #venuePort = 0;
  #runtime: Child | undefined;
  /** Before it listens, a runtime cannot be asked to end in order. */
  #listening = false;
  #deployed: Deployed | undefined;
  #stopping = false;
  #supervision: Promise<void> = Promise.resolve();
  #failure: ChildFailure | undefined;
  readonly #over = new AbortController();
  /** Latest `stopped` line of a runtime. */
  last: JsonLine | undefined;
  /** What the slot's latest runtime told of its life, at the end of its window or of itself. */
  record: LifeRecord | undefined;
  fills = 0;
  /** The runtime has traded for its window. */
  onWindow: () => void = () => {};

  constructor(options: TradingOptions) {
    this.#options = options;
  }

  get journalFile(): string {
    return journalFile(this.#options.state);
  }

  /** Aborted when the recorded market has come to its end: there is nothing to trade after it. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  async openVenue(): Promise<void> {
    const { state, venueArgs, speed, stallMs, teller } = this.#options;
    const args = [
      ...venueArgs,
      '--state',
      path.join(state, 'venue.sqlite'),
      '--speed',
      String(speed),
      '--stall-ms',
      String(stallMs),
      '--json',
    ];
    const venue = new Child('venue', VENUE, args, (line) => {
      if (line.event === 'end') this.#over.abort(new Error('the recorded market is over'));
      teller.tell({ ...line, event: `venue.${line.event}` });
    });
    this.#venue = venue;
    const { port } = await venue.next('listening');
    this.#venuePort = port as number;
    void venue.ended.then((ended) => {
      if (this.over.aborted && this.#listening) this.#runtime?.stop();
      if (!this.#stopping && ended.code !== 0) this.#failure = new ChildFailure('venue', ended);
    });
  }

  /**
   * Trades a slot until it is stopped or another takes its place; a runtime that dies is started again.
   * @returns the journal's length before it began
   */
  async trade(deployed: Deployed, bounds: Bounds): Promise<number> {
    await this.stopRuntime();
    const after = existsSync(this.journalFile) ? lastSeq(this.journalFile) : 0;
    this.#deployed = deployed;
    this.record = undefined;
    this.#stopping = false;
    const child = await this.#start(deployed, bounds);
    this.#supervision = this.#supervise(child, deployed, bounds);
    return after;
  }

  /** Until the runtime has stopped by itself. */
  async finished(): Promise<void> {
    await this.#supervision;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Flattens, ends the runtime in order; the venue stays. */
  async stopRuntime(): Promise<void> {
    this.#stopping = true;
    this.#runtime?.stop();
    await this.#supervision;
  }

  async close(): Promise<void> {
    await this.stopRuntime();
    this.#venue?.stop();
    await this.#venue?.ended;
  }

  /** A second Ctrl-C: no more waiting for anybody. */
  kill(): void {
    this.#runtime?.kill();
    this.#venue?.kill();
  }

  async #start(deployed: Deployed, bounds: Bounds): Promise<Child> {
    const { state, stallMs } = this.#options;
    const args = [
      '--paper-mode',
      '--deployment',
      deployed.directory,
      '--environment',
      ENVIRONMENT,
      '--trust',
      trustPathOf(state),
    ];
    if (deployed.slot !== null) args.push('--image', deployed.slot.image);
    args.push('--state', path.join(state, 'runtime'), '--venue-port', String(this.#venuePort), '--http-port', '0');
    const { stopAfterSeconds, windowSeconds } = bounds;
    if (stopAfterSeconds !== undefined) args.push('--stop-after-seconds', String(stopAfterSeconds));
    if (windowSeconds !== undefined) args.push('--window-seconds', String(windowSeconds));
    if (stallMs > 0) args.push('--stall-ms', String(stallMs));
    const child = new Child('runtime', RUNTIME, args, (line) => this.#onLine(line));
    this.#runtime = child;
    this.#listening = false;
    const { url } = await child.next('listening');
    this.#options.onWindow(url as string);
    this.#listening = true;
    // The venue may have gone before there was a runtime to tell.
    if (this.over.aborted) child.stop();
    return child;
  }

  async #supervise(first: Child, deployed: Deployed, bounds: Bounds): Promise<void> {
    let child = first;
    for (let restarts = 0; ; restarts++) {
      const ended = await child.ended;
      if (this.#stopping || ended.code === 0 || deployed !== this.#deployed) return;
      if (this.over.aborted) {
        // Our own signal may meet a runtime that has ended in order and no longer listens to any.
        if (ended.signal === 'SIGTERM') return;
        this.#failure = new ChildFailure('runtime', ended);
        return;
      }
      if (ended.code === 2 || restarts === RESTARTS) {
        this.#failure = new ChildFailure('runtime', ended);
        return;
      }
      const how = ended.signal ?? `code ${ended.code}`;
      this.#options.teller.tell(
        { event: 'restarted', how, complaint: ended.complaint },
        `the runtime died (${how}); it is started again and reconciles`,
      );
      await sleepMs(Math.min(1000, 20 * 2 ** restarts));
      if (this.#stopping) return;
      try {
        child = await this.#start(deployed, bounds);
      } catch (error) {
        // One that is told to stop while it boots ends without a word.
        if (!this.#stopping) this.#failure = error as ChildFailure;
        return;
      }
    }
  }

  #onLine(line: JsonLine): void {
    const { teller } = this.#options;
    if (line.event === 'stopped') this.last = line;
    if (line.event === 'stopped' || line.event === 'window') this.record = line['record'] as LifeRecord;
    if (line.event === 'window') this.onWindow();
    if (line.event !== 'fill') {
      teller.tell({ ...line, event: `runtime.${line.event}` });
      return;
    }
    this.fills++;
    const { side, lots, symbol, clOrdId } = line;
    const sentence = this.fills === 1 ? `first fill: ${side} ${lots} ${symbol} (${clOrdId})` : undefined;
    teller.tell({ ...line }, sentence);
  }
}
