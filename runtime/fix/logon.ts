import type { BodyWriter } from './encoder.ts';
import type { FieldReader } from './message.ts';
import type { SessionOptions } from './session-options.ts';

/** DefaultApplVerID (1137) of FIX 5.0 SP2. */
const FIX50SP2 = '9';
const HEARTBEAT_SECONDS_MAX = 3600;

/** Body of Logon (A). @param reset both sequences begin at 1 */
export function writeLogon(body: BodyWriter, options: SessionOptions, heartbeatSeconds: number, reset: boolean): void {
  body.integer(98, 0).integer(108, heartbeatSeconds);
  if (reset) body.text(141, 'Y');
  if (options.beginString === 'FIXT.1.1') body.text(1137, options.defaultApplVerId ?? FIX50SP2);
}

/** Why a Logon's terms cannot be had; undefined when they can. @throws FixFieldError */
export function logonDefect(logon: FieldReader, beginString: string): string | undefined {
  if (beginString === 'FIXT.1.1' && !logon.has(1137)) return 'DefaultApplVerID (1137) is missing';
  const encryptMethod = logon.text(98);
  if (encryptMethod !== '0') return `EncryptMethod (98) is wrong (${encryptMethod}), 0 is allowed`;
  const heartbeatSeconds = logon.integer(108) ?? 0;
  if (heartbeatSeconds >= 1 && heartbeatSeconds <= HEARTBEAT_SECONDS_MAX) return undefined;
  return `HeartBtInt (108) is wrong (${heartbeatSeconds}), 1 to ${HEARTBEAT_SECONDS_MAX} is allowed`;
}
