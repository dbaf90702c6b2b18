import { openFix } from '../../policies/markets/feeds/fix-file.ts';
import { stopwatchNs } from '../../runtime/clock.ts';
import type { Dictionary } from '../../runtime/fix/dictionary/dictionary.ts';
import type { Dialect } from '../../runtime/fix/venues/dialect.ts';
import { VenueReader } from '../../runtime/fix/venues/reader.ts';
import { SeparatorFilter } from '../../runtime/fix/venues/separators.ts';
import { errorLine, messageLine } from './lines.ts';

/** Text kept back until this much of it can be written at once. */
const WRITE_CHARACTERS = 1 << 16;
const PROGRESS_NS = 2e9;

export interface DecodeOptions {
  readonly dialect: Dialect;
  /** Instead of the dialect's own. */
  readonly dictionary?: Dictionary | undefined;
  /** Refuse what the dictionary does not allow. */
  readonly strict: boolean;
  /** Gives no lines, only counts. */
  readonly summaryOnly: boolean;
  /** Takes the lines, many at once. */
  readonly write: (text: string) => Promise<void>;
  /** Takes what is for a person who watches. */
  readonly remark: (text: string) => void;
}

/** What was read so far, of all files. */
export class Counts {
  messages = 0;
  readonly errors: Record<string, number> = {};
  /** Unpacked, as the files have them. */
  bytes = 0;
  resyncs = 0;
  gaps = 0;

  /** Messages and errors: the number of the next line. */
  get lines(): number {
    return Object.values(this.errors).reduce((sum, count) => sum + count, this.messages);
  }
}

/**
 * One file's messages and errors as JSON lines. What was read is written also when the file then cannot be read any further.
 *
 * @param counts goes on from the file before
 * @throws BadInput
 */
export async function decodeFile(file: string, options: DecodeOptions, counts: Counts): Promise<void> {
  const { dialect, dictionary, strict, summaryOnly, write, remark } = options;
  const { separator, chunks } = await openFix(file, dialect.begin.tag);
  const filter = new SeparatorFilter(separator);
  const before = counts.messages;
  let text = '';
  const tell = (line: string) => {
    if (!summaryOnly) text += `${line}\n`;
  };
  const flush = async () => {
    const told = text;
    text = '';
    if (told !== '') await write(told);
  };
  const reader = new VenueReader({
    dialect,
    inLines: true,
    summedSeparator: separator.summed,
    strictness: strict ? 'dictionary' : 'venue',
    ...(dictionary === undefined ? {} : { dictionary }),
    onMessage: (message) => {
      tell(messageLine(counts.lines, filter.offsetInFile(message.offset), message));
      counts.messages++;
    },
    onError: (error) => {
      tell(errorLine(counts.lines, filter.offsetInFile(error.offset), error));
      counts.errors[error.kind] = (counts.errors[error.kind] ?? 0) + 1;
    },
  });
  let toldNs = stopwatchNs();
  try {
    for await (const chunk of chunks) {
      counts.bytes += chunk.length;
      reader.push(filter.push(chunk));
      if (text.length > WRITE_CHARACTERS) await flush();
      if (stopwatchNs() - toldNs < PROGRESS_NS) continue;
      toldNs = stopwatchNs();
      remark(`${file}: ${counts.messages} messages, ${counts.bytes >> 20} MiB`);
    }
  } finally {
    reader.finish();
    counts.resyncs += reader.resyncs;
    counts.gaps += reader.gaps;
    await flush();
  }
  if (counts.messages > before) return;
  const begins = `messages of venue ${dialect.name} begin with ${dialect.begin.tag}=, their fields end with SOH, | or ^A`;
  remark(`${file}: has no message that can be read; ${begins}`);
}
