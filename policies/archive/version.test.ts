/** A released migration never changes, and another schema needs another one: what databases out there went through. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { getTableConfig, type PgTable } from 'drizzle-orm/pg-core';
import { sha256Of } from '../../runtime/evidence/digest.ts';
import { migrationsFolder } from './database.ts';
import * as schema from './schema.ts';
import { ARCHIVE_VERSION } from './version.ts';

/** Digest of each migration's SQL, oldest first. A new version adds one; none changes. */
const released = [
  ['0000_runs_individuals_units.sql', 'sha256:4ba91e0c37d242819512b70bfa2cbfe258b556bd4228c33614ffeb194d78cfc6'],
  ['0001_weights_candidates.sql', 'sha256:9c47b4a41d4cff6faf91164c8f9ff28ae541f2507fe8297f4011f5be56e7eb74'],
] as const;
/** Of the tables as `schema.ts` declares them at the latest version. */
const LATEST_TABLES = 'sha256:95aee10559b38e4515b4cd2104fb6f5c97c89ad0c74adba76eb6537ca9b7e453';

function tablesOf(tables: readonly PgTable[]): string {
  const lines = tables.flatMap((table) => {
    const { name, columns, primaryKeys } = getTableConfig(table);
    const keys = primaryKeys.map((key) => key.columns.map((column) => column.name).join());
    return [
      ...columns.map((column) => `${name}.${column.name} ${column.getSQLType()} ${column.notNull} ${column.primary}`),
      ...keys.map((key) => `${name} primary key ${key}`),
    ];
  });
  return sha256Of(lines.sort().join('\n'));
}

test('no released migration was changed, and each is counted as a version', (t) => {
  t.deepEqual(
    released.map(([file]) => [file, sha256Of(readFileSync(path.join(migrationsFolder, file)))]),
    released.map(([file, digest]) => [file, digest]),
  );
  t.is(ARCHIVE_VERSION, released.length);
});

test('the tables are those of the latest migration: others need another one', (t) => {
  t.is(tablesOf(Object.values(schema)), LATEST_TABLES);
});
