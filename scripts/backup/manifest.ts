/** What a backup says of itself: `backup.json`, written last, so that a folder with one is whole. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { InputError, readDocument } from '../../runtime/boot/documents.ts';
import { digest } from '../../runtime/contract.ts';
import { type UsedNumbers, usedNumbers } from '../../runtime/execution/used-numbers.ts';
import { SqliteJournal } from '../../runtime/journal/sqlite-journal.ts';

export const MANIFEST = 'backup.json';
export const JOURNAL = 'journal.sqlite';
export const ARCHIVE = 'archive.tar.gz';

const file = { digest, bytes: z.int().positive() };

const manifestSchema = z.strictObject({
  schema: z.literal('emp/backup/v1'),
  takenAt: z.iso.datetime().describe('when the copy of the journal was begun'),
  environment: z.string(),
  policy: digest.nullable().describe('what its last boot was to trade'),
  journal: z.strictObject({
    ...file,
    schemaVersion: z.int().positive(),
    lastSeq: z.int().nonnegative().describe("the journal's head"),
    decisionDigest: digest,
  }),
  archive: z
    .union([
      z.strictObject({ ...file, schemaVersion: z.int().nonnegative() }),
      z.strictObject({ leftOut: z.string().describe('why it is not in the backup though there is one') }),
    ])
    .nullable()
    .describe('null: there was none'),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** @throws InputError when the folder holds no whole backup */
export function readManifest(folder: string): Manifest {
  return readDocument(path.join(folder, MANIFEST), manifestSchema).value;
}

/** @throws InputError naming the file that is not what the manifest says */
export async function verifyFiles(folder: string, { journal, archive }: Manifest): Promise<void> {
  const files = new Map([[JOURNAL, journal.digest]]);
  if (archive !== null && 'digest' in archive) files.set(ARCHIVE, archive.digest);
  for (const [name, said] of files) {
    const at = path.join(folder, name);
    const actual = await digestOfFile(at).catch((cause: NodeJS.ErrnoException) => {
      throw new InputError(`${at}: cannot be read (${cause.code}); take another backup`, { cause });
    });
    if (actual === said) continue;
    throw new InputError(`${at}: is not what was backed up (${actual}), only ${said} is allowed; take another backup`);
  }
}

export async function digestOfFile(at: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(at), hash);
  return `sha256:${hash.digest('hex')}`;
}

/** What a journal says of itself. */
export interface JournalHead extends UsedNumbers {
  readonly lastSeq: number;
  readonly decisionDigest: string;
  /** Undefined where its boot records do not say. */
  readonly environment: string | undefined;
  readonly policy: string | null;
}

/**
 * Takes a journal forward to this program's schema, as a runtime that starts on it would; one for reading only stays as it is.
 * @throws Error naming the file when it cannot be taken up
 */
export function journalHead(file: string, options: { readonly readOnly?: boolean } = {}): JournalHead {
  const journal = new SqliteJournal(file, options);
  try {
    let boot: { environment?: string; policy?: string | null; slot?: string } = {};
    for (const record of journal.records(0, ['boot'])) boot = JSON.parse(record.body);
    return {
      ...usedNumbers(journal),
      lastSeq: journal.lastSeq,
      decisionDigest: journal.decisionDigest(),
      environment: boot.environment ?? environmentOfSlot(boot.slot),
      policy: boot.policy ?? null,
    };
  } finally {
    journal.close();
  }
}

/** Boot records named no environment once; the slot in them did, unless it was a trial. */
function environmentOfSlot(slot: string | undefined): string | undefined {
  return slot?.startsWith('{') ? (JSON.parse(slot) as { environment: string }).environment : undefined;
}
