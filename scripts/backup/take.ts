/** Takes a backup: the journal while a runtime writes it, and the archive beside it. */
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { InputError } from '../../runtime/boot/documents.ts';
import type { Clock } from '../../runtime/clock.ts';
import { foldIntoOneFile } from '../../runtime/journal/copy.ts';
import { lockFolder } from '../../runtime/journal/lock.ts';
import { holdRoom } from '../../runtime/journal/room.ts';
import { SCHEMA_VERSION } from '../../runtime/journal/schema.ts';
import { renameDurably } from './durable.ts';
import { ARCHIVE, digestOfFile, JOURNAL, journalHead, MANIFEST, type Manifest } from './manifest.ts';
import type { JournalSource } from './sources.ts';

export interface TakeOptions {
  readonly source: JournalSource;
  readonly environment: string;
  /** Folder that backups lie in, each in one of its own. */
  readonly to: string;
  readonly clock: Clock;
  /** What is being done, and the share of it that is done. */
  readonly onProgress: (what: string, share: number) => void;
}

const UNFINISHED = '.unfinished';

/**
 * @returns the backup's folder and what it says of itself
 * @throws InputError when the journal is another environment's
 */
export async function takeBackup(options: TakeOptions): Promise<{ folder: string; manifest: Manifest }> {
  const { source, environment, to, clock } = options;
  const lock = lockFolder(to);
  const takenAt = new Date(clock.nowUs() / 1000).toISOString();
  const name = `${environment}-${takenAt.replaceAll(':', '').replace('.', '-')}`;
  const made = path.join(to, name + UNFINISHED);
  try {
    removeUnfinished(to);
    mkdirSync(made);
    const journal = await journalInto(made, options);
    const archive = source.archive === undefined ? null : await archiveInto(made, source.archive, options);
    const { policy, ...head } = journal;
    const manifest: Manifest = { schema: 'emp/backup/v1', takenAt, environment, policy, journal: head, archive };
    writeFileSync(path.join(made, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, { flush: true });
    renameDurably(made, path.join(to, name));
    return { folder: path.join(to, name), manifest };
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    throw error;
  } finally {
    lock.release();
  }
}

/** What a backup left that was killed: nobody else is at work here while we hold the lock. */
function removeUnfinished(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (name.endsWith(UNFINISHED)) rmSync(path.join(folder, name), { recursive: true });
  }
}

async function journalInto(folder: string, { source, environment, onProgress }: TakeOptions) {
  const at = path.join(folder, JOURNAL);
  await source.copyTo(at, (share) => onProgress('journal', share));
  // Opened as a runtime opens it: what would not be taken up there must not be called a backup.
  const head = journalHead(at);
  foldIntoOneFile(at);
  if (head.environment !== undefined && head.environment !== environment) {
    throw new InputError(
      `${source.name}: belongs to environment ${head.environment}, only ${environment} is allowed here; say --environment ${head.environment}`,
    );
  }
  const { policy, lastSeq, decisionDigest } = head;
  const file = { digest: await digestOfFile(at), bytes: statSync(at).size };
  return { policy, ...file, schemaVersion: SCHEMA_VERSION, lastSeq, decisionDigest };
}

async function archiveInto(folder: string, from: string, { onProgress }: TakeOptions): Promise<Manifest['archive']> {
  // Loaded only where there is an archive: it is tens of megabytes, and a pod has neither.
  const { dumpArchive } = await import('../../policies/archive/copy.ts');
  onProgress('archive', 0);
  const at = path.join(folder, ARCHIVE);
  holdRoom(folder, bytesBelow(from));
  try {
    const schemaVersion = await dumpArchive(from, at);
    return { digest: await digestOfFile(at), bytes: statSync(at).size, schemaVersion };
  } catch (error) {
    // In use by a search: the journal does not wait for it.
    if (!(error instanceof InputError)) throw error;
    return { leftOut: error.message };
  }
}

/** Compressed they are less. */
function bytesBelow(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((total, { parentPath, name }) => total + statSync(path.join(parentPath, name)).size, 0);
}
