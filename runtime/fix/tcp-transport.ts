import net from 'node:net';
import { sleepMs } from '../clock.ts';
import type { Transport } from './transport.ts';

/** Bytes that may wait for a peer that does not read; above it the connection is given up. */
const MAX_WAITING_BYTES = 64 << 20;
/** Time for the last bytes to leave after `close`, before the connection is cut. */
const CLOSE_GRACE_MS = 2000;

class TcpTransport implements Transport {
  readonly #socket: net.Socket;
  readonly #peer: string;
  #error: Error | undefined;
  #closed = false;
  #closing = false;
  #onClose: ((error?: Error) => void) | undefined;

  constructor(socket: net.Socket) {
    this.#socket = socket;
    this.#peer = `${socket.remoteAddress}:${socket.remotePort}`;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 10_000);
    socket.on('error', (error) => {
      this.#error ??= new Error(`${this.#peer}: the connection failed (${error.message})`, { cause: error });
    });
    socket.once('close', () => {
      this.#closed = true;
      this.#onClose?.(this.#error);
    });
  }

  send(bytes: Uint8Array): void {
    if (this.#closing || this.#closed) return;
    this.#socket.write(new Uint8Array(bytes));
    const waiting = this.#socket.writableLength;
    if (waiting <= MAX_WAITING_BYTES) return;
    const limit = `at most ${MAX_WAITING_BYTES} are allowed`;
    this.#socket.destroy(new Error(`the peer does not read, ${waiting} bytes wait, ${limit}`));
  }

  onData(listener: (chunk: Uint8Array) => void): void {
    this.#socket.on('data', (chunk: Buffer) => {
      if (!this.#closing) listener(chunk);
    });
  }

  onClose(listener: (error?: Error) => void): void {
    this.#onClose = listener;
    if (this.#closed) listener(this.#error);
  }

  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    if (this.#closed) return;
    const left = new AbortController();
    this.#socket.once('close', () => left.abort());
    this.#socket.resume();
    this.#socket.destroySoon();
    sleepMs(CLOSE_GRACE_MS, left.signal).then(
      () => this.#socket.destroy(),
      () => undefined,
    );
  }
}

/**
 * Connects to a venue.
 * @throws Error naming host, port and cause; the signal's reason when aborted
 */
export async function connectTcp(options: {
  readonly host: string;
  readonly port: number;
  readonly timeoutSeconds: number;
  readonly signal?: AbortSignal;
}): Promise<Transport> {
  const { host, port, timeoutSeconds, signal } = options;
  signal?.throwIfAborted();
  const settled = new AbortController();
  const socket = net.connect({ host, port });
  try {
    await new Promise<void>((resolve, reject) => {
      const abort = () => reject(signal?.reason);
      signal?.addEventListener('abort', abort, { once: true, signal: settled.signal });
      socket.once('connect', resolve);
      socket.once('error', (error: NodeJS.ErrnoException) => {
        reject(new Error(`${host}:${port}: cannot connect (${error.code ?? error.message})`, { cause: error }));
      });
      sleepMs(timeoutSeconds * 1000, settled.signal).then(
        () => reject(new Error(`${host}:${port}: no connection within ${timeoutSeconds} s`)),
        () => undefined,
      );
    });
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    settled.abort();
  }
  return new TcpTransport(socket);
}

export interface TcpListener {
  /** The port in use: the one asked for, or the one found when 0 was asked for. */
  readonly port: number;
  /** Stops listening and cuts every connection. */
  close(): Promise<void>;
}

/**
 * Listens for counterparties.
 * @throws Error naming host, port and the way out, when the address cannot be had
 */
export async function listenTcp(options: {
  readonly host: string;
  readonly port: number;
  readonly onConnection: (transport: Transport) => void;
}): Promise<TcpListener> {
  const { host, port, onConnection } = options;
  const sockets = new Set<net.Socket>();
  const server = net.createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    onConnection(new TcpTransport(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(host, port, error)));
    server.listen({ host, port }, resolve);
  });
  return {
    port: (server.address() as net.AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function listenError(host: string, port: number, error: NodeJS.ErrnoException): Error {
  const why =
    error.code === 'EADDRINUSE'
      ? 'the port is in use: stop the process that has it, or choose another port (0 finds a free one)'
      : error.code === 'EACCES'
        ? 'the port is reserved for the system: choose one above 1023'
        : error.code === 'EADDRNOTAVAIL'
          ? 'the address does not belong to this machine: choose 127.0.0.1 or another of its own'
          : error.message;
  return new Error(`${host}:${port}: cannot listen, ${why}`, { cause: error });
}
