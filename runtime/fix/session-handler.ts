import type { MarketData } from './market-data.ts';
import type { DecodeError, FieldReader } from './message.ts';

/** What a session tells its owner. Every callback runs inside the store's transaction of the chunk that caused it. */
export interface SessionHandler {
  /** @param timeUs SendingTime (52) of the peer's Logon */
  onLogon(timeUs: number): void;
  /** The session ended: by Logout, by the peer's silence, or because the transport closed. */
  onLogout(reason: string): void;
  /** W or X. */
  onMarketData(message: MarketData): void;
  /** Any other application message, and 35=3. */
  onMessage(message: FieldReader): void;
  /**
   * A TestRequest(1), before its Heartbeat is queued: whatever is sent here precedes the answer. The simulated venue
   * ends each of its steps with one.
   */
  onTestRequest(id: string): void;
  /** A Heartbeat(0) that answers our TestRequest. */
  onHeartbeat(id: string): void;
  onDecodeError(error: DecodeError): void;
  /**
   * The peer will not send the messages `from`…`to` again (gap fill or sequence reset). What they held is lost unless
   * it is asked for: market data must be subscribed to anew before its books may be trusted.
   */
  onGap?(from: number, to: number): void;
}
