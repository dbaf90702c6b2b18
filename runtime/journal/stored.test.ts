/** Journals of every schema version that was ever released are taken forward, and say what they said then. */
import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test, { type ExecutionContext } from 'ava';
import { decisionDigestOf } from './digest.ts';
import { SCHEMA_VERSION } from './schema.ts';
import { SqliteJournal } from './sqlite-journal.ts';

/** What `stored/v<version>.sqlite` holds, as the program that wrote it said. A new version adds an entry; none changes. */
const released = [
  {
    version: 1,
    schema: 'sha256:a58952d12fda18ddd2fc142bb4d573114a7233f98b2e6cb3d169dcbee0989768',
    decisionDigest: 'sha256:9c3cfd4b86dd50509f9cd16079643869b76ec783cefb1248ebfe6b5dde34e929',
    records: 466,
    fills: 23,
    nextInbound: 1115,
    nextOutbound: 552,
  },
] as const;

const storedFile = (version: number) => path.join(import.meta.dirname, 'stored', `v${version}.sqlite`);

/** A journal's tables and triggers, whatever the white space in them. */
function schemaOf(file: string): { readonly version: unknown; readonly digest: string } {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const rows = db.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY type, name').all();
    const text = rows.map(({ type, name, sql }) => `${type} ${name} ${String(sql).replace(/\s+/g, ' ')}\n`).join('');
    const version = db.prepare('PRAGMA user_version').get()?.['user_version'];
    return { version, digest: `sha256:${createHash('sha256').update(text).digest('hex')}` };
  } finally {
    db.close();
  }
}

function temporaryFile(t: ExecutionContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-stored-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return path.join(folder, 'journal.sqlite');
}

test('a journal of today has the schema of the latest version: another schema is another version', (t) => {
  const file = temporaryFile(t);
  new SqliteJournal(file).close();
  t.is(SCHEMA_VERSION, released.length, 'every version has its stored journal');
  t.deepEqual(schemaOf(file), { version: SCHEMA_VERSION, digest: released.at(-1)?.schema });
});

for (const { version, schema, ...said } of released) {
  test(`a stored journal of version ${version} is taken forward with everything in it`, (t) => {
    t.deepEqual(schemaOf(storedFile(version)), { version, digest: schema }, 'the stored file is of its version');
    const file = temporaryFile(t);
    copyFileSync(storedFile(version), file);
    const journal = new SqliteJournal(file);
    t.deepEqual(
      {
        decisionDigest: decisionDigestOf(journal),
        records: [...journal.records()].length,
        fills: [...journal.records(0, ['fill'])].length,
        nextInbound: journal.nextInbound(),
        nextOutbound: journal.nextOutbound(),
      },
      said,
    );
    journal.transaction(() => journal.append('stop', 1, {}));
    t.is(journal.lastSeq, said.records + 1);
    journal.close();
    t.deepEqual(schemaOf(file), { version: SCHEMA_VERSION, digest: released.at(-1)?.schema });
  });
}
