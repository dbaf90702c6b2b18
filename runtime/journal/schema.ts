import type { DatabaseSync } from 'node:sqlite';
import { damaged, notAJournal } from './failure.ts';
import { sessionTables } from './sqlite-session.ts';

/** "EMPJ": marks the file as ours (`PRAGMA application_id`). */
const APPLICATION_ID = 0x454d504a;

/** One step per schema version, applied in order inside one transaction; a released step never changes. */
const migrations: readonly string[] = [
  `CREATE TABLE records (
     seq INTEGER PRIMARY KEY,
     time_us INTEGER NOT NULL,
     kind TEXT NOT NULL,
     body TEXT NOT NULL
   ) STRICT;
   CREATE TRIGGER records_never_change BEFORE UPDATE ON records
     BEGIN SELECT RAISE(ABORT, 'journal records never change'); END;
   CREATE TRIGGER records_never_vanish BEFORE DELETE ON records
     BEGIN SELECT RAISE(ABORT, 'journal records never vanish'); END;
   ${sessionTables}`,
];

/** Version of the schema that this program writes (`PRAGMA user_version`). */
export const SCHEMA_VERSION = migrations.length;

function pragma(db: DatabaseSync, name: string): number {
  return (db.prepare(`PRAGMA ${name}`).get() as Record<string, number>)[name];
}

/**
 * Makes an empty file a journal, takes an older one forward, and refuses what is not a sound journal.
 *
 * @param readOnly the file may not be changed: an older one is refused, too
 * @throws Error naming the file when it is another program's database, damaged, or from a newer product.
 */
export function prepareSchema(db: DatabaseSync, file: string, readOnly: boolean): void {
  const version = pragma(db, 'user_version');
  const tables = (db.prepare('SELECT count(*) AS n FROM sqlite_schema').get() as { n: number }).n;
  if (tables > 0 && pragma(db, 'application_id') !== APPLICATION_ID) {
    throw notAJournal(file, 'another program made this database');
  }
  if (version > SCHEMA_VERSION) {
    throw new Error(
      `${file}: schema version is too new (${version}), at most ${SCHEMA_VERSION} is allowed; ` +
        'run the product that wrote it, or a newer one',
    );
  }
  checkSoundness(db, file, tables > 0);
  if (version === SCHEMA_VERSION) return;
  if (readOnly) {
    throw new Error(
      `${file}: schema version is ${version}, only ${SCHEMA_VERSION} can be read; the runtime takes it forward when it starts`,
    );
  }
  db.exec('BEGIN IMMEDIATE');
  for (const migration of migrations.slice(version)) db.exec(migration);
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
}

function checkSoundness(db: DatabaseSync, file: string, filled: boolean): void {
  const verdict = (db.prepare('PRAGMA quick_check(1)').get() as { quick_check: string }).quick_check;
  if (verdict !== 'ok') throw damaged(file, verdict);
  if (!filled) return;
  const { n, last } = db.prepare('SELECT count(*) AS n, coalesce(max(seq), 0) AS last FROM records').get() as {
    n: number;
    last: number;
  };
  if (n !== last) throw damaged(file, `${n} records are there, numbered up to ${last}`);
}
