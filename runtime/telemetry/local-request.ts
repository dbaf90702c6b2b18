import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

const LOOPBACK_V4 = /^(?:::ffff:)?127\./;

function isLoopback(address: string): boolean {
  return address === '::1' || (isIP(address.replace('::ffff:', '')) === 4 && LOOPBACK_V4.test(address));
}

/** True when a request comes from this machine and was addressed to it by its own name or address. */
export function isLocalRequest(request: Pick<IncomingMessage, 'headers' | 'socket'>): boolean {
  if (!isLoopback(request.socket.remoteAddress ?? '')) return false;
  const host = (request.headers.host ?? '').replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return host === 'localhost' || isLoopback(host);
}
