import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { SimulatedClock } from '../clock.ts';
import { Encoder } from '../fix/encoder.ts';
import { MarketDataWriter } from '../fix/market-data-writer.ts';
import { memoryTransportPair } from '../fix/memory-transport.ts';
import { type HandMadeMessage, recordingOf, twoInstruments } from './hand-made-log.ts';
import { replayMarket } from './replay-market.ts';
import { VenueServer } from './server.ts';
import { TestParticipant } from './test-participant.ts';
import { MemoryVenueState } from './venue-state.ts';

const messages: HandMadeMessage[] = [
  {
    timeUs: 1e15,
    snapshot: true,
    entries: [
      ['bid', 100, 10],
      ['ask', 102, 10],
    ],
  },
  ...Array.from(
    { length: 40 },
    (_, i): HandMadeMessage => ({
      timeUs: 1e15 + (i + 1) * 50_000,
      entries: [
        ['bought', 102, 1],
        ['ask', 102, 20 + i],
      ],
    }),
  ),
];

/** Writes the messages as a market log and returns its path. */
function logFile(t: ExecutionContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-venue-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const clock = new SimulatedClock(1e15);
  const encoder = new Encoder({ beginString: 'FIX.4.4', senderCompId: 'LOG', targetCompId: 'EMP', clock });
  const writer = new MarketDataWriter(twoInstruments);
  const recording = recordingOf(messages);
  let entries = 0;
  let seqNum = 0;
  for (let m = recording.next(); m !== undefined; m = recording.next()) {
    const message = m;
    entries += m.count;
    encoder.encode(MarketDataWriter.msgType(m), ++seqNum, (body) => writer.write(message, body));
  }
  const bytes = encoder.out.bytes.subarray(0, encoder.out.length);
  const compressed = zstdCompressSync(bytes);
  const file = path.join(folder, 'log.zst');
  writeFileSync(file, compressed);
  const metadata = {
    schema: 'emp/market-log/v1',
    source: 'a test',
    instruments: twoInstruments.list,
    timeUs: { first: messages[0]?.timeUs, last: messages.at(-1)?.timeUs },
    counts: { messages: messages.length, snapshots: 1, entries, trades: 40, tradesOffTick: 0 },
    frames: [{ compressedBytes: compressed.length, bytes: bytes.length }],
    sha256: `sha256:${createHash('sha256').update(compressed).digest('hex')}`,
  };
  writeFileSync(`${file}.json`, JSON.stringify(metadata));
  return file;
}

test('a log file is traded to its end, and continued from a state', (t) => {
  const market = replayMarket(logFile(t));
  const state = new MemoryVenueState();
  const options = { market, seed: 1, state, checkpointSteps: 4 };
  let venue = new VenueServer(options);
  t.is(venue.timeUs, 1e15);
  const participant = new TestParticipant(twoInstruments, { startUs: 1e15 });
  const connect = () => {
    const [left, right] = memoryTransportPair();
    venue.attach(right);
    participant.books.clear();
    participant.attach(left);
  };
  connect();
  participant.submit('A1', 'sell', 102, 5);
  for (let i = 0; i < 10; i++) venue.step();
  venue.drop();
  venue = new VenueServer(options);
  connect();
  while (!venue.done) venue.step();
  t.deepEqual(participant.problems, []);
  t.is(participant.lotsAt('sell', 102), 59);
  // 10 ahead, one lot a trade: the 11th to the 15th trade are ours
  t.deepEqual(participant.said(), ['0/0 A1', ...Array.from({ length: 4 }, () => 'F/1 A1 1@102'), 'F/2 A1 1@102']);
  t.is(venue.steps, 20 + 100);
  venue.close();
});

test('a log is named by its digest, and one that cannot be read is refused at once', (t) => {
  const file = logFile(t);
  t.regex(replayMarket(file).identity, /^log sha256:[0-9a-f]{64}$/);
  writeFileSync(file, 'no log');
  t.throws(() => replayMarket(file), { message: /log\.zst.*is not a zstd file/ });
});
