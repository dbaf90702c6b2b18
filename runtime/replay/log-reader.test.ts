import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import test from 'ava';
import { type Clock, SimulatedClock } from '../clock.ts';
import { Encoder } from '../fix/encoder.ts';
import { ACTION, ENTRY, MarketData } from '../fix/market-data.ts';
import { MarketDataWriter } from '../fix/market-data-writer.ts';
import { InstrumentTable } from '../instrument.ts';
import { type LogMetadata, metadataPath } from './log-metadata.ts';
import { MarketLog, readLog } from './log-reader.ts';

const instrument = {
  symbol: 'A',
  tickSize: '0.01',
  lotSize: '1',
  microUsdPerHalfTickLot: 5000,
  takerFeeMicroUsdPerLot: 0,
  makerFeeMicroUsdPerLot: 0,
};
const table = new InstrumentTable([instrument]);
const START_US = 1_340_285_400_000_000;

/** `count` messages: a W, then X that change one level's quantity to the message's number. */
function messages(count: number): Uint8Array[] {
  const clock: Clock = new SimulatedClock(START_US);
  const encoder = new Encoder({ beginString: 'FIX.4.4', senderCompId: 'V', targetCompId: 'C', clock });
  const writer = new MarketDataWriter(table);
  const data = new MarketData();
  data.count = 1;
  return Array.from({ length: count }, (_, i) => {
    data.snapshot = i === 0;
    data.timeUs = START_US + i;
    data.symbolId[0] = 0;
    data.action[0] = i === 0 ? ACTION.NEW : ACTION.CHANGE;
    data.entryType[0] = ENTRY.BID;
    data.priceTicks[0] = 22_318;
    data.quantityLots[0] = i + 1;
    encoder.out.length = 0;
    encoder.encode(MarketDataWriter.msgType(data), i + 1, (body) => writer.write(data, body));
    return encoder.out.bytes.slice(0, encoder.out.length);
  });
}

/** Writes frames as a log with true metadata, or with what `change` makes of it. */
function logOf(frames: Uint8Array[][], change: (metadata: LogMetadata) => unknown = (metadata) => metadata): string {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'emp-log-')), 'log.zst');
  const plain = frames.map((frame) => Buffer.concat(frame));
  const compressed = plain.map((frame) => zstdCompressSync(frame));
  const bytes = Buffer.concat(compressed);
  writeFileSync(file, bytes);
  const metadata: LogMetadata = {
    schema: 'emp/market-log/v1',
    source: 'test',
    instruments: [instrument],
    timeUs: { first: START_US, last: START_US },
    counts: { messages: frames.flat().length, snapshots: 1, entries: 1, trades: 0, tradesOffTick: 0 },
    frames: plain.map((frame, i) => ({ compressedBytes: compressed[i]?.length ?? 0, bytes: frame.length })),
    sha256: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
  };
  writeFileSync(metadataPath(file), JSON.stringify(change(metadata)));
  return file;
}

function quantities(log: MarketLog): number[] {
  const seen: number[] = [];
  for (let message = log.next(); message !== undefined; message = log.next()) seen.push(message.quantityLots[0]);
  return seen;
}

test('messages come one by one, across frames, and again after rewind', (t) => {
  const all = messages(7);
  const log = MarketLog.open(logOf([all.slice(0, 3), all.slice(3, 4), all.slice(4)]));
  t.deepEqual(log.instruments.list, [instrument]);
  const first = log.next();
  t.true(first?.snapshot);
  t.is(first?.timeUs, START_US);
  t.deepEqual(quantities(log), [2, 3, 4, 5, 6, 7]);
  t.is(log.next(), undefined);
  log.rewind();
  t.deepEqual(quantities(log), [1, 2, 3, 4, 5, 6, 7]);
  log.close();
});

test('readLog gives every message and the metadata', (t) => {
  let count = 0;
  const metadata = readLog(logOf([messages(5)]), () => count++);
  t.is(count, 5);
  t.is(metadata.source, 'test');
});

/** Damages a sound log of three messages; the error must match. */
const damages: Record<string, [(file: string) => void, RegExp]> = {
  'no metadata': [
    (file) => rmSync(metadataPath(file)),
    /log\.zst\.json: cannot be read \(ENOENT.*\), the metadata that import wrote beside the log is allowed$/,
  ],
  'metadata that is not JSON': [(file) => writeFileSync(metadataPath(file), '{'), /log\.zst\.json: is not JSON \(/],
  'no log': [(file) => rmSync(file), /log\.zst: cannot be opened \(ENOENT/],
  'an empty file': [
    (file) => writeFileSync(file, ''),
    /log\.zst: is not a zstd file \(empty\), a file that begins with 28b52ffd is allowed$/,
  ],
  'another type of file': [
    (file) => writeFileSync(file, 'time,price\n'),
    /log\.zst: is not a zstd file \(begins with 74696d65\)/,
  ],
  'a truncated log': [
    (file) => writeFileSync(file, readFileSync(file).subarray(0, -9)),
    /log\.zst: is truncated \(\d+ bytes\), \d+ bytes is allowed$/,
  ],
  'a longer log': [
    (file) => writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.from('x')])),
    /log\.zst: is longer than its metadata says/,
  ],
  'one flipped bit': [
    (file) => {
      const bytes = readFileSync(file);
      bytes[20] = (bytes[20] as number) ^ 1;
      writeFileSync(file, bytes);
    },
    /log\.zst: has the wrong digest \(sha256:[0-9a-f]{64}\), sha256:[0-9a-f]{64} is allowed$/,
  ],
};
for (const [name, [damage, message]] of Object.entries(damages)) {
  test(`refused at once: ${name}`, (t) => {
    const file = logOf([messages(3)]);
    damage(file);
    t.throws(() => MarketLog.open(file), { name: 'LogError', message });
  });
}

const wrong: Record<string, [(metadata: LogMetadata) => unknown, RegExp]> = {
  'of another schema': [(m) => ({ ...m, schema: 'other' }), /is not the metadata of a market log \([\s\S]*schema/],
  'with an unknown key': [(m) => ({ ...m, extra: 1 }), /is not the metadata of a market log \([\s\S]*extra/],
  'without instruments': [(m) => ({ ...m, instruments: [] }), /instruments/],
  'with a frame too large to hold': [
    (m) => ({ ...m, frames: [{ compressedBytes: 1, bytes: 2 ** 40 }] }),
    /frames\[0\]\.bytes/,
  ],
};
for (const [name, [change, message]] of Object.entries(wrong)) {
  test(`refused: metadata ${name}`, (t) => {
    t.throws(() => MarketLog.open(logOf([messages(3)], change)), { name: 'LogError', message });
  });
}

const contents: Record<string, [(all: Uint8Array[]) => Uint8Array[], RegExp]> = {
  'a wrong checksum': [
    ([a, b, c]) => [a as Uint8Array, flip(b as Uint8Array), c as Uint8Array],
    /the message at byte \d+ of the FIX stream cannot be used \(BAD_CHECKSUM/,
  ],
  'half a message': [
    ([a, b]) => [a as Uint8Array, (b as Uint8Array).subarray(0, 40)],
    /cannot be used \(the frame ends inside it\)/,
  ],
  'no FIX at all': [
    () => [Buffer.from('hello')],
    /the message at byte 0 of the FIX stream cannot be used \(no BodyLength\)/,
  ],
  'a symbol that is not configured': [
    ([a, b]) => [a as Uint8Array, rename(b as Uint8Array)],
    /cannot be used \(UNKNOWN_SYMBOL 55 B\)/,
  ],
};
for (const [name, [change, message]] of Object.entries(contents)) {
  test(`refused where it stands: ${name}`, (t) => {
    const log = MarketLog.open(logOf([change(messages(3))]));
    t.throws(() => quantities(log), { name: 'LogError', message });
    log.close();
  });
}

test('a frame that is not as large as told is refused', (t) => {
  const log = MarketLog.open(
    logOf([messages(3)], (m) => ({ ...m, frames: [{ ...m.frames[0], bytes: (m.frames[0]?.bytes ?? 0) - 1 }] })),
  );
  t.throws(() => log.next(), { message: /frame 0 has the wrong size/ });
});

test('a log that does not have as many messages as told is refused at its end', (t) => {
  const log = MarketLog.open(logOf([messages(3)], (m) => ({ ...m, counts: { ...m.counts, messages: 4 } })));
  t.throws(() => quantities(log), { message: /log\.zst: has the wrong number of messages \(3\), 4 is allowed$/ });
});

function flip(message: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(message);
  copy[copy.length - 12] = (copy[copy.length - 12] as number) ^ 1;
  return copy;
}

/** The same message for symbol B, checksum mended. */
function rename(message: Uint8Array): Uint8Array {
  const text = Buffer.from(message).toString('latin1').replace('\x0155=A\x01', '\x0155=B\x01');
  const body = text.slice(0, -7);
  const sum = [...body].reduce((total, character) => (total + character.charCodeAt(0)) % 256, 0);
  return Buffer.from(`${body}10=${String(sum).padStart(3, '0')}\x01`, 'latin1');
}
