/** Where the archive's tables lie: one schema, two ways to reach it. */
import path from 'node:path';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';

export interface Database {
  readonly db: PgDatabase<PgQueryResultHKT>;
  close(): Promise<void>;
}

export const migrationsFolder = path.join(import.meta.dirname, 'migrations');
