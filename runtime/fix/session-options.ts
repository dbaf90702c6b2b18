import type { Clock } from '../clock.ts';
import type { InstrumentTable } from '../instrument.ts';
import type { SessionStore } from './session-store.ts';

export type SessionState = 'disconnected' | 'connecting' | 'active' | 'loggingOut';

export interface SessionOptions {
  readonly role: 'initiator' | 'acceptor';
  readonly beginString: 'FIX.4.4';
  readonly senderCompId: string;
  readonly targetCompId: string;
  /** HeartBtInt (108) that the initiator asks for; the acceptor takes what it is asked. */
  readonly heartbeatSeconds: number;
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly instruments: InstrumentTable;
  /** Message types that are kept and sent again on a ResendRequest; all others are gap-filled. */
  readonly replayable: (msgType: string) => boolean;
  /** The initiator asks for both sequences to begin at 1. @default false */
  readonly resetOnLogon?: boolean;
}
