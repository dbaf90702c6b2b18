import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { InputError } from '../boot/documents.ts';
import { fileFailure, isBusy } from './failure.ts';

export interface FolderLock {
  release(): void;
}

/**
 * Takes the one lock of a state folder, making the folder when it does not exist. The operating system drops the lock
 * with the process, however it dies: there is no stale lock to clean up.
 *
 * The lock is SQLite's own, on an empty database held exclusively, because Node has no file locks. The process id
 * stands beside it for the error's sake and locks nothing.
 *
 * @throws InputError naming the folder and the process that holds it.
 */
export function lockFolder(folder: string): FolderLock {
  const file = path.join(folder, 'state.lock');
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new Error(`${folder} cannot be made a state folder: ${(error as Error).message}; choose a writable one`, {
      cause: error,
    });
  }
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file);
    db.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    writeFileSync(pidFile(folder), `${process.pid}\n`);
  } catch (error) {
    db?.close();
    if (error instanceof Error && 'syscall' in error) {
      throw new Error(`${folder} cannot be used as a state folder: ${error.message}; make it writable, with room`, {
        cause: error,
      });
    }
    if (!isBusy(error)) throw fileFailure(file, error);
    throw new InputError(
      `${folder} is in use by process ${holderOf(folder)}, one at a time is allowed; stop it, or use another folder`,
      { cause: error },
    );
  }
  const held = db;
  return { release: () => held.close() };
}

function pidFile(folder: string): string {
  return path.join(folder, 'state.pid');
}

function holderOf(folder: string): string {
  try {
    return readFileSync(pidFile(folder), 'utf8').trim();
  } catch {
    return 'unknown';
  }
}
