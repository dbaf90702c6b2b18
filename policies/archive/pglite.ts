/** PGlite in a folder, or in memory: PostgreSQL inside this process, for one process at a time. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import { migrate } from 'drizzle-orm/pglite/migrator';
import { lockFolder } from '../../runtime/journal/lock.ts';
import { type Database, migrationsFolder } from './database.ts';
import { refuseNewer } from './version.ts';

/** @throws Error naming the folder and the fix when it is in use, or holds no archive that can be opened */
export async function openPglite(directory: string | undefined): Promise<Database> {
  if (directory !== undefined) mkdirSync(path.dirname(directory), { recursive: true });
  const lock = directory === undefined ? undefined : lockArchive(directory);
  let client: PGlite | undefined;
  try {
    client = await opened(directory);
    const db = drizzle(client);
    await refuseNewer(db, `${directory}`);
    await migrate(db, { migrationsFolder });
    return databaseOf(client, () => lock?.release());
  } catch (error) {
    await client?.close();
    lock?.release();
    throw error;
  }
}

/** PGlite itself lets two processes open one folder, and both ruin it. @throws InputError naming who has it */
export function lockArchive(directory: string): ReturnType<typeof lockFolder> {
  return lockFolder(`${directory}.lock`);
}

async function opened(directory: string | undefined): Promise<PGlite> {
  try {
    return await PGlite.create(directory === undefined ? {} : { dataDir: directory });
  } catch (cause) {
    throw new Error(
      `${directory}: the archive cannot be opened (${(cause as Error).message}); move the folder away to begin a new one`,
      { cause },
    );
  }
}

function databaseOf(client: PGlite, release: () => void): Database {
  const claimed = new Set<string>();
  return {
    db: drizzle(client),
    claim: async (key) => {
      if (claimed.has(key)) return undefined;
      claimed.add(key);
      return async () => void claimed.delete(key);
    },
    close: async () => {
      await client.close();
      release();
    },
  };
}
