/**
 * Puts a backup in the place of what a state holds. What was there is kept aside; the journal's own name changes last, by
 * one rename, so that a restore that is killed has happened or has not.
 */
import { copyFileSync, createReadStream, existsSync, linkSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { InputError } from '../../runtime/boot/documents.ts';
import type { Clock } from '../../runtime/clock.ts';
import { passOver, type UsedNumbers } from '../../runtime/execution/used-numbers.ts';
import { foldIntoOneFile } from '../../runtime/journal/copy.ts';
import { type FolderLock, lockFolder } from '../../runtime/journal/lock.ts';
import { holdRoom } from '../../runtime/journal/room.ts';
import { SCHEMA_VERSION } from '../../runtime/journal/schema.ts';
import { SqliteJournal } from '../../runtime/journal/sqlite-journal.ts';
import { claimStateFolder } from '../state/state-folder.ts';
import { renameDurably } from './durable.ts';
import {
  ARCHIVE,
  JOURNAL,
  type JournalHead,
  journalHead,
  type Manifest,
  readManifest,
  verifyFiles,
} from './manifest.ts';
import { type Place, placeOf } from './place.ts';

/** At least so many numbers are passed over … */
const NUMBERS_LEAST = 1_000_000;
/** … and so many more for each second since the copy: no account of ours sends as many. */
const NUMBERS_A_SECOND = 1000;
/** MsgSeqNum is held to 31 bits; a session that went further since was begun anew by the venue anyway. */
const NUMBERS_MOST = 1_000_000_000;

export interface RestoreOptions {
  readonly from: string;
  readonly state: string;
  readonly environment: string;
  /** What is there may be put aside. */
  readonly replace: boolean;
  readonly clock: Clock;
}

export interface Restored {
  readonly manifest: Manifest;
  /** Folder with what was there before; undefined when nothing was. */
  readonly aside: string | undefined;
  /** Numbers towards the venue that the restored journal goes on with. */
  readonly goesOnFrom: UsedNumbers;
}

/**
 * @throws InputError, having changed nothing, when the backup is damaged, of another environment or of a newer product;
 * when a runtime runs on the state; when it has a journal and `replace` was not said
 */
export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
  const { from, state, environment } = options;
  const manifest = readManifest(from);
  if (manifest.environment !== environment) {
    throw new InputError(
      `${from}: is of environment ${manifest.environment}, only ${environment} is allowed here; say --environment ${manifest.environment} if this state is its`,
    );
  }
  if (manifest.journal.schemaVersion > SCHEMA_VERSION) {
    throw new InputError(
      `${from}: the journal's schema version is too new (${manifest.journal.schemaVersion}), at most ${SCHEMA_VERSION} is allowed; restore with the product that took the backup`,
    );
  }
  await verifyFiles(from, manifest);
  prepareState(state, manifest);
  const place = placeOf(state);
  const locks: FolderLock[] = [];
  try {
    for (const folder of new Set([state, place.runtime])) locks.push(lockFolder(folder));
    return await restoreInto(place, manifest, options);
  } finally {
    for (const lock of locks) lock.release();
  }
}

/** Everything is made beside what is there before any of it is touched; what was made and not put in its place goes. */
async function restoreInto(place: Place, manifest: Manifest, options: RestoreOptions): Promise<Restored> {
  const { from, state, clock } = options;
  const made = { journal: `${place.journal}.restored`, archive: `${place.archive}.restored` };
  const discard = () => {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(made.journal + suffix, { force: true });
    rmSync(made.archive, { recursive: true, force: true });
  };
  try {
    // What a killed one left.
    discard();
    const existing = existsSync(place.journal) ? headOrProblem(place.journal) : undefined;
    if (existing !== undefined) refuseExisting(place.journal, existing, options);

    const packed = manifest.archive !== null && 'digest' in manifest.archive ? path.join(from, ARCHIVE) : undefined;
    holdRoom(place.runtime, manifest.journal.bytes + (packed === undefined ? 0 : await unpackedBytes(packed)));
    const journal = path.join(from, JOURNAL);
    const goesOnFrom = prepareJournal(journal, made.journal, { manifest, existing, nowUs: clock.nowUs() });
    if (packed !== undefined) {
      const { loadArchive } = await import('../../policies/archive/copy.ts');
      await loadArchive(packed, made.archive);
    }

    const stamp = new Date(clock.nowUs() / 1000).toISOString().replaceAll(':', '').replace('.', '-');
    const aside = path.join(state, 'replaced', stamp);
    const keeps = existing !== undefined || (packed !== undefined && existsSync(place.archive));
    if (keeps) mkdirSync(aside, { recursive: true });
    if (packed !== undefined) {
      if (existsSync(place.archive)) renameSync(place.archive, path.join(aside, 'archive'));
      renameSync(made.archive, place.archive);
    }
    if (existing !== undefined) keepAside(place.journal, !(existing instanceof Error), aside);
    renameDurably(made.journal, place.journal);
    return { manifest, aside: keeps ? aside : undefined, goesOnFrom };
  } finally {
    discard();
  }
}

/** A new folder becomes what the backup was taken of: only `up`'s state has an archive. */
function prepareState(state: string, { archive }: Manifest): void {
  if (archive === null) mkdirSync(state, { recursive: true });
  else claimStateFolder(state);
}

function headOrProblem(file: string): JournalHead | Error {
  try {
    return journalHead(file, { readOnly: true });
  } catch (error) {
    return error as Error;
  }
}

function refuseExisting(file: string, existing: JournalHead | Error, { replace, environment }: RestoreOptions): void {
  const other = existing instanceof Error ? undefined : existing.environment;
  if (other !== undefined && other !== environment) {
    throw new InputError(
      `${file}: belongs to environment ${other}, only ${environment} is allowed here; use another --state`,
    );
  }
  if (replace) return;
  const what = existing instanceof Error ? existing.message : `up to record ${existing.lastSeq}`;
  throw new InputError(`${file}: there is a journal (${what}); say --replace, and it is kept aside`);
}

/** Copies the journal beside its place, holds it to the manifest, and lets it go on where no number was used yet. */
function prepareJournal(
  from: string,
  made: string,
  { manifest, existing, nowUs }: { manifest: Manifest; existing: JournalHead | Error | undefined; nowUs: number },
): UsedNumbers {
  copyFileSync(from, made);
  const head = journalHead(made);
  const said = manifest.journal;
  if (head.lastSeq !== said.lastSeq || head.decisionDigest !== said.decisionDigest) {
    throw new InputError(
      `${from}: ends at record ${head.lastSeq} with decision digest ${head.decisionDigest}, only record ${said.lastSeq} with ${said.decisionDigest} is allowed; take another backup`,
    );
  }
  if (head.environment !== undefined && head.environment !== manifest.environment) {
    throw new InputError(`${from}: was written in ${head.environment}, only ${manifest.environment} is allowed`);
  }
  const goesOnFrom = numbersAfter(head, existing instanceof Error ? undefined : existing, manifest.takenAt, nowUs);
  const journal = new SqliteJournal(made);
  try {
    passOver(journal, goesOnFrom, manifest.takenAt);
  } finally {
    journal.close();
  }
  foldIntoOneFile(made);
  return goesOnFrom;
}

/** Above everything that may have been used since the copy was taken, and so by restoring it more than once, too. */
function numbersAfter(
  head: UsedNumbers,
  existing: UsedNumbers | undefined,
  takenAt: string,
  nowUs: number,
): UsedNumbers {
  const seconds = Math.ceil(nowUs / 1e6 - Date.parse(takenAt) / 1000);
  if (seconds < 0) {
    throw new InputError(`the backup was taken ${-seconds} s from now (${takenAt}); set this machine's clock`);
  }
  const more = Math.min(NUMBERS_LEAST + NUMBERS_A_SECOND * seconds, NUMBERS_MOST);
  const beyond = (ours: number, theirs = 0) => Math.max(ours, theirs) + more;
  return {
    nextOutbound: beyond(head.nextOutbound, existing?.nextOutbound),
    identifier: beyond(head.identifier, existing?.identifier),
  };
}

/** What a compressed archive takes once it is unpacked. @throws Error naming the file when it cannot be */
async function unpackedBytes(file: string): Promise<number> {
  let bytes = 0;
  try {
    await pipeline(createReadStream(file), createGunzip(), async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) bytes += chunk.length;
    });
  } catch (cause) {
    throw new Error(`${file}: is no archive (${(cause as Error).message}); take the backup again`, { cause });
  }
  return bytes;
}

/** Under another name, too, before its own is given away: at no moment is it without one. */
function keepAside(file: string, readable: boolean, aside: string): void {
  if (readable) foldIntoOneFile(file);
  const files = ['', '-wal', '-shm'].filter((suffix) => existsSync(file + suffix));
  for (const suffix of files) linkSync(file + suffix, path.join(aside, path.basename(file) + suffix));
  for (const suffix of files) if (suffix !== '') rmSync(file + suffix);
}
