/** Where the archive's tables lie: one schema, two ways to reach it. */
import path from 'node:path';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';

export type Release = () => Promise<void>;

export interface Database {
  readonly db: PgDatabase<PgQueryResultHKT>;
  /** Claims `key` until it is released or this process is gone; undefined while another holds it. */
  claim(key: string): Promise<Release | undefined>;
  close(): Promise<void>;
}

export const migrationsFolder = path.join(import.meta.dirname, 'migrations');
