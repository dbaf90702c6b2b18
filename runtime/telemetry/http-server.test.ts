import http from 'node:http';
import net from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { parse } from 'yaml';
import { sleepMs } from '../clock.ts';
import { type HttpSources, listenHttp } from './http-server.ts';
import { isLocalRequest } from './local-request.ts';

const sources: HttpSources = {
  metrics: () => Promise.resolve({ contentType: 'text/plain; version=0.0.4', text: 'emp_x 1\n' }),
  health: () => ({ ok: true, because: [] }),
  readiness: () => ({ ok: false, because: ['model is cold'] }),
  audit: () => ({ schema: 'emp/audit/v1', positionLots: { AAA: 3 } }),
  snapshot: () => ({ tick: 1 }),
  flatten: () => Promise.resolve({ outcome: 'flat' }),
};

async function serve(t: ExecutionContext, changes: Partial<HttpSources> = {}): Promise<string> {
  const server = await listenHttp({
    host: '127.0.0.1',
    port: 0,
    sources: { ...sources, ...changes },
    streamIntervalMs: 5,
  });
  t.teardown(() => server.close());
  return `http://127.0.0.1:${server.port}`;
}

/** A raw request, for what fetch would not send. */
function raw(base: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(new URL(base).port), '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

test('metrics, health, readiness and audit', async (t) => {
  const base = await serve(t);
  const metrics = await fetch(`${base}/metrics`);
  t.is(metrics.headers.get('content-type'), 'text/plain; version=0.0.4');
  t.is(await metrics.text(), 'emp_x 1\n');
  const health = await fetch(`${base}/healthz`);
  t.is(health.status, 200);
  t.deepEqual(await health.json(), { ok: true, because: [] });
  const ready = await fetch(`${base}/readyz`);
  t.is(ready.status, 503);
  t.deepEqual(await ready.json(), { ok: false, because: ['model is cold'] });
  t.deepEqual(await (await fetch(`${base}/audit`)).json(), sources.audit());
  t.is((await fetch(`${base}/audit`, { method: 'HEAD' })).status, 200);
});

test('audit as YAML, by query or by Accept', async (t) => {
  const base = await serve(t);
  for (const answer of [
    await fetch(`${base}/audit?format=yaml`),
    await fetch(`${base}/audit`, { headers: { accept: 'application/yaml' } }),
  ]) {
    t.true(answer.headers.get('content-type')?.startsWith('application/yaml'));
    t.deepEqual(parse(await answer.text()), sources.audit());
  }
  const wrong = await fetch(`${base}/audit?format=xml`);
  t.is(wrong.status, 400);
  t.deepEqual(await wrong.json(), { error: 'format is wrong (xml), json and yaml are allowed' });
});

test('what is not here, and what is not allowed', async (t) => {
  const base = await serve(t);
  const missing = await fetch(`${base}/secret`);
  t.is(missing.status, 404);
  t.deepEqual(await missing.json(), {
    error: '/secret is not here; these are: /metrics, /healthz, /readyz, /audit, /stream, /flatten',
  });
  const wrong = await fetch(`${base}/flatten`);
  t.is(wrong.status, 405);
  t.is(wrong.headers.get('allow'), 'POST');
  t.is((await fetch(`${base}/metrics`, { method: 'POST' })).status, 405);
});

test('the stream tells a snapshot again and again, and ends with the server', async (t) => {
  let tick = 0;
  const server = await listenHttp({
    host: '127.0.0.1',
    port: 0,
    streamIntervalMs: 5,
    sources: {
      ...sources,
      snapshot: () => {
        tick++;
        if (tick === 2) throw new Error('no book yet');
        return { tick };
      },
    },
  });
  t.teardown(() => server.close());
  const answer = await fetch(`http://127.0.0.1:${server.port}/stream`);
  t.is(answer.headers.get('content-type'), 'text/event-stream');
  let text = '';
  for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString();
    if (tick >= 3) break;
  }
  t.true(text.startsWith('data: {"tick":1}\n\nevent: failure\ndata: {"error":"no book yet"}\n\n'), text);
  // The server learns that its listener left when the system tells it; from then on nothing is made any more.
  let last = Number.NaN;
  for (let tries = 0; tick !== last && tries < 100; tries++) {
    last = tick;
    await sleepMs(50);
  }
  t.is(tick, last, 'snapshots are made while nobody listens');
});

test('streams are bounded', async (t) => {
  const base = await serve(t);
  const stop = new AbortController();
  for (let i = 0; i < 16; i++) t.is((await fetch(`${base}/stream`, { signal: stop.signal })).status, 200);
  t.is((await fetch(`${base}/stream`, { signal: stop.signal })).status, 503);
  stop.abort();
});

test('flatten needs its header, and tells the outcome', async (t) => {
  const asked: string[] = [];
  let outcome: 'flat' | 'unknown' = 'flat';
  const base = await serve(t, {
    flatten: (reason) => {
      asked.push(reason);
      return Promise.resolve({ outcome });
    },
  });
  const bare = await fetch(`${base}/flatten`, { method: 'POST' });
  t.is(bare.status, 400);
  t.deepEqual(await bare.json(), { error: 'send the header "x-emp-confirm: flatten" to confirm' });
  const confirmed = { method: 'POST', headers: { 'x-emp-confirm': 'flatten' } };
  t.is((await fetch(`${base}/flatten`, confirmed)).status, 200);
  outcome = 'unknown';
  t.is((await fetch(`${base}/flatten`, confirmed)).status, 504);
  t.deepEqual(asked, ['http', 'http']);
  const rebound = await raw(
    base,
    'POST /flatten HTTP/1.1\r\nHost: evil.example\r\nx-emp-confirm: flatten\r\nConnection: close\r\n\r\n',
  );
  t.true(rebound.startsWith('HTTP/1.1 403'), rebound);
  t.is(asked.length, 2);
});

for (const [remoteAddress, host, local] of [
  ['127.0.0.1', 'localhost:9464', true],
  ['::1', '[::1]:9464', true],
  ['::ffff:127.0.0.1', '127.0.0.1', true],
  ['10.0.0.7', 'localhost', false],
  ['127.0.0.1', 'evil.example', false],
  ['127.0.0.1', '127.0.0.1.evil.example', false],
  ['127.0.0.1', '', false],
] as const) {
  test(`${remoteAddress} asking for "${host}" is ${local ? '' : 'not '}local`, (t) => {
    t.is(isLocalRequest({ headers: { host }, socket: { remoteAddress } as net.Socket }), local);
  });
}

test('bounds: headers, bodies, garbage', async (t) => {
  const base = await serve(t);
  const long = await raw(base, `GET /healthz HTTP/1.1\r\nHost: localhost\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`);
  t.true(long.startsWith('HTTP/1.1 431'), long);
  const big = await raw(
    base,
    'POST /flatten HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\nConnection: close\r\n\r\n',
  );
  t.true(big.startsWith('HTTP/1.1 413'), big);
  const chunked = await raw(
    base,
    'POST /flatten HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n',
  );
  t.true(chunked.startsWith('HTTP/1.1 413'), chunked);
  t.true((await raw(base, 'rubbish\r\n\r\n')).startsWith('HTTP/1.1 400'));
  t.true((await raw(base, 'GET // HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')).startsWith('HTTP/1.1 4'));
  t.is((await fetch(`${base}/healthz`)).status, 200, 'and it still answers');
});

test('an answer that cannot be made is one failed answer', async (t) => {
  const base = await serve(t, {
    audit: () => {
      throw new Error('audit broke');
    },
    metrics: () => Promise.reject(new Error('metrics broke')),
  });
  t.is((await fetch(`${base}/audit`)).status, 500);
  t.deepEqual(await (await fetch(`${base}/metrics`)).json(), { error: 'metrics broke' });
  t.is((await fetch(`${base}/healthz`)).status, 200);
});

test('a port in use and a host that is not ours are named with the fix', async (t) => {
  const taken = http.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  t.teardown(() => taken.close());
  const { port } = taken.address() as net.AddressInfo;
  await t.throwsAsync(listenHttp({ host: '127.0.0.1', port, sources }), {
    message: `http 127.0.0.1:${port}: the port is in use; stop the process that has it, or choose another with --http-port (0: any free one)`,
  });
  await t.throwsAsync(listenHttp({ host: '192.0.2.1', port: 0, sources }), {
    message: /not an address of this machine/,
  });
});
