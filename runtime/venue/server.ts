import { assert } from '../assert.ts';
import { SimulatedClock } from '../clock.ts';
import type { BodyWriter } from '../fix/encoder.ts';
import type { FieldReader } from '../fix/message.ts';
import { Session } from '../fix/session.ts';
import { writeBusinessReject } from '../fix/session-reject.ts';
import { MARKET_DATA_REJECT, readMarketDataRequest, writeMarketDataReject } from '../fix/subscription-messages.ts';
import type { Transport } from '../fix/transport.ts';
import { VenueMessages } from '../fix/venue-messages.ts';
import type { InstrumentTable } from '../instrument.ts';
import { type EngineOptions, VenueEngine } from './engine.ts';
import type { MarketFactory } from './market.ts';
import { MarketDataPublisher } from './publisher.ts';
import type { VenueRequest } from './request.ts';
import { type ExecutionRecord, MemoryVenueState, type VenueState } from './venue-state.ts';

export interface VenueServerOptions {
  readonly market: MarketFactory;
  /** Seed of the request latencies. */
  readonly seed: number;
  /** Event time of one step. @default 100_000 */
  readonly stepUs?: number;
  /** @default { medianUs: 1000, sigma: 0.5 } */
  readonly latency?: EngineOptions['latency'];
  /** The step at whose end the venue closes although its market could go on. @default none */
  readonly endStep?: number;
  /** The same by event time: the first step that ends at or after it. @default none */
  readonly endUs?: number;
  /** Steps that the participant has to get flat once the market is over. @default 100 */
  readonly closingSteps?: number;
  /** Cancels the participant's open orders when its connection drops. @default false */
  readonly cancelOnDisconnect?: boolean;
  /** Where the venue keeps what it must not lose. @default in memory */
  readonly state?: VenueState;
  /** Steps between two checkpoints; a killed venue repeats at most so many. @default 600 */
  readonly checkpointSteps?: number;
  /** @default 'EMPSIM' */
  readonly venueCompId?: string;
  /** The one participant. @default 'EMP' */
  readonly participantCompId?: string;
}

const DEFAULT_STEP_US = 100_000;

/** Names everything that decides how a venue's inputs repeat: what a state file is bound to. */
export function venueIdentity(options: Pick<VenueServerOptions, 'market' | 'seed' | 'stepUs'>): string {
  return `${options.market.identity}, steps of ${options.stepUs ?? DEFAULT_STEP_US} µs, seed ${options.seed}`;
}

const REPLAYABLE = new Set(['8', '9', 'r']);
const replayable = (msgType: string) => REPLAYABLE.has(msgType);

/** TradSesStatus (340): the market is over, the venue still takes orders. */
const PRE_CLOSE = 5;

/**
 * A market behind a FIX 4.4 acceptor, for one participant at a time over any transport.
 *
 * Time is event time, in steps. `step()` advances it by `stepUs`, sends everything that happened, and ends with a
 * TestRequest whose id is the step's number; the participant answers when it has done everything that it wants to do
 * about the step. What it sends before that answer takes effect in the next step, a seeded latency after the step's
 * end. So wall time never matters: the same seed and the same participant give the same bytes, in memory and over TCP.
 */
export class VenueServer {
  readonly #state: VenueState;
  readonly #checkpointSteps: number;
  readonly #cancelOnDisconnect: boolean;
  readonly #clock: SimulatedClock;
  readonly #engine: VenueEngine;
  readonly #session: Session;
  readonly #publisher: MarketDataPublisher;
  readonly #messages: VenueMessages;
  /** True while steps that were told before are repeated. */
  #repeating = false;
  /** The TestRequest that the participant has not answered. */
  #awaiting: string | undefined;
  #toldClosing = false;
  #transport: Transport | undefined;
  #onChange: () => void = () => undefined;
  #onParticipant: (connected: boolean) => void = () => undefined;

  constructor(options: VenueServerOptions) {
    this.#state = options.state ?? new MemoryVenueState();
    this.#checkpointSteps = options.checkpointSteps ?? 600;
    this.#cancelOnDisconnect = options.cancelOnDisconnect ?? false;
    const recovered = this.#state.recovered();
    this.#engine = new VenueEngine(
      {
        market: options.market,
        seed: options.seed,
        stepUs: options.stepUs ?? DEFAULT_STEP_US,
        latency: options.latency ?? { medianUs: 1000, sigma: 0.5 },
        endStep: options.endStep,
        endUs: options.endUs,
        closingSteps: options.closingSteps ?? 100,
      },
      this.#engineListener(),
      recovered.checkpoint,
    );
    const instruments = this.#instruments;
    this.#clock = new SimulatedClock(this.#engine.endOf(this.#engine.step));
    this.#messages = new VenueMessages(instruments);
    this.#session = new Session(
      {
        role: 'acceptor',
        beginString: 'FIX.4.4',
        senderCompId: options.venueCompId ?? 'EMPSIM',
        targetCompId: options.participantCompId ?? 'EMP',
        heartbeatSeconds: 30,
        store: this.#state,
        clock: this.#clock,
        instruments,
        replayable,
      },
      this.#sessionHandler(),
    );
    this.#publisher = new MarketDataPublisher(this.#engine.market, (msgType, write) => {
      this.#session.send(msgType, write);
    });
    this.#repeat(recovered.step, recovered.requests, recovered.lastRequestId);
  }

  /** Steps completed, over all lives of the state. */
  get steps(): number {
    return this.#engine.step;
  }

  /** Event time reached. */
  get timeUs(): number {
    return this.#clock.nowUs();
  }

  /** True when the market is over and the participant is flat, or has had its closing steps. */
  get done(): boolean {
    return this.#engine.done;
  }

  /** True while the participant is logged on. */
  get connected(): boolean {
    return this.#session.state === 'active';
  }

  /** True while a logged-on participant still works on the last step. */
  get waiting(): boolean {
    return this.connected && this.#awaiting !== undefined;
  }

  /** The participant's position, lots. */
  positionLots(symbolId: number): number {
    return this.#engine.desk.positionLots(symbolId);
  }

  get #instruments(): InstrumentTable {
    return this.#engine.market.instruments;
  }

  get openOrders(): number {
    return this.#engine.desk.openOrders;
  }

  /** The venue's own record of every execution, oldest first: what a participant's books must agree with. */
  executions(): Iterable<ExecutionRecord> {
    return this.#state.executions();
  }

  /** Takes a participant's connection. @throws Error while another one is open */
  attach(transport: Transport): void {
    this.#session.attach(transport);
    this.#transport = transport;
  }

  /** Cuts the participant's connection: it has been silent for too long. */
  drop(): void {
    this.#transport?.close();
  }

  /** True when a connection may be attached. */
  get free(): boolean {
    return this.#session.state === 'disconnected';
  }

  /** Called after every change of `connected`, `waiting` and `free`; one listener. */
  onChange(listener: () => void): void {
    this.#onChange = listener;
  }

  /** Called when the participant has logged on, and when it is gone; one listener. */
  onParticipant(listener: (connected: boolean) => void): void {
    this.#onParticipant = listener;
  }

  /** Advances by one step. Only while nothing is awaited (`waiting`). */
  step(): void {
    assert(!this.waiting, `step ${this.steps + 1} was asked for before the participant answered step ${this.steps}`);
    this.#session.batch(() => {
      this.#engine.runStep();
      this.#state.completeStep(this.steps);
      if (this.steps % this.#checkpointSteps === 0) this.#state.saveCheckpoint(this.#engine.checkpoint());
      this.#tellClosing();
      this.#askWhetherReady();
    });
  }

  /** Writes a checkpoint and logs the participant out; the state can be closed once `free`. */
  stop(reason: string): void {
    this.#session.batch(() => this.#state.saveCheckpoint(this.#engine.checkpoint()));
    this.#session.logout(reason);
  }

  /** Releases what the market and the state hold open. The participant is logged out, or cut off, before. */
  close(): void {
    this.drop();
    this.#engine.market.close();
    this.#state.close();
  }

  #engineListener(): ConstructorParameters<typeof VenueEngine>[1] {
    return {
      onTime: (timeUs) => this.#clock?.advanceTo(timeUs),
      onEvent: (event) => {
        if (!this.#repeating) this.#publisher.onEvent(event);
      },
      onReport: (report) =>
        this.#tell(VenueMessages.msgType(report), (body) => this.#messages.writeReport(body, report)),
      onMassCancel: (clOrdId, cancelled, defect) =>
        this.#tell('r', (body) =>
          this.#messages.writeMassCancelReport(body, { clOrdId, cancelled, defect }, this.timeUs),
        ),
      onClosedStatus: (status) =>
        this.#tell('8', (body) => this.#messages.writeClosedStatus(body, status, this.timeUs)),
      onNoOrders: (requestId, execId) =>
        this.#tell('8', (body) => this.#messages.writeNoOrders(body, requestId, execId, this.timeUs)),
      onPosition: (requestId, symbolId, positionLots, last) => {
        if (!this.connected) return;
        const position = { requestId, symbolId, positionLots, last, total: this.#instruments.list.length };
        this.#tell('AP', (body) => this.#messages.writePosition(body, position, this.timeUs));
      },
      onExecution: (execution) => {
        if (!this.#repeating) this.#state.addExecution(execution);
      },
    };
  }

  #tell(msgType: string, write: (body: BodyWriter) => void): void {
    if (!this.#repeating) this.#session.send(msgType, write);
  }

  #sessionHandler(): ConstructorParameters<typeof Session>[1] {
    return {
      onLogon: () => {
        this.#toldClosing = false;
        this.#tellClosing();
        this.#askWhetherReady();
        this.#onParticipant(true);
        this.#onChange();
      },
      onLogout: () => {
        this.#publisher.cancel();
        if (this.#cancelOnDisconnect && this.openOrders > 0) this.#receive({ kind: 'disconnected' });
        this.#onParticipant(false);
        this.#onChange();
      },
      onMarketData: () => undefined,
      onMessage: (message) => this.#onMessage(message),
      onTestRequest: () => undefined,
      onHeartbeat: (id) => {
        if (id === this.#awaiting) this.#awaiting = undefined;
        this.#onChange();
      },
      onDecodeError: () => undefined,
      // The answer that is awaited may have been among what was lost.
      onGap: () => {
        if (this.waiting) this.#askWhetherReady();
      },
    };
  }

  #askWhetherReady(): void {
    if (!this.connected) return;
    this.#awaiting = String(this.steps);
    this.#session.testRequest(this.#awaiting);
  }

  /** TradingSessionStatus (h): the market is over, get flat. */
  #tellClosing(): void {
    if (!this.#engine.closing || this.#toldClosing || !this.connected) return;
    this.#toldClosing = true;
    this.#session.send('h', (body) => body.text(336, 'DAY').integer(340, PRE_CLOSE).text(58, 'the market is over'));
  }

  #onMessage(message: FieldReader): void {
    switch (message.msgType) {
      case 'V':
        return this.#onMarketDataRequest(message);
      case '3':
      case 'j':
        return;
    }
    const request = this.#messages.readRequest(message);
    if (request !== undefined) this.#receive(request);
    else this.#refuse(message, 3, `message type ${message.msgType} is not taken here`);
  }

  #onMarketDataRequest(message: FieldReader): void {
    const { requestId, subscription, depth, symbols } = readMarketDataRequest(message);
    const symbolIds = symbols.map((symbol) => this.#instruments.idOf(symbol));
    const unknown = symbols[symbolIds.indexOf(-1)];
    if (subscription === 'unsubscribe') this.#publisher.cancel();
    else if (unknown !== undefined) {
      const text = `symbol ${unknown} is not traded here`;
      this.#session.send('Y', (body) => {
        writeMarketDataReject(body, requestId, MARKET_DATA_REJECT.UNKNOWN_SYMBOL, text);
      });
    } else {
      this.#publisher.subscribe({ requestId, depth, symbolIds: [...new Set(symbolIds)] });
      if (subscription === 'snapshot') this.#publisher.cancel();
    }
  }

  /** BusinessMessageReject (j). */
  #refuse(message: FieldReader, reason: number, text: string): void {
    const { seqNum, msgType } = message;
    this.#session.send('j', (body) =>
      writeBusinessReject(body, { seqNum, msgType, reason, text, refId: message.text(11) }),
    );
  }

  #receive(request: VenueRequest): void {
    this.#state.addRequest(this.#engine.receive(request));
  }

  /** Stands where the state's last step ended. */
  #repeat(step: number, requests: Parameters<VenueEngine['repeat']>[1], lastRequestId: number): void {
    this.#repeating = true;
    this.#engine.repeat(step, requests, lastRequestId);
    this.#repeating = false;
    const recorded = this.#state.executionCount();
    if (recorded === this.#engine.desk.executions) return;
    throw new Error(
      `the venue's state does not repeat: ${recorded} executions are recorded, ${this.#engine.desk.executions} came of ` +
        'its inputs; run the product version that wrote it, or remove the state to begin a new market',
    );
  }
}
