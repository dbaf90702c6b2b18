import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { Decoder } from '../../../runtime/fix/decoder.ts';
import { InstrumentTable } from '../../../runtime/instrument.ts';
import { BadInput } from '../bad-input.ts';

export type FixField = readonly [tag: number, value: string];

/** One W or X of a recording, in its own text, after the decoder found it sound. */
export interface FixMessage {
  readonly where: string;
  readonly snapshot: boolean;
  readonly timeUs: number;
  readonly fields: readonly FixField[];
}

/** What a session log says: its market data in order, and where it contradicts itself. */
export type FixRecord =
  | { readonly kind: 'marketData'; readonly message: FixMessage }
  | { readonly kind: 'problem'; readonly where: string; readonly problem: string };

const SOH = '\x01';

/**
 * A FIX log's W and X: messages behind each other or one a line, with or without a prefix, separated by SOH or `|`,
 * plain or gzip. Every message is held to the decoder's rules, and each sender's numbers (34) to being without a gap.
 *
 * @throws BadInput when the file cannot be read
 */
export function fixRecords(file: string): FixRecord[] {
  const records: FixRecord[] = [];
  const numbers = new Map<string, number>();
  let count = 0;
  const follow = (where: string) => {
    const { senderCompId, seqNum, possDup } = decoder.header;
    const last = numbers.get(senderCompId);
    if (possDup) return;
    numbers.set(senderCompId, seqNum);
    if (last === undefined || seqNum === last + 1) return;
    records.push({ kind: 'problem', where, problem: `message ${seqNum} of ${senderCompId} follows ${last}` });
  };
  const decoder = new Decoder({
    instruments: new InstrumentTable([]),
    beginStrings: 'any',
    onMessage: () => follow(`${file}: message ${++count}`),
    onMarketData: ({ snapshot, timeUs }) => {
      const where = `${file}: message ${++count}`;
      follow(where);
      const fields = fieldsOf(Buffer.from(decoder.frame()).toString('latin1'));
      records.push({ kind: 'marketData', message: { where, snapshot, timeUs, fields } });
    },
    onError: ({ kind, offset, text = '' }) => {
      // Symbols are what we are here to find out.
      if (kind === 'UNKNOWN_SYMBOL') return;
      const problem = `the message at byte ${offset} is refused: ${kind} ${text}`.trim();
      records.push({ kind: 'problem', where: `${file}: message ${++count}`, problem });
    },
  });
  decoder.push(streamOf(file));
  return records;
}

function fieldsOf(message: string): FixField[] {
  return message
    .split(SOH)
    .filter((field) => field !== '')
    .map((field) => {
      const at = field.indexOf('=');
      return [Number(field.slice(0, at)), field.slice(at + 1)];
    });
}

function streamOf(file: string): Buffer {
  let text: string;
  try {
    const bytes = readFileSync(file);
    text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('latin1');
  } catch (cause) {
    throw new BadInput(file, 'cannot be read', (cause as Error).message, 'a FIX log, plain or .gz,', { cause });
  }
  const stream = text
    .split(/\r?\n/)
    .map((line) => line.slice(Math.max(0, line.indexOf('8=FIX'))))
    .join('');
  return Buffer.from(stream.includes(SOH) ? stream : stream.replaceAll('|', SOH), 'latin1');
}
