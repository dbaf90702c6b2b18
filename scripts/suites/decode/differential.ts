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
    if (typeof ours === 'string' && isTheirs) differences.push(`ours refuses (${ours}), QuickFIX takes`);
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

/** The message as ours reads it; the kind of refusal when it does not. */
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
    onError: ({ kind, tag }) => {
      found = tag === undefined ? kind : `${kind} ${tag}`;
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
