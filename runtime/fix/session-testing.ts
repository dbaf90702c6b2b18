/** For tests: sessions in memory whose peer is another session, or the test itself. */
import { SimulatedClock } from '../clock.ts';
import { memoryTransportPair } from './memory-transport.ts';
import type { MessageView } from './message-view.ts';
import { Session, type SessionOptions } from './session.ts';
import type { SessionHandler } from './session-handler.ts';
import { MemorySessionStore } from './session-store.ts';
import { describeError, describeMarketData, framed, INSTRUMENTS, wire } from './testing.ts';
import type { Transport } from './transport.ts';

const START_US = Date.UTC(2026, 0, 2, 3, 4, 5) * 1000;
export const BID = '279=0|269=0|55=AAA|270=12.34|271=7|';

class Recorder implements SessionHandler {
  readonly said: string[] = [];
  onMessageDo: (m: MessageView) => void = () => undefined;
  onTestRequestDo: (id: string) => void = () => undefined;

  onLogon(): void {
    this.said.push('logon');
  }
  onLogout(reason: string): void {
    this.said.push(`logout: ${reason}`);
  }
  onMarketData(m: Parameters<SessionHandler['onMarketData']>[0]): void {
    this.said.push(describeMarketData(m).slice(0, 3));
  }
  onMessage(m: Parameters<SessionHandler['onMessage']>[0]): void {
    this.said.push(`${m.msgType} ${m.seqNum}${m.possDup ? ' dup' : ''} ${m.text(58) ?? ''}`.trim());
    this.onMessageDo(m as MessageView);
  }
  onTestRequest(id: string): void {
    this.said.push(`test ${id}`);
    this.onTestRequestDo(id);
  }
  onHeartbeat(id: string): void {
    this.said.push(`beat ${id}`);
  }
  onDecodeError(error: Parameters<SessionHandler['onDecodeError']>[0]): void {
    this.said.push(describeError(error));
  }
  onGap(from: number, to: number): void {
    this.said.push(`gap ${from}-${to}`);
  }
}

function options(role: 'initiator' | 'acceptor', clock: SimulatedClock): SessionOptions {
  const isInitiator = role === 'initiator';
  return {
    role,
    beginString: 'FIX.4.4',
    senderCompId: isInitiator ? 'EMP' : 'SIM',
    targetCompId: isInitiator ? 'SIM' : 'EMP',
    heartbeatSeconds: 30,
    store: new MemorySessionStore(),
    clock,
    instruments: INSTRUMENTS,
    replayable: (msgType) => msgType === '8' || msgType === '9',
  };
}

export function pair(extra: Partial<SessionOptions> = {}) {
  const clock = new SimulatedClock(START_US);
  const [left, right] = [new Recorder(), new Recorder()];
  const initiatorOptions = { ...options('initiator', clock), ...extra };
  const acceptorOptions = options('acceptor', clock);
  const initiator = new Session(initiatorOptions, left);
  const acceptor = new Session(acceptorOptions, right);
  let ends: [Transport, Transport];
  const connect = () => {
    ends = memoryTransportPair();
    acceptor.attach(ends[1]);
    initiator.attach(ends[0]);
  };
  connect();
  const advance = (seconds: number) => clock.advanceTo(clock.nowUs() + seconds * 1_000_000);
  const cut = () => ends[0].close();
  const stores = { initiator: initiatorOptions.store, acceptor: acceptorOptions.store };
  return { clock, left, right, initiator, acceptor, connect, advance, cut, stores };
}

/** An acceptor session whose peer is the test: raw messages in, what it answers as text out. */
export function puppet(role: 'initiator' | 'acceptor' = 'acceptor') {
  const clock = new SimulatedClock(START_US);
  const recorder = new Recorder();
  const sessionOptions = options(role, clock);
  const session = new Session(sessionOptions, recorder);
  const [ours, theirs] = memoryTransportPair();
  const answers: string[] = [];
  let closed = false;
  theirs.onData((chunk) => {
    answers.push(
      ...Buffer.from(chunk)
        .toString('latin1')
        .replaceAll('\x01', '|')
        .split(/(?<=\|10=\d{3}\|)/),
    );
  });
  theirs.onClose(() => {
    closed = true;
  });
  session.attach(ours);
  const peer = role === 'acceptor' ? '49=EMP|56=SIM|' : '49=SIM|56=EMP|';
  const say = (msgType: string, seqNum: number, body = '', header = '') => {
    theirs.send(wire(framed(`35=${msgType}|34=${seqNum}|${peer}52=20260102-03:04:05.678|${header}${body}`)));
  };
  /** Type and body of what was answered since the last call. */
  const heard = () =>
    answers
      .splice(0)
      .map((text) =>
        text
          .replace(/^.*35=(\w+)\|34=(\d+)\|.*?52=[^|]+\|56=[^|]+\|(?:122=[^|]+\|)?/, '$1 $2 ')
          .replace(/10=\d+\|$/, ''),
      );
  const raw = (text: string) => theirs.send(wire(text));
  return { clock, recorder, session, say, heard, raw, isClosed: () => closed, store: sessionOptions.store, answers };
}

export function loggedOn() {
  const p = puppet();
  p.say('A', 1, '98=0|108=30|');
  p.heard();
  p.recorder.said.length = 0;
  return p;
}
