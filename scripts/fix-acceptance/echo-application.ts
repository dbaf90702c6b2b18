import type { FieldReader } from '../../runtime/fix/message.ts';
import type { Session } from '../../runtime/fix/session.ts';
import type { SessionHandler } from '../../runtime/fix/session-handler.ts';
import { writeBusinessReject } from '../../runtime/fix/session-reject.ts';

/** Header fields that belong to a connection, not to what is said. */
const OF_THE_CONNECTION = new Set([8, 9, 34, 35, 43, 49, 52, 56, 122, 10]);
const POSS_RESEND = 97;
const CL_ORD_ID = 11;
/** BusinessRejectReason (380): unsupported message type. */
const UNSUPPORTED = 3;

/**
 * The application that the scripts are written for: it sends an order or a security definition back as it came, an order
 * that is resent only once, and supports nothing else.
 */
export class EchoApplication implements SessionHandler {
  session: Session | undefined;
  readonly #isFixt: boolean;
  readonly #orders = new Set<string>();

  constructor(beginString: string) {
    this.#isFixt = beginString === 'FIXT.1.1';
  }

  onMessage(message: FieldReader): void {
    const { msgType, seqNum } = message;
    if (msgType === '3' || msgType === 'j') return;
    if (msgType !== 'D' && msgType !== 'd') {
      const text = 'Unsupported Message Type';
      this.session?.send('j', (body) => {
        writeBusinessReject(body, { seqNum, msgType, reason: UNSUPPORTED, text });
        // The scripts' own application repeats the session's application version here.
        if (this.#isFixt) body.text(1137, '9');
      });
      return;
    }
    const clOrdId = message.text(CL_ORD_ID);
    if (clOrdId !== undefined) {
      if (message.text(POSS_RESEND) === 'Y' && this.#orders.has(clOrdId)) return;
      this.#orders.add(clOrdId);
    }
    const fields = [...message.fields()].filter(([tag]) => !OF_THE_CONNECTION.has(tag));
    const header = fields.filter(([tag]) => tag === POSS_RESEND);
    const others = fields.filter(([tag]) => tag !== POSS_RESEND).sort(([a], [b]) => a - b);
    this.session?.send(msgType, (body) => {
      for (const [tag, text] of [...header, ...others]) body.text(tag, text);
    });
  }

  onLogout(): void {
    this.#orders.clear();
  }

  onLogon(): void {}
  onMarketData(): void {}
  onTestRequest(): void {}
  onHeartbeat(): void {}
  onDecodeError(): void {}
}
