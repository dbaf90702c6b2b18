import { InputError } from '../../runtime/boot/documents.ts';
import { SimulatedClock } from '../../runtime/clock.ts';
import { dictionaryOf, VERSIONS } from '../../runtime/fix/dictionary/known.ts';
import { memoryTransportPair } from '../../runtime/fix/memory-transport.ts';
import { Session } from '../../runtime/fix/session.ts';
import { MemorySessionStore } from '../../runtime/fix/session-store.ts';
import type { Transport } from '../../runtime/fix/transport.ts';
import { InstrumentTable } from '../../runtime/instrument.ts';
import { difference } from './compare.ts';
import { complete, type Identity, SOH, type Step, wire } from './definition.ts';
import { EchoApplication } from './echo-application.ts';

/** Longest wait for an expected message or disconnection, in simulated time. */
const PATIENCE_US = 15_000_000;
const STEP_US = 100_000;
const START_US = Date.UTC(2026, 0, 5, 12) * 1000;
/** The scripts' runner sends and expects SendingTime within this. */
const TOLERANCE_SECONDS = 120;

/** Where a script and our acceptor disagreed. */
export interface Disagreement {
  readonly line: number;
  readonly expected: string;
  readonly found: string;
  readonly because: string;
}

/** The scripts' end of one connection. */
interface Peer {
  readonly transport: Transport;
  /** Whole messages that came and were not expected yet. */
  readonly inbox: string[];
  closed: boolean;
}

/** Plays a script against a new acceptor, in simulated time. @returns the first disagreement, if there is one */
export function play(steps: readonly Step[], identity: Identity): Disagreement | undefined {
  const conversation = new Conversation(identity);
  for (const step of steps) {
    const disagreement = conversation.take(step);
    if (disagreement !== undefined) return disagreement;
  }
  return undefined;
}

class Conversation {
  readonly #clock = new SimulatedClock(START_US);
  readonly #session: Session;
  readonly #peers = new Map<number, Peer>();

  constructor({ beginString, ours, peer }: Identity) {
    const version = VERSIONS.find((known) => known === beginString);
    if (version === undefined) throw new InputError(`${beginString}: is not spoken here, ${VERSIONS.join(', ')} are`);
    const application = new EchoApplication(beginString);
    this.#session = new Session(
      {
        role: 'acceptor',
        beginString: version,
        senderCompId: ours,
        targetCompId: peer,
        heartbeatSeconds: 10,
        store: new MemorySessionStore(),
        clock: this.#clock,
        instruments: new InstrumentTable([]),
        replayable: (msgType) => msgType.length > 1 || !'0123459A'.includes(msgType),
        dictionary: dictionaryOf(version),
        resetOnLogon: true,
        resendUpTo: 'infinity',
        sendingTimeToleranceSeconds: TOLERANCE_SECONDS,
      },
      application,
    );
    application.session = this.#session;
  }

  take(step: Step): Disagreement | undefined {
    switch (step.kind) {
      case 'connect':
        this.#connect(step.connection);
        return undefined;
      case 'disconnect':
        this.#peers.get(step.connection)?.transport.close();
        return undefined;
      case 'send': {
        const message = complete(step.message, Math.floor(this.#clock.nowUs() / 1_000_000));
        const peer = this.#peers.get(step.connection);
        if (peer === undefined) return disagreement(step.line, message, '', 'there is no connection to send it on');
        peer.transport.send(wire(message));
        return undefined;
      }
      case 'expect':
        return this.#expect(step.line, step.message, step.connection);
      case 'expectDisconnect':
        return this.#expectDisconnect(step.line, step.connection);
    }
  }

  #connect(connection: number): void {
    const [theirs, ours] = memoryTransportPair();
    const peer: Peer = { transport: theirs, inbox: [], closed: false };
    let rest = '';
    theirs.onData((chunk) => {
      rest += Buffer.from(chunk).toString('latin1').replaceAll(SOH, '|');
      for (let end = endOf(rest); end > 0; end = endOf(rest)) {
        peer.inbox.push(rest.slice(0, end));
        rest = rest.slice(end);
      }
    });
    theirs.onClose(() => {
      peer.closed = true;
    });
    this.#peers.set(connection, peer);
    // One connection at a time: whoever comes second is sent away.
    if (this.#session.state === 'disconnected') this.#session.attach(ours);
    else ours.close();
  }

  #expect(line: number, expected: string, connection: number): Disagreement | undefined {
    const peer = this.#peers.get(connection);
    const message = this.#wait(() => peer?.inbox.shift());
    if (message === undefined)
      return disagreement(line, expected, '', peer?.closed ? 'the connection was closed' : 'nothing came');
    const because = difference(withFraming(expected, message), message);
    return because === undefined ? undefined : disagreement(line, expected, message, because);
  }

  #expectDisconnect(line: number, connection: number): Disagreement | undefined {
    const peer = this.#peers.get(connection);
    const isClosed = this.#wait(() => peer === undefined || peer.inbox.length > 0 || peer.closed || undefined);
    const message = peer?.inbox.shift();
    if (message !== undefined) return disagreement(line, 'the connection is closed', message, 'a message came instead');
    if (isClosed === undefined) return disagreement(line, 'the connection is closed', '', 'it stayed open');
    return undefined;
  }

  /** What `look` finds within the patience of a script; undefined when nothing. */
  #wait<T>(look: () => T | undefined): T | undefined {
    const deadlineUs = this.#clock.nowUs() + PATIENCE_US;
    for (;;) {
      const found = look();
      if (found !== undefined || this.#clock.nowUs() >= deadlineUs) return found;
      this.#clock.advanceTo(this.#clock.nowUs() + STEP_US);
    }
  }
}

/** The end of the first whole message, or 0. */
function endOf(text: string): number {
  const at = text.search(/\|10=\d{3}\|/);
  return at < 0 ? 0 : at + 8;
}

/** BodyLength and CheckSum are compared where the script states them. */
function withFraming(expected: string, found: string): string {
  let text = expected;
  if (!/\|9=/.test(text)) text = text.replace('|', `|${/\|(9=\d+\|)/.exec(found)?.[1] ?? ''}`);
  if (!/\|10=[^|]*\|$/.test(text)) text += '10=000|';
  return text;
}

function disagreement(line: number, expected: string, found: string, because: string): Disagreement {
  return { line, expected, found, because };
}
