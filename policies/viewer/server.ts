import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import { z } from 'zod';
import { rankCorrelation } from '../evaluation/significance.ts';
import { advance, emptyView, type ViewState } from './history.ts';
import { type PageFile, pageFiles } from './page-files.ts';
import { relay } from './relay.ts';
import { type PageEvent, type ViewEvent, viewEvent } from './view.ts';

export interface ViewerOptions {
  /** Bind address. Anyone who reaches it can watch; nobody can act. @default 127.0.0.1 */
  readonly host?: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Host names by which a browser may call it, besides addresses, localhost and `host`. */
  readonly names?: readonly string[];
  /** What `buildPage` made. */
  readonly pageDirectory: string;
}

const MOST_CONNECTIONS = 64;
/** A page that does not read is cut off when this much waits for it; it comes back by itself and gets all. */
const MOST_WAITING_BYTES = 8 << 20;

/** Nothing from elsewhere, nothing inline, nobody's frame. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
} as const;

/**
 * Serves the page and what it shows: `/api/state` (all of it, JSON) and `/api/events` (server-sent events: first one
 * named "state" with all of it, then each event as it is published). Read only.
 */
export class ViewerServer {
  readonly #options: ViewerOptions;
  readonly #host: string;
  readonly #files: ReadonlyMap<string, PageFile>;
  readonly #server: http.Server;
  readonly #listeners = new Set<ServerResponse>();
  #view: ViewState = emptyView;
  #relay: { readonly stop: AbortController; readonly done: Promise<void> } | undefined;

  /** @throws Error when `pageDirectory` holds no page */
  constructor(options: ViewerOptions) {
    this.#options = options;
    this.#host = options.host ?? '127.0.0.1';
    this.#files = pageFiles(options.pageDirectory);
    this.#server = http.createServer(
      { maxHeaderSize: 8192, headersTimeout: 5000, requestTimeout: 10_000, keepAliveTimeout: 5000 },
      (request, response) => this.#answer(request, response),
    );
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  /** All that a page would show now. */
  get view(): ViewState {
    return this.#view;
  }

  /** @throws Error naming host, port and the fix when it cannot listen */
  async start(): Promise<{ readonly url: string }> {
    const host = this.#host;
    const { port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => reject(listenFailure(host, port, error)));
      this.#server.listen({ host, port }, resolve);
    });
    const bound = (this.#server.address() as AddressInfo).port;
    return { url: `http://${isIP(host) === 6 ? `[${host}]` : host}:${bound}/` };
  }

  /** Shows an event to every page, now and to come. @throws Error when it is not a ViewEvent */
  publish(event: ViewEvent): void {
    const parsed = viewEvent.safeParse(event);
    if (!parsed.success) throw new Error(`view event "${event.kind}": ${z.prettifyError(parsed.error)}`);
    const shown: PageEvent =
      parsed.data.kind === 'runtime' ? { ...parsed.data, skill: skillOf(parsed.data.snapshot) } : parsed.data;
    this.#view = advance(this.#view, shown);
    if (this.#listeners.size === 0) return;
    const text = `data: ${JSON.stringify(shown)}\n\n`;
    for (const response of this.#listeners) {
      if (response.writableLength > MOST_WAITING_BYTES) response.destroy();
      else response.write(text);
    }
  }

  /** Follows a runtime's /stream from now on, instead of the one before. */
  relay(url: string): void {
    const before = this.#relay;
    before?.stop.abort();
    const stop = new AbortController();
    const done = Promise.all([before?.done, relay(url, (event) => this.publish(event), stop.signal)]);
    this.#relay = { stop, done: done.then(() => undefined) };
  }

  /** Ends streams and the relay, and waits until the port is free. */
  async stop(): Promise<void> {
    this.#relay?.stop.abort();
    await this.#relay?.done;
    for (const response of this.#listeners) response.end();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    if (!this.#isAddressedHere(request.headers.host)) {
      return refuse(response, 421, 'this host name is not mine: use an address, localhost or the configured host');
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return refuse(response, 405, `${request.method} is not allowed, GET is`);
    }
    const target = request.url ?? '/';
    const pathname = URL.canParse(target, 'http://localhost') ? new URL(target, 'http://localhost').pathname : '';
    if (pathname === '/api/state') return send(response, 200, 'application/json', JSON.stringify(this.#view));
    if (pathname === '/api/events') return this.#listen(request, response);
    const file = this.#files.get(pathname);
    if (file === undefined) return refuse(response, 404, 'nothing is here; the page is at /');
    send(response, 200, file.contentType, file.bytes, pathname.startsWith('/assets/'));
  }

  /** A foreign page can point a name of its own at this address, but not make a browser say another name. */
  #isAddressedHere(header: string | undefined): boolean {
    const host = (header ?? '')
      .replace(/:\d+$/, '')
      .replace(/^\[(.*)\]$/, '$1')
      .toLowerCase();
    const mine = [
      'localhost',
      this.#host.toLowerCase(),
      ...(this.#options.names ?? []).map((name) => name.toLowerCase()),
    ];
    return isIP(host) !== 0 || (host !== '' && mine.includes(host));
  }

  #listen(request: IncomingMessage, response: ServerResponse): void {
    response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    response.once('close', () => this.#listeners.delete(response));
    this.#listeners.add(response);
    response.write(`retry: 1000\nevent: state\ndata: ${JSON.stringify(this.#view)}\n\n`);
  }
}

/** Rank correlation of forecast and outcome per horizon; null where it is not defined. */
function skillOf({ forecasts, horizonsUs }: Extract<PageEvent, { kind: 'runtime' }>['snapshot']): (number | null)[] {
  return horizonsUs.map((_, horizon) => {
    const pairs = forecasts.filter(
      (pair) => pair.horizon === horizon && Number.isFinite(pair.mean) && Number.isFinite(pair.realised),
    );
    const skill = rankCorrelation(
      pairs.map(({ mean }) => mean),
      pairs.map(({ realised }) => realised),
    );
    return Number.isNaN(skill) ? null : skill;
  });
}

function refuse(response: ServerResponse, status: number, error: string): void {
  send(response, status, 'application/json', `${JSON.stringify({ error })}\n`);
}

/** @param immutable the path names its content, so a browser may keep it */
function send(
  response: ServerResponse,
  status: number,
  contentType: string,
  body: string | Buffer,
  immutable = false,
): void {
  response.writeHead(status, {
    ...HEADERS,
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': immutable ? 'public, max-age=31536000, immutable' : 'no-store',
  });
  response.end(body);
}

function listenFailure(host: string, port: number, error: NodeJS.ErrnoException): Error {
  const problems: Readonly<Record<string, string>> = {
    EADDRINUSE: 'the port is in use; stop the process that has it, or choose another (0: any free one)',
    EACCES: 'the port may not be opened by this user; choose one from 1024 on',
    EADDRNOTAVAIL: 'the host is not an address of this machine',
    ENOTFOUND: 'the host is not known',
  };
  return new Error(`page ${host}:${port}: ${problems[error.code ?? ''] ?? error.message}`, { cause: error });
}
