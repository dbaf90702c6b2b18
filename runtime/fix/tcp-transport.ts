import net from 'node:net';
import tls from 'node:tls';
import { sleepMs } from '../clock.ts';
import type { Transport } from './transport.ts';

/** Bytes that may wait for a peer that does not read; above it the connection is given up. */
const MAX_WAITING_BYTES = 64 << 20;
/** Time for the last bytes to leave after `close`, before the connection is cut. */
const CLOSE_GRACE_MS = 2000;

/** What a connection needs to be encrypted. Certificates and keys in PEM. */
export interface TlsOptions {
  /** Who is trusted, instead of the system's authorities. */
  readonly ca?: string;
  /** Our own certificate and its key: an acceptor's always, an initiator's where the venue asks for it. */
  readonly cert?: string;
  readonly key?: string;
  /** The name that the venue's certificate must have. @default the host */
  readonly servername?: string;
  /** The acceptor takes only peers whose certificate `ca` has signed. @default false */
  readonly requirePeer?: boolean;
}

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
  /** @default plain TCP */
  readonly tls?: TlsOptions;
}): Promise<Transport> {
  const { host, port, timeoutSeconds, signal } = options;
  signal?.throwIfAborted();
  const settled = new AbortController();
  const socket = options.tls === undefined ? net.connect({ host, port }) : tls.connect({ ...options.tls, host, port });
  const isReady = options.tls === undefined ? 'connect' : 'secureConnect';
  try {
    await new Promise<void>((resolve, reject) => {
      const abort = () => reject(signal?.reason);
      signal?.addEventListener('abort', abort, { once: true, signal: settled.signal });
      socket.once(isReady, resolve);
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
  /** Needs `cert` and `key`. @default plain TCP */
  readonly tls?: TlsOptions;
}): Promise<TcpListener> {
  const { host, port, onConnection } = options;
  const sockets = new Set<net.Socket>();
  const take = (socket: net.Socket) => onConnection(new TcpTransport(socket));
  const server =
    options.tls === undefined ? net.createServer({ noDelay: true }, take) : secureServer(options.tls, take);
  // A connection counts from its first byte, also one whose handshake never ends.
  server.on('connection', (socket: net.Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
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

function secureServer(options: TlsOptions, take: (socket: net.Socket) => void): tls.Server {
  const { requirePeer = false, ...certificates } = options;
  const server = tls.createServer({ ...certificates, requestCert: requirePeer, rejectUnauthorized: requirePeer }, take);
  // A handshake that fails is the peer's affair: its connection is closed, nothing else.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return server;
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
