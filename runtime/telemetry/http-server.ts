import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { stringify } from 'yaml';
import { EventStream } from './event-stream.ts';
import { isLocalRequest } from './local-request.ts';

/** `because` is for a person; empty when all is well. */
export interface Condition {
  readonly ok: boolean;
  readonly because: readonly string[];
}

/** What the server shows and does; every member is asked at the time of a request. */
export interface HttpSources {
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
  /** False only when the process should be restarted. */
  health(): Condition;
  /** True when it may trade: feed synced, model warm, session up. */
  readiness(): Condition;
  /** The whole state as plain data. */
  audit(): object;
  /** What the page shows, small enough for a few times a second. */
  snapshot(): object;
  /** Flattens; resolves with the outcome. */
  flatten(reason: string): Promise<{ readonly outcome: 'flat' | 'unknown' }>;
}

export interface HttpOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly sources: HttpSources;
  /** Time between two events of /stream. @default 250 */
  readonly streamIntervalMs?: number;
}

export interface HttpServer {
  readonly host: string;
  readonly port: number;
  /** Ends open streams and waits until the port is free. */
  close(): Promise<void>;
}

const CONFIRM_HEADER = 'x-emp-confirm';
const MOST_CONNECTIONS = 64;
const MOST_STREAMS = 16;
const MOST_BODY_BYTES = 1024;

type Route = (request: IncomingMessage, response: ServerResponse, url: URL) => void | Promise<void>;

/**
 * The runtime's window: metrics, health, audit, a live stream, and the one act that may be asked for by HTTP, which
 * only reduces risk. Every input is bounded.
 *
 * @throws Error naming host, port and the fix when it cannot listen.
 */
export async function listenHttp(options: HttpOptions): Promise<HttpServer> {
  const { host, sources } = options;
  const stream = new EventStream(() => sources.snapshot(), options.streamIntervalMs ?? 250, MOST_STREAMS);
  const routes = routesOf(sources, stream);
  const server = http.createServer(
    { maxHeaderSize: 8192, headersTimeout: 5000, requestTimeout: 10_000, keepAliveTimeout: 5000 },
    (request, response) => {
      // Nothing here may end the process: a failing answer is one answer.
      handle(routes, request, response).catch((error: Error) => fail(response, error));
    },
  );
  server.maxConnections = MOST_CONNECTIONS;
  await listen(server, host, options.port);
  return {
    host,
    port: (server.address() as AddressInfo).port,
    close: async () => {
      await stream.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function routesOf(sources: HttpSources, stream: EventStream): ReadonlyMap<string, Readonly<Record<string, Route>>> {
  const get = (route: Route): Readonly<Record<string, Route>> => ({ GET: route, HEAD: route });
  return new Map([
    [
      '/metrics',
      get(async (_request, response) => {
        const { contentType, text } = await sources.metrics();
        answer(response, 200, contentType, text);
      }),
    ],
    ['/healthz', get((_request, response) => answerCondition(response, sources.health()))],
    ['/readyz', get((_request, response) => answerCondition(response, sources.readiness()))],
    ['/audit', get((request, response, url) => answerAudit(request, response, url, sources.audit()))],
    ['/stream', { GET: (_request, response) => answerStream(response, stream) }],
    ['/flatten', { POST: (request, response) => answerFlatten(request, response, sources) }],
  ]);
}

async function handle(
  routes: ReadonlyMap<string, Readonly<Record<string, Route>>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = parseUrl(request.url ?? '/');
  if (url === undefined) return refuse(response, 400, `the address ${request.url} is not one`);
  const methods = routes.get(url.pathname);
  if (methods === undefined) {
    return refuse(response, 404, `${url.pathname} is not here; these are: ${[...routes.keys()].join(', ')}`);
  }
  const route = methods[request.method ?? ''];
  if (route === undefined) {
    const allowed = Object.keys(methods).join(', ');
    response.setHeader('allow', allowed);
    return refuse(response, 405, `${request.method} ${url.pathname} is not allowed, ${allowed} is`);
  }
  if (!hasSmallBody(request)) {
    response.setHeader('connection', 'close');
    return refuse(response, 413, `the body is too large, at most ${MOST_BODY_BYTES} bytes are allowed`);
  }
  request.resume();
  await route(request, response, url);
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text, 'http://localhost') ? new URL(text, 'http://localhost') : undefined;
}

/** Nothing here reads a body, so one of unknown length has no reason to come. */
function hasSmallBody(request: IncomingMessage): boolean {
  if (request.headers['transfer-encoding'] !== undefined) return false;
  return Number(request.headers['content-length'] ?? 0) <= MOST_BODY_BYTES;
}

function answerCondition(response: ServerResponse, { ok, because }: Condition): void {
  answerJson(response, ok ? 200 : 503, { ok, because });
}

function answerAudit(request: IncomingMessage, response: ServerResponse, url: URL, audit: object): void {
  const format = url.searchParams.get('format') ?? (/\byaml\b/.test(request.headers.accept ?? '') ? 'yaml' : 'json');
  if (format === 'json') answerJson(response, 200, audit);
  else if (format === 'yaml') answer(response, 200, 'application/yaml; charset=utf-8', stringify(audit));
  else refuse(response, 400, `format is wrong (${format}), json and yaml are allowed`);
}

function answerStream(response: ServerResponse, stream: EventStream): void {
  if (!stream.add(response)) refuse(response, 503, `${MOST_STREAMS} streams are open, no more are allowed`);
}

/**
 * Flatten is for an operator on this machine. The header cannot be set by a form of a foreign page without a preflight
 * that nobody answers, and a name that resolves here from elsewhere does not pass as this machine's own.
 */
async function answerFlatten(request: IncomingMessage, response: ServerResponse, sources: HttpSources): Promise<void> {
  if (!isLocalRequest(request)) return refuse(response, 403, 'flatten is allowed from this machine only');
  if (request.headers[CONFIRM_HEADER] !== 'flatten') {
    return refuse(response, 400, `send the header "${CONFIRM_HEADER}: flatten" to confirm`);
  }
  const result = await sources.flatten('http');
  answerJson(response, result.outcome === 'flat' ? 200 : 504, result);
}

function refuse(response: ServerResponse, status: number, error: string): void {
  answerJson(response, status, { error });
}

function fail(response: ServerResponse, error: Error): void {
  if (response.headersSent) response.destroy();
  else refuse(response, 500, error.message);
}

function answerJson(response: ServerResponse, status: number, body: object): void {
  answer(response, status, 'application/json; charset=utf-8', `${JSON.stringify(body)}\n`);
}

function answer(response: ServerResponse, status: number, contentType: string, text: string): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(text);
}

function listen(server: http.Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenFailure(host, port, error)));
    server.listen({ host, port }, resolve);
  });
}

function listenFailure(host: string, port: number, error: NodeJS.ErrnoException): Error {
  const where = `http ${host}:${port}`;
  const problems: Readonly<Record<string, string>> = {
    EADDRINUSE:
      'the port is in use; stop the process that has it, or choose another with --http-port (0: any free one)',
    EACCES: 'the port may not be opened by this user; choose one from 1024 on with --http-port',
    EADDRNOTAVAIL: 'the host is not an address of this machine; correct http.host',
    ENOTFOUND: 'the host is not known; correct http.host',
  };
  return new Error(`${where}: ${problems[error.code ?? ''] ?? error.message}`, { cause: error });
}
