import { InputError } from '../../runtime/boot/documents.ts';

/** Messages are kept readable in here: `|` stands for it. */
export const SOH = '\x01';

/** One step of a script in the language of the `.def` files. `connection` tells several peers apart, 1 unless said. */
export type Step =
  | { readonly kind: 'send' | 'expect'; readonly line: number; readonly connection: number; readonly message: string }
  | {
      readonly kind: 'connect' | 'disconnect' | 'expectDisconnect';
      readonly line: number;
      readonly connection: number;
    };

/**
 * Reads a script: `I` sends a message, `E` expects one, `iCONNECT` and `iDISCONNECT` act, `eDISCONNECT` expects the
 * other side to close; `I2,…` is said on connection 2. `#` and blank lines say nothing.
 * @throws InputError naming file, line and what is wrong with it
 */
export function readDefinition(text: string, file: string): Step[] {
  const steps: Step[] = [];
  text.split('\n').forEach((raw, index) => {
    const line = raw.replace(/\r$/, '').replaceAll(SOH, '|');
    if (line.length === 0 || line.startsWith('#')) return;
    const match = /^([IEie])(?:(\d),)?(.*)$/s.exec(line);
    const [, letter = '', digit = '1', rest = ''] = match ?? [];
    const place = { line: index + 1, connection: Number(digit) };
    if (letter === 'I') steps.push({ kind: 'send', ...place, message: rest });
    else if (letter === 'E') steps.push({ kind: 'expect', ...place, message: rest });
    else if (letter === 'i' && rest === 'CONNECT') steps.push({ kind: 'connect', ...place });
    else if (letter === 'i' && rest === 'DISCONNECT') steps.push({ kind: 'disconnect', ...place });
    else if (letter === 'e' && rest === 'DISCONNECT') steps.push({ kind: 'expectDisconnect', ...place });
    else if (letter === 'e' && rest === 'CONNECT') return;
    else
      throw new InputError(
        `${file}:${index + 1}: "${line.slice(0, 60)}" is no step, I…, E…, iCONNECT, iDISCONNECT and eDISCONNECT are allowed`,
      );
  });
  return steps;
}

/** Who the scripts of a folder expect to talk to. */
export interface Identity {
  readonly beginString: string;
  /** SenderCompID and TargetCompID of what is expected: ours and the peer's. */
  readonly ours: string;
  readonly peer: string;
}

/** The identity that most expected messages of a folder have; undefined when there is none. */
export function identityOf(scripts: readonly (readonly Step[])[]): Identity | undefined {
  const counts = new Map<string, number>();
  for (const steps of scripts) {
    for (const step of steps) {
      if (step.kind !== 'expect') continue;
      const identity = [8, 49, 56].map((tag) => fieldOf(step.message, tag)).join('|');
      counts.set(identity, (counts.get(identity) ?? 0) + 1);
    }
  }
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  if (most === undefined) return undefined;
  const [beginString = '', ours = '', peer = ''] = most[0].split('|');
  return { beginString, ours, peer };
}

export function fieldOf(message: string, tag: number): string {
  return new RegExp(`(?:^|\\|)${tag}=([^|]*)\\|`).exec(message)?.[1] ?? '';
}

/** A message of a script as it is sent: times filled in, length and checksum added where the script gives none. */
export function complete(message: string, utcSeconds: number): string {
  const timed = message.replaceAll(/<TIME(?:([+-])(\d+))?>/g, (_, sign: string | undefined, seconds = '0') =>
    timestamp(utcSeconds + (sign === '-' ? -1 : 1) * Number(seconds)),
  );
  const head = /^8=[^|]*\|/.exec(timed)?.[0];
  if (head === undefined) return timed;
  let body = timed.slice(head.length);
  const trailer = /(?<=\|)10=[^|]*\|$/.exec(body)?.[0];
  if (trailer !== undefined) body = body.slice(0, -trailer.length);
  const counted = /^9=[^|]*\|/.test(body) ? `${head}${body}` : `${head}9=${body.length}|${body}`;
  if (trailer !== undefined) return `${counted}${trailer}`;
  let sum = 0;
  for (const byte of wire(counted)) sum += byte;
  return `${counted}10=${String(sum % 256).padStart(3, '0')}|`;
}

/** A readable message as bytes. */
export function wire(message: string): Uint8Array {
  return Buffer.from(message.replaceAll('|', SOH), 'latin1');
}

function timestamp(utcSeconds: number): string {
  return new Date(utcSeconds * 1000).toISOString().slice(0, 19).replaceAll('-', '').replace('T', '-');
}
