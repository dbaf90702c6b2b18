import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { sleepMs } from '../../runtime/clock.ts';
import { type HttpServer, type HttpSources, listenHttp } from '../../runtime/telemetry/http-server.ts';
import { readEvents, type ServerSentEvent } from './event-lines.ts';
import { advance, type ViewState } from './history.ts';
import { relay } from './relay.ts';
import { promotionEvents, tradingEvents } from './scenario.ts';
import { ViewerServer } from './server.ts';
import type { PageEvent, ViewEvent } from './view.ts';

function pageFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-viewer-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(path.join(folder, 'assets'));
  writeFileSync(path.join(folder, 'index.html'), '<!doctype html>page');
  writeFileSync(path.join(folder, 'assets', 'a.js'), 'script');
  writeFileSync(path.join(folder, 'source.txt'), 'not for the browser');
  return folder;
}

async function serve(t: ExecutionContext): Promise<{ server: ViewerServer; url: string }> {
  const server = new ViewerServer({ port: 0, pageDirectory: pageFolder(t) });
  const { url } = await server.start();
  t.teardown(() => server.stop());
  return { server, url };
}

/** A request that fetch would not send. */
function ask(
  url: string,
  options: http.RequestOptions,
): Promise<{ status: number; allow: string | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { agent: false, ...options }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => {
        text += chunk;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, allow: answer.headers.allow, text }));
    });
    request.on('error', reject);
    request.end();
  });
}

async function listen(t: ExecutionContext, url: string): Promise<AsyncGenerator<ServerSentEvent>> {
  const stop = new AbortController();
  t.teardown(() => stop.abort());
  const { body } = await fetch(`${url}api/events`, { signal: stop.signal });
  return readEvents(body as ReadableStream<Uint8Array>);
}

async function next(events: AsyncGenerator<ServerSentEvent>): Promise<{ name: string; data: unknown }> {
  const { value } = await events.next();
  return { name: value.name, data: JSON.parse(value.data) };
}

/** Waits, a second at most, until it holds. */
async function until(t: ExecutionContext, holds: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !holds(); i++) await sleepMs(10);
  t.true(holds());
}

test('the page, its files, and nothing else', async (t) => {
  const { url } = await serve(t);
  const page = await fetch(url);
  t.is(await page.text(), '<!doctype html>page');
  t.is(page.headers.get('content-type'), 'text/html; charset=utf-8');
  t.is(page.headers.get('cache-control'), 'no-store');
  const policy = page.headers.get('content-security-policy') ?? '';
  t.true(policy.startsWith("default-src 'none'; script-src 'self';"));
  t.notRegex(policy, /unsafe|http|\*/);
  const script = await fetch(`${url}assets/a.js`);
  t.is(await script.text(), 'script');
  t.regex(script.headers.get('cache-control') ?? '', /immutable/);
  for (const wrong of ['source.txt', 'x', '../server.ts', 'assets/../../server.ts', '%2e%2e/server.ts', 'api']) {
    const { status, text } = await ask(url, { path: `/${wrong}` });
    t.is(status, 404, wrong);
    t.deepEqual(JSON.parse(text), { error: 'nothing is here; the page is at /' });
  }
});

test('GET only', async (t) => {
  const { url } = await serve(t);
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    const { status, allow } = await ask(`${url}api/state`, { method });
    t.is(status, 405, method);
    t.is(allow, 'GET, HEAD');
  }
  t.is((await ask(`${url}api/events`, { method: 'HEAD' })).status, 200);
});

test('a name that resolves here from elsewhere is refused', async (t) => {
  const { url } = await serve(t);
  for (const host of ['evil.example', 'evil.example:80', 'localhost.evil.example', '127.0.0.1.evil.example']) {
    t.is((await ask(`${url}api/state`, { headers: { host } })).status, 421, host);
  }
  for (const host of ['localhost', 'LOCALHOST:1', '127.0.0.1:2', '[::1]:3', '192.0.2.7']) {
    t.is((await ask(`${url}api/state`, { headers: { host } })).status, 200, host);
  }
});

test('state and events: who joins late has what the others have', async (t) => {
  const { server, url } = await serve(t);
  const early = await listen(t, url);
  let seen = (await next(early)).data as ViewState;
  t.is(seen.phase, null);
  const said = [...promotionEvents(2), ...tradingEvents(2, 30)];
  for (const event of said) server.publish(event);
  for (const _ of said) {
    const { name, data } = await next(early);
    t.is(name, 'message');
    seen = advance(seen, data as PageEvent);
  }
  const late = await next(await listen(t, url));
  t.is(late.name, 'state');
  t.deepEqual(seen, late.data);
  t.deepEqual(seen, await (await fetch(`${url}api/state`)).json());
  t.is(seen.course.length, 30);
});

test('rank correlation per horizon comes with each snapshot', (t) => {
  const server = new ViewerServer({ port: 0, pageDirectory: pageFolder(t) });
  const [event] = tradingEvents(2, 1) as [ReturnType<typeof tradingEvents>[number]];
  const pair = (horizon: number, mean: number, realised: number) => ({ symbol: 'SIM-S', horizon, mean, realised });
  const forecasts = [
    pair(0, 1, 10),
    pair(0, 2, 20),
    pair(0, 3, 40),
    pair(1, 1, 3),
    pair(1, 2, 2),
    pair(1, 3, 1),
    pair(1, Number.NaN, 9),
    pair(2, 1, 1),
  ];
  server.publish({ kind: 'runtime', snapshot: { ...event.snapshot, forecasts } });
  t.deepEqual(
    server.view.runtime?.skill.map((skill) => skill && Math.round(skill * 1e9) / 1e9),
    [1, -1, null],
  );
});

test('an event that is none is refused where it is published', (t) => {
  const server = new ViewerServer({ port: 0, pageDirectory: pageFolder(t) });
  t.throws(() => server.publish({ kind: 'phase', phase: 'asleep' as 'trading', note: '' }), {
    message: /^view event "phase": .*phase/s,
  });
  t.is(server.view.phase, null);
});

test('a folder without a page, and a port in use', async (t) => {
  const empty = path.join(pageFolder(t), 'assets');
  t.throws(() => new ViewerServer({ port: 0, pageDirectory: empty }), {
    message: `${empty}: has no page (no index.html), a built page is needed`,
  });
  const { url } = await serve(t);
  const port = Number(new URL(url).port);
  const second = new ViewerServer({ port, pageDirectory: pageFolder(t) });
  await t.throwsAsync(second.start(), {
    message: `page 127.0.0.1:${port}: the port is in use; stop the process that has it, or choose another (0: any free one)`,
  });
});

const unused = () => {
  throw new Error('unused');
};

function runtime(t: ExecutionContext, port: number, snapshot: () => object): Promise<HttpServer> {
  const condition = () => ({ ok: true, because: [] });
  const sources: HttpSources = {
    metrics: unused,
    health: condition,
    readiness: condition,
    audit: () => ({}),
    snapshot,
    flatten: unused,
  };
  const started = listenHttp({ host: '127.0.0.1', port, sources, streamIntervalMs: 10 });
  t.teardown(async () => (await started).close());
  return started;
}

test('a runtime is followed through its restart', async (t) => {
  const { server } = await serve(t);
  const events = tradingEvents(2, 40);
  let at = 0;
  const snapshot = () => (events[Math.min(at++, 39)] as (typeof events)[number]).snapshot;
  const first = await runtime(t, 0, snapshot);
  server.relay(`http://127.0.0.1:${first.port}/stream`);
  await until(t, () => server.view.course.length > 2);
  t.is(server.view.link?.state, 'connected');
  await first.close();
  await until(t, () => server.view.link?.state === 'away');
  t.truthy(server.view.link?.because);
  const kept = server.view.runtime?.snapshot.timeUs as number;
  t.truthy(kept, 'the last picture stays');
  await runtime(t, first.port, snapshot);
  await until(t, () => server.view.link?.state === 'connected');
  t.true((server.view.runtime?.snapshot.timeUs as number) > kept);
});

test('nonsense from a runtime is told, not shown', async (t) => {
  const { server } = await serve(t);
  const { port } = await runtime(t, 0, () => ({ timeUs: 'noon' }));
  server.relay(`http://127.0.0.1:${port}/stream`);
  await until(t, () => server.view.link?.state === 'away');
  t.regex(server.view.link?.because ?? '', /the runtime sent no snapshot: .*timeUs/s);
  t.is(server.view.runtime, null);
});

test('a failing snapshot and an absent runtime are told', async (t) => {
  const { server } = await serve(t);
  const { port } = await runtime(t, 0, () => {
    throw new Error('not yet');
  });
  server.relay(`http://127.0.0.1:${port}/stream`);
  await until(t, () => server.view.link?.state === 'away');
  t.regex(server.view.link?.because ?? '', /no snapshot: .*not yet/);
  server.relay(`http://127.0.0.1:${port}/nowhere`);
  await until(t, () => server.view.link?.because === 'the runtime answered 404');
});

test('a runtime that falls silent without hanging up is away', async (t) => {
  const [event] = tradingEvents(2, 1) as [ReturnType<typeof tradingEvents>[number]];
  const mute = http.createServer((_request, response) => response.write(`data: ${JSON.stringify(event.snapshot)}\n\n`));
  await new Promise<void>((resolve) => {
    mute.listen(0, '127.0.0.1', resolve);
  });
  t.teardown(() => {
    mute.close();
    mute.closeAllConnections();
  });
  const said: string[] = [];
  const stop = new AbortController();
  const { port } = mute.address() as AddressInfo;
  const record = (told: ViewEvent) => said.push(told.kind === 'link' ? `${told.state}: ${told.because}` : told.kind);
  const done = relay(`http://127.0.0.1:${port}/stream`, record, stop.signal, 100);
  await until(t, () => said.length >= 3);
  stop.abort();
  await done;
  t.deepEqual(said.slice(0, 3), ['runtime', 'connected: ', 'away: the runtime was silent for 100 ms']);
});
