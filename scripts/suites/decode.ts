/** Suite decode: recorded FIX is read whole, at any split, as QuickFIX reads it; what is broken costs only itself. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Dictionary } from '../../runtime/fix/dictionary/dictionary.ts';
import { readQuickFixXml } from '../../runtime/fix/dictionary/quickfix-xml.ts';
import { dialectOf } from '../../runtime/fix/venues/dialect.ts';
import { VenueReader } from '../../runtime/fix/venues/reader.ts';
import { SeparatorFilter, separatorOf } from '../../runtime/fix/venues/separators.ts';
import { fixture } from '../../runtime/fixtures.ts';
import { Random } from '../../runtime/random.ts';
import { disagreements, justifications, type PeerReading, readPeerLine } from './decode/differential.ts';
import { fuzzFastPath, fuzzLog } from './decode/fuzz.ts';
import { LOGS, load } from './decode/logs.ts';
import { buildPeer, peerMissing } from './quickfix/build.ts';
import { hold, inFolder, Suite } from './suite.ts';

const FUZZED_PER_LOG = 3_000;
const MUTANTS = 300_000;

/** Every message and refusal as a line; the same at any split. */
function said(bytes: Uint8Array, venue: string, cut: (left: number) => number): string[] {
  const dialect = dialectOf(venue);
  const separator = separatorOf(bytes, dialect.begin.tag);
  const filter = new SeparatorFilter(separator);
  const lines: string[] = [];
  const reader = new VenueReader({
    dialect,
    inLines: true,
    summedSeparator: separator.summed,
    onMessage: ({ offset, seqNum, message, entries }) =>
      lines.push(`${offset} ${message.msgType} ${seqNum} ${entries.length}`),
    onError: ({ offset, kind, tag }) => lines.push(`${offset} ${kind} ${tag ?? ''}`),
  });
  for (let at = 0; at < bytes.length; ) {
    const size = cut(bytes.length - at);
    reader.push(filter.push(bytes.subarray(at, at + size)));
    at += size;
  }
  reader.finish();
  return lines;
}

const suite = new Suite(process.argv[2]);

for (const [name, venue, messages, errors] of LOGS) {
  const bytes = load(name);
  if (bytes === undefined) {
    suite.skip(name, 'the log is not here (EMP_FIXTURES)');
    continue;
  }
  await suite.check(`${name} is read whole, at any split`, () => {
    const whole = said(bytes, venue, (left) => left);
    const counts: Record<string, number> = {};
    let read = 0;
    for (const line of whole) {
      const [, word = ''] = line.split(' ');
      if (/^[A-Z_]{4,}$/.test(word)) counts[word] = (counts[word] ?? 0) + 1;
      else read++;
    }
    hold(read === messages, `${read} messages, ${messages} are in it`);
    hold(
      JSON.stringify(counts) === JSON.stringify(errors),
      `refused ${JSON.stringify(counts)}, expected ${JSON.stringify(errors)}`,
    );
    const random = Random.of(7, 'suite', 'decode', name);
    const split = said(bytes, venue, (left) => Math.min(left, 1 + random.integer(2_000)));
    hold(split.join('\n') === whole.join('\n'), 'another split, another reading');
  });
  // Mutants are framed with SOH; a log whose checksums were summed over another separator has none that are sound.
  if (separatorOf(bytes, dialectOf(venue).begin.tag).summed !== 1) continue;
  await suite.check(`${name}, mutated ${FUZZED_PER_LOG} times, never costs a sound neighbour`, () => {
    fuzzLog(bytes, venue, FUZZED_PER_LOG, Random.of(11, 'suite', 'fuzz', name));
  });
}

await suite.check(`${MUTANTS} mutants with repaired checksums: the fast path and the generic one agree`, () => {
  const { sound } = fuzzFastPath(MUTANTS, Random.of(13, 'suite', 'mutants'));
  hold(sound > MUTANTS / 20, `${sound} of ${MUTANTS} were sound, too few to show anything`);
});

const missing = peerMissing();
const dictionaries = ['FIX42', 'FIX44', 'FIXT11', 'FIX50SP2'].map((name) =>
  fixture(`data/fix/dictionaries/${name}.xml.gz`),
);
if (missing !== undefined || dictionaries.includes(undefined)) {
  suite.skip('field by field as QuickFIX reads', missing ?? 'its dictionaries are not here (EMP_FIXTURES)');
} else {
  await suite.check('field by field as QuickFIX reads, with the same dictionaries', () =>
    inFolder(async (folder) => {
      const peer = buildPeer(folder);
      const [fix42, fix44, fixt11, fix50] = dictionaries.map((file, index) => {
        const text = gunzipSync(readFileSync(file as string)).toString('utf8');
        const xml = path.join(folder, `${index}.xml`);
        writeFileSync(xml, text);
        return { xml, dictionary: readQuickFixXml(text, xml) };
      });
      if (fix42 === undefined || fix44 === undefined || fixt11 === undefined || fix50 === undefined) return;
      const versions = [
        { begin: 'FIX.4.2', session: fix42.xml, application: fix42.xml, dictionary: fix42.dictionary },
        { begin: 'FIX.4.4', session: fix44.xml, application: fix44.xml, dictionary: fix44.dictionary },
        {
          begin: 'FIXT.1.1',
          session: fixt11.xml,
          application: fix50.xml,
          dictionary: Dictionary.join(fixt11.dictionary, fix50.dictionary),
        },
      ];
      const all = LOGS.flatMap(([name]) => messagesOf(load(name)));
      let compared = 0;
      const found = new Map<string, number>();
      for (const { begin, session, application, dictionary } of versions) {
        const messages = all.filter((message) => message.startsWith(`8=${begin}\x01`));
        const file = path.join(folder, `${begin}.bin`);
        writeFileSync(
          file,
          Buffer.concat(messages.flatMap((message) => [sizeOf(message), Buffer.from(message, 'latin1')])),
        );
        const lines = execFileSync(peer, ['read', session, application, file], {
          encoding: 'latin1',
          maxBuffer: 1 << 30,
        })
          .trimEnd()
          .split('\n');
        hold(lines.length === messages.length, `${lines.length} readings of ${messages.length} messages`);
        const readings: PeerReading[] = lines.map(readPeerLine);
        const { both, differences } = disagreements(messages, readings, begin, dictionary);
        compared += both;
        for (const difference of differences) found.set(difference, (found.get(difference) ?? 0) + 1);
      }
      console.log(`        ${compared} messages read by both, the same field by field`);
      const unexplained: string[] = [];
      for (const [difference, count] of found) {
        const why = justifications.get(difference);
        console.log(`        ${count} × ${difference}: ${why ?? 'NOT JUSTIFIED'}`);
        if (why === undefined) unexplained.push(difference);
      }
      hold(compared > 10_000, `${compared} compared, too few to show anything`);
      hold(unexplained.length === 0, `without a reason: ${unexplained.join('; ')}`);
    }),
  );
}

process.exitCode = suite.end();

/** Every message of a log, by its framing; also those whose length or checksum is wrong. */
function messagesOf(bytes: Uint8Array | undefined): string[] {
  if (bytes === undefined) return [];
  const text = Buffer.from(new SeparatorFilter(separatorOf(bytes, 8)).push(bytes)).toString('latin1');
  return text.split(/(?=8=FIX)/).flatMap((part) => {
    const end = part.lastIndexOf('\x0110=');
    const close = end < 0 ? -1 : part.indexOf('\x01', end + 1);
    return close < 0 ? [] : [part.slice(0, close + 1)];
  });
}

function sizeOf(message: string): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(message.length);
  return size;
}
