import type { Clock } from '../clock.ts';
import type { InstrumentTable } from '../instrument.ts';
import type { Dictionary } from './dictionary/dictionary.ts';
import type { SessionStore } from './session-store.ts';

export type SessionState = 'disconnected' | 'connecting' | 'active' | 'loggingOut';

export interface SessionOptions {
  readonly role: 'initiator' | 'acceptor';
  readonly beginString: 'FIX.4.2' | 'FIX.4.4' | 'FIXT.1.1';
  /** DefaultApplVerID (1137): the application's version under FIXT. @default '9', FIX 5.0 SP2 */
  readonly defaultApplVerId?: string;
  /**
   * Every message but W and X, whose parser is strict by itself, is held to it before the handler sees it.
   * @default none: syntax alone is judged
   */
  readonly dictionary?: Dictionary;
  readonly senderCompId: string;
  readonly targetCompId: string;
  /** HeartBtInt (108) that the initiator asks for; the acceptor takes what it is asked. */
  readonly heartbeatSeconds: number;
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly instruments: InstrumentTable;
  /** Message types that are kept and sent again on a ResendRequest; all others are gap-filled. */
  readonly replayable: (msgType: string) => boolean;
  /** Both sequences begin at 1 at every Logon: the initiator asks for it, the acceptor does it. @default false */
  readonly resetOnLogon?: boolean;
  /** What a ResendRequest asks for: what is missing alone, or everything from there on. @default 'missing' */
  readonly resendUpTo?: 'missing' | 'infinity';
  /** How far SendingTime (52) may be from our clock. @default any distance */
  readonly sendingTimeToleranceSeconds?: number;
}
