import { closeSync, fsyncSync, openSync, statSync } from 'node:fs';
import { backup, DatabaseSync } from 'node:sqlite';
import { fileFailure } from './failure.ts';

/** Pages between two calls of `onProgress`: at 4 KiB each a megabyte, copied in milliseconds. */
const PAGES_A_STEP = 256;

/**
 * Copies a journal to the new file `to` as it is at one moment: whole transactions, up to one of them. A runtime may go on
 * writing; it neither waits nor is waited for.
 *
 * @param onProgress share done, 0 to 1
 * @throws Error naming the file when it cannot be read, or `to` cannot be written
 */
export async function copyJournal(file: string, to: string, onProgress?: (share: number) => void): Promise<void> {
  const source = opened(file, { readOnly: true });
  try {
    // A read transaction pins what is copied: without it every commit of the runtime would begin the copy again.
    source.exec('BEGIN');
    source.prepare('SELECT count(*) FROM sqlite_schema').get();
    await backup(source, to, {
      rate: PAGES_A_STEP,
      progress: ({ totalPages, remainingPages }) => onProgress?.(1 - remainingPages / totalPages),
    });
  } catch (error) {
    throw fileFailure(`${file}, copied to ${to},`, error);
  } finally {
    source.close();
  }
}

/** What a journal takes on its disk, and a copy of it at most. */
export function journalBytes(file: string): number {
  const sizes = ['', '-wal'].map((suffix) => statSync(file + suffix, { throwIfNoEntry: false })?.size ?? 0);
  return sizes.reduce((total, size) => total + size, 0);
}

/** Folds what lies beside a journal that nobody has open into its one file, and sees it on the disk. */
export function foldIntoOneFile(file: string): void {
  const db = opened(file, {});
  try {
    const { journal_mode: mode } = db.prepare('PRAGMA journal_mode = DELETE').get() as { journal_mode: string };
    if (mode !== 'delete') throw new Error(`${file} is being read by another process; wait for it, or stop it`);
  } catch (error) {
    throw fileFailure(file, error);
  } finally {
    db.close();
  }
  const handle = openSync(file, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

function opened(file: string, options: { readonly readOnly?: boolean }): DatabaseSync {
  try {
    return new DatabaseSync(file, options);
  } catch (error) {
    throw fileFailure(file, error);
  }
}
