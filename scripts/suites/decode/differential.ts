import type { Dictionary } from '../../../runtime/fix/dictionary/dictionary.ts';
import type { Fields, StructuredMessage } from '../../../runtime/fix/structured/fields.ts';
import { dialectOf } from '../../../runtime/fix/venues/dialect.ts';
import { VenueReader } from '../../../runtime/fix/venues/reader.ts';

const GENERIC = dialectOf('generic');

/** What QuickFIX says of one message: its fields in one line when it took it, else its own words. */
export interface PeerReading {
  readonly verdict: 'sound' | 'invalid' | 'refused';
  readonly words: string;
  readonly fields: string;
}

export function readPeerLine(line: string): PeerReading {
  if (line.startsWith('sound ')) return { verdict: 'sound', words: '', fields: line.slice('sound '.length) };
  if (line.startsWith('refused ')) return { verdict: 'refused', words: line.slice('refused '.length), fields: '' };
  const [words = '', fields = ''] = line.slice('invalid '.length).split('\x02');
  return { verdict: 'invalid', words, fields };
}

/** Where the two differ about whether a message is sound, and why ours is right. */
export const justifications: ReadonlyMap<string, string> = new Map([
  [
    'ours refuses (MISSING_FIELD 49), QuickFIX takes',
    'the index feed leaves SenderCompID out, which the header requires; QuickFIX does not look',
  ],
  [
    'ours refuses (BAD_ENUM of a field in a group), QuickFIX takes',
    'it holds the values of fields to the dictionary outside of groups only',
  ],
  [
    'ours refuses (BAD_NUMBER of a field in a group), QuickFIX takes',
    'the same: a SellerDays (287) such as 100% or 7E-7',
  ],
  [
    'ours refuses (BAD_TIMESTAMP 60 20060217-10:00:00.19), QuickFIX takes',
    'a UTCTimestamp has no fraction of a second, or one of three digits, in later versions of six',
  ],
  [
    'ours takes, QuickFIX says invalid (Invalid Message Type) of session messages of FIXT.1.1',
    "the session's messages stand in the session's dictionary; QuickFIX looks them up in the application's alone",
  ],
]);

/** @returns how many messages both took, field by field the same; and every other way in which they differ */
export function disagreements(
  messages: readonly string[],
  readings: readonly PeerReading[],
  begin: string,
  dictionary: Dictionary,
): { both: number; differences: string[] } {
  let both = 0;
  const differences: string[] = [];
  messages.forEach((message, index) => {
    const theirs = readings[index] as PeerReading;
    const ours = readAlone(message, dictionary);
    const isTheirs = theirs.verdict === 'sound';
    if (typeof ours === 'string' && isTheirs) {
      const [kind = '', tag = ''] = ours.split(' ');
      const inGroup = VALUE_KINDS.has(kind) && isInGroup(theirs.fields, tag);
      differences.push(`ours refuses (${inGroup ? `${kind} of a field in a group` : ours}), QuickFIX takes`);
    }
    if (typeof ours !== 'string' && !isTheirs) {
      const kind = dictionary.messages.get(ours.msgType)?.admin === true ? 'session' : 'application';
      differences.push(`ours takes, QuickFIX says ${theirs.verdict} (${theirs.words}) of ${kind} messages of ${begin}`);
    }
    // Where one of them takes the message, its fields are compared, whatever the other thinks of it.
    if (typeof ours === 'string' && !isTheirs) return;
    const read = typeof ours === 'string' ? readAlone(message, dictionary, 'venue') : ours;
    if (typeof read === 'string' || theirs.fields === '') return;
    const text = withoutFraming([read.header, read.body, read.trailer].map(textOf).join('\x03'));
    const expected = withoutFraming(theirs.fields);
    if (text === expected) both++;
    else differences.push(`${read.msgType}: fields differ: ${firstDifference(text, expected)}`);
  });
  return { both, differences };
}

/** Refusals of a value alone. */
const VALUE_KINDS: ReadonlySet<string> = new Set([
  'BAD_ENUM',
  'BAD_FORMAT',
  'BAD_NUMBER',
  'BAD_PRICE',
  'BAD_TIMESTAMP',
]);

/** Whether a reading has the tag inside the braces of a group only. */
function isInGroup(fields: string, tag: string): boolean {
  let outside = fields;
  for (let before = ''; before !== outside; ) {
    before = outside;
    outside = outside.replaceAll(/\{[^{}]*\}/g, '');
  }
  return !new RegExp(`(^|[\\x01\\x03|#])${tag}=`).test(outside);
}

/** The message as ours reads it; the refusal's kind, tag and text when it does not. */
function readAlone(
  message: string,
  dictionary: Dictionary,
  strictness: 'dictionary' | 'venue' = 'dictionary',
): StructuredMessage | string {
  let found: StructuredMessage | string = 'NOTHING';
  const reader = new VenueReader({
    dialect: strictness === 'venue' ? { ...GENERIC, requiredHeader: [] } : GENERIC,
    dictionary,
    strictness,
    onMessage: ({ message: read }) => {
      found = read;
    },
    onError: ({ kind, tag, text }) => {
      found = [kind, tag, text].filter((word) => word !== undefined).join(' ');
    },
  });
  reader.push(Buffer.from(message, 'latin1'));
  reader.finish();
  return found;
}

/** As `peer.cpp` writes them: in the order of their tags, entries of groups in braces after their count. */
function textOf(fields: Fields): string {
  return [...fields.values]
    .sort(([a], [b]) => a - b)
    .map(
      ([tag, value]) =>
        `${tag}=${value}\x01${fields
          .group(tag)
          .map((entry) => `{${textOf(entry)}}`)
          .join('')}`,
    )
    .join('');
}

/** Without 8, 9, 10 and 35, which ours keeps apart from the fields; line ends are blanks, as `peer.cpp` writes them. */
function withoutFraming(text: string): string {
  const readable = text
    .replaceAll('\x01', '|')
    .replaceAll('\x03', '#')
    .replaceAll(/[\r\n]/g, ' ');
  return readable.replaceAll(/(?<=^|[|#])(?:8|9|10|35)=[^|]*\|/g, '');
}

function firstDifference(ours: string, theirs: string): string {
  let at = 0;
  while (at < ours.length && ours[at] === theirs[at]) at++;
  const from = Math.max(0, at - 20);
  return `…${ours.slice(from, at + 20)} where QuickFIX has …${theirs.slice(from, at + 20)}`;
}
