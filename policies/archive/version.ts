/** Schema versions of the archive: as many as there are migrations, in their order. */
import { sql } from 'drizzle-orm';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { type Database, migrationsFolder } from './database.ts';

/** The version that this program writes. */
export const ARCHIVE_VERSION = readMigrationFiles({ migrationsFolder }).length;

/** How many migrations a database has gone through; 0 for one that is empty. */
export async function versionOf(db: Database['db']): Promise<number> {
  const [present] = rowsOf(
    await db.execute(sql`select to_regclass('drizzle.__drizzle_migrations') is not null as found`),
  );
  if (present?.['found'] !== true) return 0;
  const [row] = rowsOf(await db.execute(sql`select count(*)::int as version from drizzle.__drizzle_migrations`));
  return Number(row?.['version']);
}

/** @throws Error naming the place when a newer program wrote it: its migrations are not known here */
export async function refuseNewer(db: Database['db'], where: string): Promise<void> {
  const version = await versionOf(db);
  if (version <= ARCHIVE_VERSION) return;
  throw new Error(
    `${where}: the archive's schema version is too new (${version}), at most ${ARCHIVE_VERSION} is allowed; ` +
      'run the product that wrote it, or a newer one',
  );
}

/** Both drivers answer a query with an object that has rows; Drizzle's common type does not say so. */
function rowsOf(result: unknown): readonly Record<string, unknown>[] {
  return (result as { rows: Record<string, unknown>[] }).rows;
}
