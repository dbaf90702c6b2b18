/** What both engines are given: messages made alike, and recordings of real venues as the import writes them. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fixture } from '../../../runtime/fixtures.ts';
import { InstrumentTable } from '../../../runtime/instrument.ts';
import { LogFile } from '../../../runtime/replay/log-file.ts';
import { repeatedMessage, type Stream, soundMessages } from './sound-messages.ts';

const MESSAGES = 20_000;
const LOBSTER = 'data/lob/lobster/AMZN_2012-06-21_34200000_57600000';
const DERIBIT = 'data/fix/logs/deribit_BTC-PERPETUAL_20191129_first462_restored.fix.gz';

interface Source {
  readonly title: string;
  /** What its figures' names end in. */
  readonly name: string;
  /** Makes it, in a folder for its files, or says what is not here. */
  readonly make: (folder: string) => Stream | string;
}

export const streams: readonly Source[] = [
  {
    title: 'distinct messages of ten entries, eight symbols',
    name: 'Distinct',
    make: () => soundMessages(MESSAGES),
  },
  {
    title: 'one message of ten entries',
    name: 'Same',
    make: () => {
      const file = fixture('peers/js/x10.fix');
      return file === undefined
        ? 'peers/js/x10.fix is not among the fixtures'
        : repeatedMessage(readFileSync(file), MESSAGES);
    },
  },
  {
    title: 'LOBSTER AMZN, imported',
    name: 'Lobster',
    make: (folder) => imported(folder, 'lobster', [`${LOBSTER}_message_5.csv.gz`, `${LOBSTER}_orderbook_5.csv.gz`]),
  },
  { title: 'Deribit, imported', name: 'Deribit', make: (folder) => imported(folder, 'deribit', [DERIBIT]) },
];

function imported(folder: string, market: string, files: readonly string[]): Stream | string {
  const found = files.map((file) => fixture(file));
  if (found.includes(undefined)) return `${files[found.indexOf(undefined)]} is not among the fixtures`;
  const log = path.join(folder, `${market}.zst`);
  const start = path.resolve(import.meta.dirname, '../../start.mjs');
  execFileSync(process.execPath, [start, 'import', market, ...(found as string[]), '-o', log], { stdio: 'ignore' });
  const file = LogFile.open(log);
  const frames: Uint8Array[] = [];
  for (let frame = file.read(); frame !== undefined; frame = file.read()) frames.push(frame);
  file.close();
  const bytes = Buffer.concat(frames);
  return {
    instruments: new InstrumentTable(file.metadata.instruments),
    snapshots: bytes.subarray(0, 0),
    updates: cut(bytes),
  };
}

/** A log's messages: every one of them begins with BeginString and BodyLength, and none holds data. */
function cut(bytes: Buffer): Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let from = 0; from < bytes.length; ) {
    const next = bytes.indexOf('8=FIX.4.4\x019=', from + 1, 'latin1');
    const to = next < 0 ? bytes.length : next;
    messages.push(bytes.subarray(from, to));
    from = to;
  }
  return messages;
}
