import { existsSync } from 'node:fs';
import path from 'node:path';
import { InputError } from '../../runtime/boot/documents.ts';
import { SqliteJournal } from '../../runtime/journal/sqlite-journal.ts';

/** Where the runtime of a state folder keeps its journal. */
export function journalFile(state: string): string {
  return path.join(state, 'runtime', 'journal.sqlite');
}

/** The journal of a state folder, for reading; a runtime may go on writing it. @throws InputError naming file and fix */
export function openStoredJournal(state: string): SqliteJournal {
  const file = journalFile(state);
  if (!existsSync(file)) throw new InputError(`${file}: does not exist; run \`npm run up\` first, which writes it`);
  try {
    return new SqliteJournal(file, { readOnly: true });
  } catch (cause) {
    throw new InputError((cause as Error).message, { cause });
  }
}
