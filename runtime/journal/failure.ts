/** What SQLite reports in `errcode`; the low byte is the kind, https://www.sqlite.org/rescode.html. */
const SQLITE = { READONLY: 8, IOERR: 10, CORRUPT: 11, FULL: 13, CANTOPEN: 14, NOTADB: 26, BUSY: 5 } as const;

export function sqliteCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown }).errcode;
  return typeof code === 'number' ? code & 0xff : undefined;
}

export function isBusy(error: unknown): boolean {
  return sqliteCode(error) === SQLITE.BUSY;
}

/** An error of SQLite in words that name the file, the problem and the fix; any other error as it is. */
export function fileFailure(file: string, error: unknown): unknown {
  const said = (error as Error).message;
  switch (sqliteCode(error)) {
    case SQLITE.READONLY:
      return new Error(`${file} cannot be written: ${said}; make the file and its folder writable`, { cause: error });
    case SQLITE.CANTOPEN:
      return new Error(`${file} cannot be opened: ${said}; the folder must exist and be writable`, { cause: error });
    case SQLITE.FULL:
      return new Error(`${file} cannot grow: ${said}; free space on its disk and start again, nothing stored is lost`, {
        cause: error,
      });
    case SQLITE.IOERR:
      return new Error(`${file} cannot be read or written: ${said}; check its disk and free space`, { cause: error });
    case SQLITE.NOTADB:
      return notAJournal(file, said, error);
    case SQLITE.CORRUPT:
      return damaged(file, said, error);
    case SQLITE.BUSY:
      return new Error(`${file} is locked by another process: ${said}; stop that process`, { cause: error });
    default:
      return error;
  }
}

export function notAJournal(file: string, problem: string, cause?: unknown): Error {
  return new Error(`${file} is not a journal: ${problem}; move it away or restore a copy`, { cause });
}

export function damaged(file: string, problem: string, cause?: unknown): Error {
  return new Error(`${file} is damaged: ${problem}; move it away or restore a copy`, { cause });
}
