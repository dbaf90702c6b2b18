/** PGlite in a folder, or in memory: PostgreSQL inside this process, for one process at a time. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import { migrate } from 'drizzle-orm/pglite/migrator';
import { type Database, migrationsFolder } from './database.ts';

/** @throws Error naming the folder and the fix when it holds no archive that can be opened */
export async function openPglite(directory: string | undefined): Promise<Database> {
  if (directory !== undefined) mkdirSync(path.dirname(directory), { recursive: true });
  let client: PGlite;
  try {
    client = await PGlite.create(directory === undefined ? {} : { dataDir: directory });
  } catch (cause) {
    throw new Error(
      `${directory}: the archive cannot be opened (${(cause as Error).message}); move the folder away to begin a new one`,
      { cause },
    );
  }
  const db = drizzle(client);
  await migrate(db, { migrationsFolder });
  const claimed = new Set<string>();
  return {
    db,
    claim: async (key) => {
      if (claimed.has(key)) return undefined;
      claimed.add(key);
      return async () => void claimed.delete(key);
    },
    close: () => client.close(),
  };
}
