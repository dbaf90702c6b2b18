import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { SystemClock, sleepMs } from '../clock.ts';
import { memoryTransportPair } from './memory-transport.ts';
import { Session } from './session.ts';
import type { SessionHandler } from './session-handler.ts';
import { MemorySessionStore } from './session-store.ts';
import { connectTcp, listenTcp, type TlsOptions } from './tcp-transport.ts';
import { INSTRUMENTS } from './testing.ts';
import type { Transport } from './transport.ts';

const LOOPBACK = { host: '127.0.0.1', timeoutSeconds: 5 };

async function until(what: string, condition: () => boolean): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (condition()) return;
    await sleepMs(10);
  }
  throw new Error(`waited 5 s in vain for ${what}`);
}

test('memory: bytes are copied, in order, and nothing is nested', (t) => {
  const [left, right] = memoryTransportPair();
  const got: string[] = [];
  let depth = 0;
  right.onData((chunk) => {
    t.is(depth++, 0);
    got.push(Buffer.from(chunk).toString());
    if (got.length < 10_000) right.send(Buffer.from('back'));
    depth--;
  });
  left.onData(() => {
    t.is(depth++, 0);
    left.send(Buffer.from('again'));
    depth--;
  });
  const bytes = Buffer.from('first');
  left.send(bytes);
  bytes.fill(0);
  t.is(got[0], 'first');
  t.is(got.length, 10_000);
});

test('memory: what was sent before close arrives, nothing after it, and both ends hear of it once', (t) => {
  const [left, right] = memoryTransportPair();
  const said: string[] = [];
  right.onData((chunk) => said.push(Buffer.from(chunk).toString()));
  left.onClose(() => said.push('left closed'));
  right.onClose(() => said.push('right closed'));
  left.send(Buffer.from('last'));
  left.close();
  left.close();
  left.send(Buffer.from('late'));
  right.send(Buffer.from('late'));
  t.deepEqual(said, ['last', 'right closed', 'left closed']);
});

test('memory: an exception of one listener reaches the sender, and the rest is delivered', (t) => {
  const [left, right] = memoryTransportPair();
  const said: string[] = [];
  left.onData((chunk) => said.push(Buffer.from(chunk).toString()));
  right.onData(() => {
    right.send(Buffer.from('answer'));
    throw new Error('mine');
  });
  t.throws(() => left.send(Buffer.from('x')), { message: 'mine' });
  t.deepEqual(said, ['answer']);
});

async function conversation(t: ExecutionContext, acceptor?: TlsOptions, initiator?: TlsOptions): Promise<void> {
  const accepted: Transport[] = [];
  const listener = await listenTcp({
    host: '127.0.0.1',
    port: 0,
    onConnection: (peer) => accepted.push(peer),
    ...(acceptor === undefined ? {} : { tls: acceptor }),
  });
  t.teardown(() => listener.close());
  const said: string[] = [];
  const handler = (name: string): SessionHandler => ({
    onLogon: () => said.push(`${name} on`),
    onLogout: (reason) => said.push(`${name} off: ${reason}`),
    onMarketData: (m) => said.push(`${name} ${m.count} entries`),
    onMessage: (m) => said.push(`${name} got ${m.msgType} ${m.text(58)?.length}`),
    onTestRequest: (id) => said.push(`${name} asked ${id}`),
    onHeartbeat: (id) => said.push(`${name} told ${id}`),
    onDecodeError: (error) => said.push(`${name} ${error.kind}`),
  });
  const session = (role: 'initiator' | 'acceptor', senderCompId: string, targetCompId: string) =>
    new Session(
      {
        role,
        beginString: 'FIX.4.4',
        senderCompId,
        targetCompId,
        heartbeatSeconds: 30,
        store: new MemorySessionStore(),
        clock: new SystemClock(),
        instruments: INSTRUMENTS,
        replayable: () => false,
      },
      handler(senderCompId),
    );
  const emp = session('initiator', 'EMP', 'SIM');
  const sim = session('acceptor', 'SIM', 'EMP');
  const transport = await connectTcp({
    ...LOOPBACK,
    port: listener.port,
    ...(initiator === undefined ? {} : { tls: initiator }),
  });
  emp.attach(transport);
  await until('the connection', () => accepted.length === 1);
  sim.attach(accepted[0] as Transport);
  await until('both logons', () => emp.state === 'active' && sim.state === 'active');
  emp.send('B', (body) => body.text(58, 'x'.repeat(300_000)));
  sim.testRequest('1');
  await until('the answers', () => said.includes('SIM told 1') && said.includes('SIM got B 300000'));
  emp.logout();
  await until('both logouts', () => emp.state === 'disconnected' && sim.state === 'disconnected');
  t.deepEqual([...said].sort(), [
    'EMP asked 1',
    'EMP off: logged out',
    'EMP on',
    'SIM got B 300000',
    'SIM off: the peer logged out',
    'SIM on',
    'SIM told 1',
  ]);
}

test('tcp: a session logs on, trades messages and logs out over loopback', (t) => conversation(t));

/** A certificate for localhost and its key, each its own authority; undefined where there is no openssl. */
function selfSigned(t: ExecutionContext, name: string): { cert: string; key: string } | undefined {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-tls-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const [cert, key] = [path.join(folder, 'cert.pem'), path.join(folder, 'key.pem')];
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'];
  try {
    execFileSync('openssl', [...kind, ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  } catch {
    t.log('SKIP: there is no openssl here to make a certificate with');
    return undefined;
  }
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
}

test('tls: the same session, each side showing its certificate', async (t) => {
  const venue = selfSigned(t, 'venue');
  const trader = selfSigned(t, 'trader');
  if (venue === undefined || trader === undefined) return t.pass();
  await conversation(t, { ...venue, ca: trader.cert, requirePeer: true }, { ...trader, ca: venue.cert });
});

test('tls: a venue that nobody vouches for is refused, and so is a peer without a certificate', async (t) => {
  const venue = selfSigned(t, 'venue');
  const other = selfSigned(t, 'other');
  if (venue === undefined || other === undefined) return t.pass();
  const accepted: Transport[] = [];
  const listen = (tls: TlsOptions) =>
    listenTcp({ host: '127.0.0.1', port: 0, onConnection: (peer) => accepted.push(peer), tls });
  const open = await listen(venue);
  const closed = await listen({ ...venue, ca: other.cert, requirePeer: true });
  t.teardown(() => Promise.all([open.close(), closed.close()]).then(() => undefined));
  const stranger = connectTcp({ ...LOOPBACK, port: open.port, tls: { ca: other.cert } });
  await t.throwsAsync(stranger, { message: /cannot connect \((DEPTH_ZERO_SELF_SIGNED_CERT|self.signed certificate)/ });
  const nobody = await connectTcp({ ...LOOPBACK, port: closed.port, tls: { ca: venue.cert } });
  let ended = false;
  nobody.onData(() => undefined);
  nobody.onClose(() => {
    ended = true;
  });
  await until('the end of the connection', () => ended);
  t.is(accepted.length, 0);
});

test('tcp: bytes that came before anybody listened are not lost', async (t) => {
  const listener = await listenTcp({
    host: '127.0.0.1',
    port: 0,
    onConnection: (peer) => peer.send(Buffer.from('hello')),
  });
  t.teardown(() => listener.close());
  const transport = await connectTcp({ ...LOOPBACK, port: listener.port });
  await sleepMs(50);
  let got = '';
  transport.onData((chunk) => {
    got += Buffer.from(chunk).toString();
  });
  await until('hello', () => got === 'hello');
  transport.close();
  t.pass();
});

test('tcp: a port in use, and a port where nobody listens, are named', async (t) => {
  const listener = await listenTcp({ host: '127.0.0.1', port: 0, onConnection: () => undefined });
  const { port } = listener;
  await t.throwsAsync(listenTcp({ host: '127.0.0.1', port, onConnection: () => undefined }), {
    message: `127.0.0.1:${port}: cannot listen, the port is in use: stop the process that has it, or choose another port (0 finds a free one)`,
  });
  await listener.close();
  await t.throwsAsync(connectTcp({ ...LOOPBACK, port }), {
    message: `127.0.0.1:${port}: cannot connect (ECONNREFUSED)`,
  });
});

test('tcp: an aborted connect gives the reason of the abort', async (t) => {
  const controller = new AbortController();
  // An address of the block for documentation: nothing answers there.
  const connecting = connectTcp({ host: '192.0.2.1', port: 9, timeoutSeconds: 5, signal: controller.signal });
  controller.abort(new Error('stopped'));
  await t.throwsAsync(connecting, { message: /stopped|cannot connect/ });
  await t.throwsAsync(connectTcp({ ...LOOPBACK, port: 9, signal: controller.signal }), { message: 'stopped' });
});

test('tcp: a peer that does not read is given up, with the figures', async (t) => {
  const listener = await listenTcp({ host: '127.0.0.1', port: 0, onConnection: () => undefined });
  t.teardown(() => listener.close());
  const transport = await connectTcp({ ...LOOPBACK, port: listener.port });
  let reason: Error | undefined;
  transport.onClose((error) => {
    reason = error;
  });
  const block = Buffer.alloc(16 << 20);
  for (let i = 0; i < 6; i++) transport.send(block);
  await until('the end', () => reason !== undefined);
  t.regex(
    reason?.message ?? '',
    /the connection failed \(the peer does not read, \d+ bytes wait, at most 67108864 are allowed\)/,
  );
});
