import type { Timer } from '../clock.ts';
import { Decoder, type DecoderOptions } from './decoder.ts';
import { EarlyMessages } from './early-messages.ts';
import type { BodyWriter } from './encoder.ts';
import { GapRequests, REPEATS } from './gap-requests.ts';
import { Liveness } from './liveness.ts';
import { logonDefect, writeLogon } from './logon.ts';
import type { MarketData } from './market-data.ts';
import type { DecodeError, Route } from './message.ts';
import type { MessageView } from './message-view.ts';
import { peerDefect } from './peer-check.ts';
import { FixFieldError } from './refusal.ts';
import type { SessionHandler } from './session-handler.ts';
import { SessionLink } from './session-link.ts';
import type { SessionOptions, SessionState } from './session-options.ts';
import {
  REJECT_MISSING,
  REJECT_OTHER,
  REJECT_REASON,
  REJECT_VALUE,
  type Rejection,
  reverseRoute,
  writeReject,
} from './session-reject.ts';
import type { Transport } from './transport.ts';

/** Time a peer has to answer our Logout before the connection is closed without its answer. */
const LOGOUT_PATIENCE_US = 2_000_000;
/** EndSeqNo (16) that means "everything": 0 since FIX 4.2, 999999 before. */
const EVERYTHING = [0, 999_999];

const nothing = () => undefined;
const noRoute = (): Route => [];

export type { SessionOptions, SessionState } from './session-options.ts';

/**
 * One session (FIX 4.2, 4.4 or FIXT 1.1) with one counterparty, over one transport at a time.
 *
 * Sequence numbers live in the store and outlast transports. Whatever happens to a chunk, or inside `batch`, is one
 * transaction of the store; what it sends reaches the transport after the transaction returned. A message out of order
 * is never given to the handler: what is missing is asked for again, and what came early waits for it.
 * An exception (of the handler, of the store) closes the transport, drops what was not yet sent, and passes through.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #handler: SessionHandler;
  readonly #link: SessionLink;
  readonly #decoder: Decoder;
  /** For messages that came early, when their turn has come. */
  readonly #earlyDecoder: Decoder;
  readonly #early = new EarlyMessages();
  /** The decoder whose message is at hand. */
  #current: Decoder;
  readonly #name: string;
  #state: SessionState = 'disconnected';
  #liveness: Liveness | undefined;
  /** When the peer must have answered our Logon or Logout. */
  #deadline: Timer | undefined;
  readonly #requests = new GapRequests();
  /** The last TestRequest that has no answer yet. */
  #openTestRequest: { readonly id: string; readonly seqNum: number } | undefined;
  /** Our Logon's number: when others followed it before the peer answered, the peer must be told of the gap. */
  #logonSeqNum = 0;

  constructor(options: SessionOptions, handler: SessionHandler) {
    this.#options = options;
    this.#name = `session ${options.senderCompId}->${options.targetCompId}`;
    this.#handler = handler;
    this.#link = new SessionLink({
      ...options,
      onSent: () => this.#liveness?.sent(),
      onFailure: () => this.#leave(),
    });
    const decoderOptions: DecoderOptions = {
      instruments: options.instruments,
      beginStrings: [options.beginString],
      ...(options.dictionary === undefined ? {} : { dictionary: options.dictionary }),
      onMarketData: (message) => this.#onMarketData(message),
      onMessage: (message) => this.#onMessage(message),
      onError: (error) => this.#onDecodeError(error),
    };
    this.#decoder = new Decoder(decoderOptions);
    this.#earlyDecoder = new Decoder(decoderOptions);
    this.#current = this.#decoder;
  }

  get state(): SessionState {
    return this.#state;
  }

  /**
   * Takes a connected transport: the initiator logs on, the acceptor waits for the peer's Logon.
   * @throws Error when the session has a transport already
   */
  attach(transport: Transport): void {
    if (this.#link.transport !== undefined) {
      throw new Error(`${this.#name}: there is a connection already (${this.#state}), one at a time is allowed`);
    }
    this.#link.transport = transport;
    this.#state = 'connecting';
    this.#decoder.reset();
    this.#requests.clear();
    this.#openTestRequest = undefined;
    const { heartbeatSeconds } = this.#options;
    this.#expectWithin(heartbeatSeconds * 1_000_000, `no Logon came within ${heartbeatSeconds} s`);
    transport.onData((chunk) => {
      if (this.#link.transport === transport) this.#receive(chunk);
    });
    transport.onClose((error) => {
      const reason = error?.message ?? 'the peer closed the connection';
      if (this.#link.transport === transport) this.#link.transact(() => this.#disconnect(reason));
    });
    if (this.#link.transport !== transport || this.#options.role !== 'initiator') return;
    this.#link.transact(() => {
      if (this.#options.resetOnLogon === true) this.#link.resetNumbers();
      this.#sendLogon(this.#options.heartbeatSeconds, this.#options.resetOnLogon === true);
    });
  }

  /**
   * Numbers, records and queues a message; returns its MsgSeqNum. While the peer is away, or not logged on yet, only a
   * replayable message may be sent: it waits in the store until the peer asks for it.
   * @throws Error for any other message while the session is not active
   */
  send(msgType: string, write: (body: BodyWriter) => void): number {
    if (this.#state !== 'active' && !this.#options.replayable(msgType)) {
      throw new Error(`${this.#name}: cannot send ${msgType} while ${this.#state}, only replayable messages may wait`);
    }
    return this.#link.transact(() => this.#send(msgType, write));
  }

  /**
   * Asks the peer for a Heartbeat with this id; once more when the first question had to be gap-filled.
   * @throws Error while the session is not active
   */
  testRequest(id: string): void {
    this.#link.transact(() => {
      this.#openTestRequest = { id, seqNum: this.send('1', (body) => body.text(112, id)) };
    });
  }

  /** Ends the session in good order: Logout, the peer's Logout or two seconds, then the transport is closed. */
  logout(text?: string): void {
    if (this.#state === 'disconnected' || this.#state === 'loggingOut') return;
    this.#link.transact(() => {
      if (this.#state === 'connecting') this.#disconnect(text ?? 'logged out before the logon was complete');
      else this.#beginLogout(text);
    });
  }

  /** Several sends as one transaction, for what does not begin with an inbound chunk: timers, operators, a venue's step. */
  batch(work: () => void): void {
    this.#link.transact(work);
  }

  #receive(chunk: Uint8Array): void {
    this.#liveness?.received();
    this.#link.transact(() => {
      this.#decoder.push(chunk);
      this.#takeEarly();
    });
  }

  /** Replayable messages leave only while the session is active: the peer asks for the others when it is back. */
  #send(msgType: string, write: (body: BodyWriter) => void): number {
    return this.#link.send(msgType, write, this.#state === 'active' || !this.#options.replayable(msgType));
  }

  #listen(heartbeatSeconds: number): void {
    this.#deadline?.cancel();
    this.#liveness?.stop();
    this.#liveness = new Liveness(this.#options.clock, heartbeatSeconds, {
      sendHeartbeat: () => this.#link.transact(() => this.#beat()),
      askWhetherAlive: () => this.testRequest('TEST'),
      giveUp: (silentSeconds) =>
        this.#link.transact(() => this.#disconnect(`the peer was silent for ${silentSeconds} s`)),
    });
  }

  /** Ends the connection after `delayUs`, unless something better happens before. */
  #expectWithin(delayUs: number, reason: string): void {
    this.#liveness?.stop();
    this.#liveness = undefined;
    this.#deadline = this.#options.clock.after(delayUs, () => this.#link.transact(() => this.#disconnect(reason)));
  }

  #beat(): void {
    if (this.#requests.isUnderWay(this.#link.expected)) this.#requestResend(this.#requests.to);
    if (this.#state === 'active') this.#send('0', nothing);
  }

  #sendLogon(heartbeatSeconds: number, reset: boolean): void {
    this.#logonSeqNum = this.#send('A', (body) => writeLogon(body, this.#options, heartbeatSeconds, reset));
  }

  #beginLogout(text: string | undefined): void {
    this.#sendLogout(text);
    this.#state = 'loggingOut';
    this.#expectWithin(LOGOUT_PATIENCE_US, 'the peer did not answer our Logout');
  }

  #sendLogout(text: string | undefined): void {
    this.#send('5', text === undefined || text.length === 0 ? nothing : (body) => body.text(58, text));
  }

  /** Ends the connection with a Logout, without waiting. @param tells whether the peer is told why, too */
  #refuse(reason: string, tells = true): void {
    this.#sendLogout(tells ? reason : undefined);
    this.#disconnect(reason);
  }

  /** The end of this connection for the handler; the transport closes when the bytes queued so far are on their way. */
  #disconnect(reason: string): void {
    if (this.#state === 'disconnected') return;
    this.#leave();
    this.#link.end();
    this.#handler.onLogout(reason);
  }

  #leave(): void {
    this.#state = 'disconnected';
    this.#decoder.reset();
    this.#earlyDecoder.reset();
    this.#early.clear();
    this.#current = this.#decoder;
    this.#liveness?.stop();
    this.#liveness = undefined;
    this.#deadline?.cancel();
    this.#deadline = undefined;
  }

  #onMarketData(message: MarketData): void {
    if (!this.#isAcceptable(message.snapshot ? 'W' : 'X', message.seqNum, message.possDup, noRoute)) return;
    if (this.#isNext(message.seqNum, message.possDup)) this.#handler.onMarketData(message);
  }

  #onMessage(message: MessageView): void {
    const route = () => reverseRoute((tag) => message.text(tag));
    if (!this.#isAcceptable(message.msgType, message.seqNum, message.possDup, route)) return;
    try {
      this.#dispatch(message);
    } catch (error) {
      if (!(error instanceof FixFieldError)) throw error;
      const { kind, tag } = error;
      this.#handler.onDecodeError({ kind, tag, offset: 0, text: error.message, seqNum: message.seqNum });
      if (this.#state === 'connecting') {
        this.#refuse(error.message);
        return;
      }
      const { seqNum, msgType } = message;
      const reason = REJECT_REASON[kind] ?? REJECT_OTHER;
      this.#reject({ seqNum, reason, text: error.message, tag, msgType, route: route() });
    }
  }

  /** Its sender and time are right, and the first thing it says is Logon (or Logout, to refuse ours). */
  #isAcceptable(msgType: string, seqNum: number, possDup: boolean, route: () => Route): boolean {
    const isLate = possDup && seqNum < this.#link.expected && msgType !== '4';
    const defect = peerDefect(this.#current.header, this.#options, isLate);
    if (this.#state === 'connecting') {
      const mayBegin = msgType === 'A' || (msgType === '5' && this.#options.role === 'initiator');
      if (defect?.ends === undefined && mayBegin) return true;
      this.#disconnect(defect?.ends ?? `the peer sent ${msgType} before Logon`);
      return false;
    }
    if (defect === undefined) return true;
    this.#reject({ seqNum, reason: defect.reason, tag: defect.tag, msgType, route: route() });
    if (defect.ends !== undefined) this.#refuse(defect.ends, false);
    return false;
  }

  #dispatch(message: MessageView): void {
    switch (message.msgType) {
      case 'A':
        this.#onLogon(message);
        return;
      case '5':
        this.#onPeerLogout(message);
        return;
      case '4':
        this.#onSequenceReset(message);
        return;
      case '2':
        this.#onResendRequest(message);
        return;
    }
    if (!this.#isNext(message.seqNum, message.possDup)) return;
    switch (message.msgType) {
      case '0': {
        const id = message.text(112);
        if (id === undefined) return;
        if (this.#openTestRequest?.id === id) this.#openTestRequest = undefined;
        this.#handler.onHeartbeat(id);
        return;
      }
      case '1': {
        const id = message.text(112);
        if (id === undefined) {
          this.#reject({ seqNum: message.seqNum, reason: REJECT_MISSING, tag: 112, msgType: '1' });
          return;
        }
        this.#handler.onTestRequest(id);
        if (this.#state === 'active') this.#send('0', (body) => body.text(112, id));
        return;
      }
      default:
        this.#handler.onMessage(message);
    }
  }

  /**
   * Judges a number and counts the message when it is the one expected. A later one opens a gap; an earlier one is a
   * duplicate that says so, or the end of the session.
   */
  #isNext(seqNum: number, possDup: boolean): boolean {
    if (seqNum === this.#link.expected) {
      this.#link.expected++;
      return true;
    }
    if (seqNum > this.#link.expected) {
      this.#early.keep(seqNum, this.#current.frame());
      this.#askUpTo(seqNum - 1);
    } else if (!possDup) this.#refuse(`MsgSeqNum too low, expecting ${this.#link.expected} but received ${seqNum}`);
    return false;
  }

  /** Counts a message that is acted on at once, also when it came early. */
  #countAtOnce(seqNum: number): void {
    if (seqNum === this.#link.expected) {
      this.#link.expected++;
      return;
    }
    this.#early.keep(seqNum, undefined);
    this.#askUpTo(seqNum - 1);
  }

  /** Asks for what is missing up to `to`, unless the expected number was asked for already. */
  #askUpTo(to: number): void {
    if (!this.#requests.isUnderWay(this.#link.expected)) this.#requestResend(to);
  }

  #requestResend(to: number): void {
    const from = this.#link.expected;
    if (!this.#requests.note(from, to)) {
      this.#refuse(`MsgSeqNum ${from} was asked for ${REPEATS} times and did not come`);
      return;
    }
    const end = this.#options.resendUpTo === 'infinity' ? 0 : to;
    this.#send('2', (body) => body.integer(7, from).integer(16, end));
  }

  /** Handles the early messages whose turn has come, and asks for what is missing before the next. */
  #takeEarly(): void {
    this.#current = this.#earlyDecoder;
    while (this.#early.has(this.#link.expected)) {
      const bytes = this.#early.take(this.#link.expected);
      if (bytes === undefined) this.#link.expected++;
      else this.#earlyDecoder.push(bytes);
    }
    this.#current = this.#decoder;
    const first = this.#early.first(this.#link.expected);
    if (first !== undefined) this.#askUpTo(first - 1);
  }

  #onLogon(message: MessageView): void {
    const { seqNum } = message;
    const reset = message.text(141) === 'Y';
    const heartbeatSeconds = message.integer(108) ?? 0;
    const defect = logonDefect(message, this.#options.beginString);
    if (defect !== undefined) {
      this.#refuse(defect);
      return;
    }
    const answersOurs = this.#options.role === 'initiator';
    if (this.#state !== 'connecting' && !(reset && !answersOurs)) {
      if (this.#isNext(seqNum, message.possDup)) {
        this.#reject({ seqNum, reason: REJECT_OTHER, text: 'logged on already', tag: 35, msgType: 'A' });
      }
      return;
    }
    if (reset && seqNum !== 1) {
      this.#refuse(`MsgSeqNum is wrong (${seqNum}), a Logon that resets has 1`);
      return;
    }
    if (reset || (!answersOurs && this.#options.resetOnLogon === true)) {
      this.#requests.clear();
      this.#early.clear();
      if (answersOurs) this.#link.expected = 1;
      else this.#link.resetNumbers();
    }
    if (seqNum < this.#link.expected) {
      this.#refuse(`MsgSeqNum too low, expecting ${this.#link.expected} but received ${seqNum}`);
      return;
    }
    this.#state = 'active';
    if (!answersOurs) this.#sendLogon(heartbeatSeconds, reset);
    this.#listen(heartbeatSeconds);
    this.#countAtOnce(seqNum);
    // Replayable messages that were numbered while the Logon was under way show themselves to the peer as a gap.
    if (answersOurs && this.#logonSeqNum + 1 < this.#link.nextOutbound) this.#send('0', nothing);
    this.#handler.onLogon(message.timeUs);
  }

  #onPeerLogout(message: MessageView): void {
    const text = message.text(58);
    if (message.seqNum === this.#link.expected) this.#link.expected++;
    const why = text === undefined ? 'the peer logged out' : `the peer logged out: ${text}`;
    if (this.#state === 'loggingOut') {
      this.#disconnect('logged out');
      return;
    }
    if (this.#state === 'active') this.#sendLogout(undefined);
    this.#disconnect(why);
  }

  #onSequenceReset(message: MessageView): void {
    const gapFill = message.text(123) === 'Y';
    const next = message.integer(36);
    if (gapFill && message.seqNum !== this.#link.expected) {
      this.#isNext(message.seqNum, message.possDup);
      return;
    }
    if (next === undefined) {
      this.#rejectReset(message, gapFill, REJECT_MISSING, 36);
      return;
    }
    const least = gapFill ? this.#link.expected + 1 : this.#link.expected;
    if (next < least) {
      this.#rejectReset(message, gapFill, REJECT_VALUE, undefined);
      return;
    }
    const from = this.#link.expected;
    this.#link.expected = next;
    if (next > from) this.#handler.onGap?.(from, next - 1);
  }

  #rejectReset(message: MessageView, counts: boolean, reason: number, tag: number | undefined): void {
    if (counts) this.#link.expected++;
    this.#reject({ seqNum: message.seqNum, reason, tag, msgType: '4' });
  }

  /**
   * Answered whatever its number: when it comes early two peers that each miss something would otherwise wait for each
   * other, and when it comes late it is still only a question.
   */
  #onResendRequest(message: MessageView): void {
    const { seqNum } = message;
    const from = message.integer(7);
    const to = message.integer(16);
    if (seqNum >= this.#link.expected) this.#countAtOnce(seqNum);
    if (this.#state === 'disconnected') return;
    if (from === undefined || to === undefined) {
      this.#reject({ seqNum, reason: REJECT_MISSING, tag: from === undefined ? 7 : 16, msgType: '2' });
      return;
    }
    const last = this.#link.nextOutbound - 1;
    const end = EVERYTHING.includes(to) ? last : Math.min(to, last);
    if (from < 1 || from > last || end < from) {
      const text = `range ${from} to ${to} is wrong, 1 to ${last} is allowed`;
      this.#reject({ seqNum, reason: REJECT_VALUE, text, tag: 7, msgType: '2' });
      return;
    }
    this.#link.resend(from, end);
    const open = this.#openTestRequest;
    const skipped = open !== undefined && open.seqNum >= from && open.seqNum <= end;
    if (skipped && this.#state === 'active') this.testRequest(open.id);
  }

  #onDecodeError(error: DecodeError): void {
    this.#handler.onDecodeError(error);
    if (error.kind === 'UNKNOWN_SYMBOL' || this.#state === 'disconnected') return;
    if (error.kind === 'BAD_BEGIN_STRING') {
      if (this.#state === 'connecting') this.#disconnect(`BeginString is wrong (${error.text})`);
      else this.#refuse('Incorrect BeginString');
      return;
    }
    if (error.kind === 'MISSING_FIELD' && error.tag === 34) {
      this.#refuse('MsgSeqNum is missing');
      return;
    }
    const reason = REJECT_REASON[error.kind];
    if (error.seqNum === undefined || reason === undefined) return;
    if (this.#state === 'connecting') {
      this.#disconnect(`the peer's Logon is malformed (${error.kind})`);
      return;
    }
    if (!this.#isNext(error.seqNum, error.possDup ?? false)) return;
    const { seqNum, tag, msgType, route } = error;
    this.#reject({ seqNum, reason, tag, msgType, route });
  }

  #reject(rejection: Rejection): void {
    if (this.#state === 'disconnected') return;
    this.#send('3', (body) => writeReject(body, this.#options.beginString, rejection));
  }
}
