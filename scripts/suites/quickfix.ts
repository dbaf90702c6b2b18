/** Suite quickfix: sessions with QuickFIX C++ over TCP, as initiator and as acceptor. */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { gunzipSync } from 'node:zlib';
import { SystemClock, sleepMs } from '../../runtime/clock.ts';
import { benchStream } from '../../runtime/fix/bench.ts';
import { Decoder } from '../../runtime/fix/decoder.ts';
import type { BodyWriter } from '../../runtime/fix/encoder.ts';
import type { FieldReader } from '../../runtime/fix/message.ts';
import { Session, type SessionOptions } from '../../runtime/fix/session.ts';
import type { SessionHandler } from '../../runtime/fix/session-handler.ts';
import { MemorySessionStore } from '../../runtime/fix/session-store.ts';
import { writeMarketDataRequest } from '../../runtime/fix/subscription-messages.ts';
import { connectTcp, listenTcp } from '../../runtime/fix/tcp-transport.ts';
import { INSTRUMENTS } from '../../runtime/fix/testing.ts';
import { fixture } from '../../runtime/fixtures.ts';
import { buildPeer, peerMissing } from './quickfix/build.ts';
import { hold, inFolder, Suite } from './suite.ts';

const PATIENCE_MS = 15_000;
const LIFE_SECONDS = 60;
const ORDER_TIME_US = Date.UTC(2026, 0, 5, 12) * 1000;

/** Keeps what a session tells, one line each. */
class Notes implements SessionHandler {
  readonly lines: string[] = [];
  onMessage: (message: FieldReader) => void = (message) => {
    this.lines.push(`${message.msgType} ${message.text(11) ?? ''}${message.possDup ? ' again' : ''}`);
  };
  onLogon(): void {
    this.lines.push('logon');
  }
  onLogout(reason: string): void {
    this.lines.push(`logout: ${reason}`);
  }
  onMarketData({ snapshot, count, priceTicks, quantityLots }: Parameters<SessionHandler['onMarketData']>[0]): void {
    this.lines.push(`${snapshot ? 'W' : 'X'} ${count} ${priceTicks[0]} ${quantityLots[0]}`);
  }
  onTestRequest(): void {}
  onHeartbeat(id: string): void {
    this.lines.push(`heartbeat ${id}`);
  }
  onDecodeError({ kind, tag }: { kind: string; tag?: number }): void {
    this.lines.push(`! ${kind} ${tag ?? ''}`);
  }
}

/** QuickFIX in a process of its own, and what it prints. */
class Peer {
  readonly lines: string[] = [];
  readonly #process: ChildProcessWithoutNullStreams;

  constructor(binary: string, mode: 'accept' | 'connect', settings: string) {
    this.#process = spawn(binary, [mode, settings, `${LIFE_SECONDS}`]);
    createInterface({ input: this.#process.stdout }).on('line', (line) => this.lines.push(line));
    createInterface({ input: this.#process.stderr }).on('line', (line) => this.lines.push(`error ${line}`));
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('close', resolve));
    this.#process.kill('SIGKILL');
    await ended;
  }
}

/** Waits until some line of `lines` begins so. @throws Error with everything that was said instead */
async function until(lines: readonly string[], beginning: string, count = 1): Promise<void> {
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += 20) {
    if (lines.filter((line) => line.startsWith(beginning)).length >= count) return;
    await sleepMs(20);
  }
  throw new Error(`"${beginning}" did not come ${count} times, but: ${lines.join('; ')}`);
}

function settings(folder: string, dictionary: string, port: number, kind: 'acceptor' | 'initiator'): string {
  const file = path.join(folder, `${kind}.cfg`);
  const address =
    kind === 'acceptor'
      ? [`SocketAcceptPort=${port}`, 'SocketReuseAddress=Y']
      : [`SocketConnectPort=${port}`, 'SocketConnectHost=127.0.0.1', 'ReconnectInterval=1', 'HeartBtInt=5'];
  const lines = [
    '[DEFAULT]',
    `ConnectionType=${kind}`,
    `FileStorePath=${path.join(folder, 'store')}`,
    'StartTime=00:00:00',
    'EndTime=00:00:00',
    'UseDataDictionary=Y',
    `DataDictionary=${dictionary}`,
    '[SESSION]',
    'BeginString=FIX.4.4',
    'SenderCompID=VENUE',
    'TargetCompID=EMP',
    ...address,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

function options(role: SessionOptions['role'], store: MemorySessionStore): SessionOptions {
  return {
    role,
    beginString: 'FIX.4.4',
    senderCompId: 'EMP',
    targetCompId: 'VENUE',
    heartbeatSeconds: 5,
    store,
    clock: new SystemClock(),
    instruments: INSTRUMENTS,
    replayable: (msgType) => msgType === '8' || msgType === 'D',
    sendingTimeToleranceSeconds: 120,
  };
}

function writeOrder(body: BodyWriter, clOrdId: string): void {
  body
    .text(11, clOrdId)
    .text(55, 'AAA')
    .text(54, '1')
    .timestamp(60, ORDER_TIME_US)
    .text(38, '10')
    .text(40, '2')
    .text(44, '12.34');
}

async function freePort(): Promise<number> {
  const listener = await listenTcp({ host: '127.0.0.1', port: 0, onConnection: (transport) => transport.close() });
  await listener.close();
  return listener.port;
}

async function oursInitiates(folder: string, binary: string, dictionary: string): Promise<void> {
  const port = await freePort();
  const peer = new Peer(binary, 'accept', settings(folder, dictionary, port, 'acceptor'));
  try {
    await until(peer.lines, 'up');
    const store = new MemorySessionStore();
    const notes = new Notes();
    const session = new Session(options('initiator', store), notes);
    const connect = async () => session.attach(await connectTcp({ host: '127.0.0.1', port, timeoutSeconds: 5 }));
    await connect();
    await until(notes.lines, 'logon');
    const request = { requestId: 'R1', subscription: 'subscribe', depth: 0, symbols: ['AAA'] } as const;
    session.send('V', (body) => writeMarketDataRequest(body, request));
    await until(notes.lines, 'X 1 1234 0');
    hold(notes.lines.join('; ') === 'logon; W 1 1233 10; X 1 1234 20; X 1 1234 30; X 1 1234 0', notes.lines.join('; '));
    for (let i = 1; i <= 3; i++) session.send('D', (body) => writeOrder(body, `C${i}`));
    await until(notes.lines, '8 C3');
    session.testRequest('PING');
    await until(notes.lines, 'heartbeat PING');
    session.logout();
    await until(notes.lines, 'logout');
    // What came last was never stored, as after a crash: it is asked for, and comes again as what it is.
    store.setNextInbound(store.nextInbound() - 5);
    // Of what we send meanwhile the peer knows nothing until it asks.
    session.send('D', (body) => writeOrder(body, 'C4'));
    notes.lines.length = 0;
    await connect();
    await until(notes.lines, '8 C3 again');
    await until(notes.lines, '8 C4');
    session.logout();
    await until(notes.lines, 'logout');
    const strange = peer.lines.filter((line) => /35=3\||35=j\||^error/.test(line));
    hold(strange.length === 0, `QuickFIX objects: ${strange.join('; ')}`);
    hold(
      peer.lines.some((line) => line.startsWith('app') && line.includes('|43=Y|') && line.includes('|11=C4|')),
      'C4 was not replayed',
    );
  } finally {
    await peer.end();
  }
}

async function theirsInitiates(folder: string, binary: string, dictionary: string): Promise<void> {
  const store = new MemorySessionStore();
  const notes = new Notes();
  const session = new Session(options('acceptor', store), notes);
  let executions = 0;
  const report = (clOrdId: string) => (body: BodyWriter) => {
    body.text(37, `O${++executions}`).text(11, clOrdId).text(17, `E${executions}`).text(150, 'F').text(39, '2');
    body.text(55, 'AAA').text(54, '1').text(151, '0').text(14, '10').text(6, '12.34').text(32, '10').text(31, '12.34');
  };
  const note = notes.onMessage;
  notes.onMessage = (message) => {
    note(message);
    const clOrdId = message.text(11);
    if (message.msgType === 'D' && clOrdId !== undefined) session.send('8', report(clOrdId));
    if (message.msgType !== 'V') return;
    session.send('W', (body) =>
      body.text(262, 'R1').text(55, 'AAA').integer(268, 1).text(269, '0').text(270, '12.33').text(271, '10'),
    );
    session.send('X', (body) =>
      body.text(262, 'R1').integer(268, 1).text(279, '2').text(269, '0').text(55, 'AAA').text(270, '12.33'),
    );
  };
  // A report of the time before it came: it takes number 1, and QuickFIX must ask for it.
  session.send('8', report('EARLY'));
  const listener = await listenTcp({
    host: '127.0.0.1',
    port: 0,
    onConnection: (transport) => {
      if (session.state === 'disconnected') session.attach(transport);
      else transport.close();
    },
  });
  const peer = new Peer(binary, 'connect', settings(folder, dictionary, listener.port, 'initiator'));
  try {
    await until(peer.lines, 'logon');
    await until(notes.lines, 'D Q3');
    const applications = () => peer.lines.filter((line) => line.startsWith('app'));
    await until(peer.lines, 'app', 6);
    const heard = applications().map(
      (line) =>
        `${/\|35=(\w+)/.exec(line)?.[1]} ${/\|11=(\w+)/.exec(line)?.[1] ?? ''}${line.includes('|43=Y|') ? ' again' : ''}`,
    );
    for (const expected of ['8 EARLY again', 'W ', 'X ', '8 Q1', '8 Q2', '8 Q3']) {
      hold(
        heard.some((line) => line.startsWith(expected)),
        `QuickFIX did not hear "${expected}" but ${heard.join('; ')}`,
      );
    }
    const strange = [
      ...peer.lines.filter((line) => /35=3\||35=j\||^error/.test(line)),
      ...notes.lines.filter((line) => /^!|^3 |^j /.test(line)),
    ];
    hold(strange.length === 0, `objections: ${strange.join('; ')}`);
    session.logout();
    await until(notes.lines, 'logout: logged out');
  } finally {
    await peer.end();
    await listener.close();
  }
}

/**
 * How many times the messages that QuickFIX decodes (dictionary, length, checksum) ours decodes of the same 20,000, each
 * by the processor time of one core, since a busy machine distorts any other.
 */
function decodeRatio(
  folder: string,
  binary: string,
  dictionary: string,
): { theirs: number; ours: number; bytesGrown: number } {
  const { instruments, stream } = benchStream(20_000, 10);
  const file = path.join(folder, 'messages.bin');
  const messages = Buffer.from(stream)
    .toString('latin1')
    .split(/(?=8=FIX\.4\.4)/);
  const framed = messages.flatMap((message) => {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(message.length);
    return [size, Buffer.from(message, 'latin1')];
  });
  writeFileSync(file, Buffer.concat(framed));
  const rates = execFileSync(binary, ['bench', dictionary, file], { encoding: 'utf8' }).trim().split('\n').map(Number);
  let decoded = 0;
  const fail = ({ kind }: { kind: string }) => hold(false, `ours refuses one: ${kind}`);
  const decoder = new Decoder({ instruments, onMarketData: () => decoded++, onMessage: () => {}, onError: fail });
  const best: number[] = [];
  const heapBefore: number[] = [];
  for (let round = 0; round < 50; round++) {
    decoded = 0;
    if (round === 10) heapBefore.push(process.memoryUsage().heapUsed);
    const before = process.cpuUsage();
    for (let at = 0; at < stream.length; at += 1 << 16) decoder.push(stream.subarray(at, at + (1 << 16)));
    const { user, system } = process.cpuUsage(before);
    hold(decoded === 20_000, `${decoded} of 20000 were decoded`);
    best.push(decoded / ((user + system) / 1e6));
  }
  const bytesGrown = process.memoryUsage().heapUsed - (heapBefore[0] ?? 0);
  const middle = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
  return { theirs: middle(rates), ours: middle(best.slice(10)), bytesGrown };
}

const suite = new Suite(process.argv[2]);
const missing = peerMissing();
const xml = fixture('data/fix/dictionaries/FIX44.xml.gz');
if (missing !== undefined || xml === undefined) {
  suite.skip('QuickFIX C++ over TCP', missing ?? 'its dictionary is not here (EMP_FIXTURES)');
} else {
  await inFolder(async (folder) => {
    const dictionary = path.join(folder, 'FIX44.xml');
    writeFileSync(dictionary, gunzipSync(readFileSync(xml)));
    const binary = buildPeer(folder);
    const inItsOwn = (name: string, run: typeof oursInitiates) =>
      suite.check(name, () => inFolder((own) => run(own, binary, dictionary)));
    await suite.check('decoding, beside QuickFIX C++', () => {
      const { theirs, ours, bytesGrown } = decodeRatio(folder, binary, dictionary);
      const perMessage = bytesGrown / 800_000;
      console.log(
        `        ${Math.round(ours)} against ${Math.round(theirs)} messages a second of one core: ${(ours / theirs).toFixed(1)} times`,
      );
      console.log(`        ${perMessage.toFixed(2)} bytes of heap a message over 800,000`);
      hold(ours > 4 * theirs, 'less than 4 times as many');
      hold(perMessage < 8, 'something is allocated for every message');
    });
    await inItsOwn('ours initiates: logon, market data, orders, test request, resend both ways', oursInitiates);
    await inItsOwn('QuickFIX initiates: logon, market data, orders, resend', theirsInitiates);
  });
}
process.exitCode = suite.end();
