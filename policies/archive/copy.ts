/** The archive of one machine as one file, and back. An archive on PostgreSQL is copied by PostgreSQL's own tools. */
import { openAsBlob } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import { lockArchive } from './pglite.ts';
import { refuseNewer, versionOf } from './version.ts';

/**
 * Writes the archive in `directory` to the new file `to`, a compressed tar of its folder.
 *
 * @returns its schema version
 * @throws InputError when a process has it open
 */
export async function dumpArchive(directory: string, to: string): Promise<number> {
  const lock = lockArchive(directory);
  try {
    const client = await PGlite.create({ dataDir: directory });
    try {
      const dump = await client.dumpDataDir('gzip');
      await writeFile(to, new Uint8Array(await dump.arrayBuffer()), { flush: true });
      return await versionOf(drizzle(client));
    } finally {
      await client.close();
    }
  } finally {
    lock.release();
  }
}

/**
 * Makes the new folder `directory` an archive as `file` has it. It is not taken forward: whoever opens it does that.
 *
 * @throws Error when the file is none that `dumpArchive` wrote, or is of a newer product
 */
export async function loadArchive(file: string, directory: string): Promise<void> {
  let client: PGlite;
  try {
    client = await PGlite.create({ dataDir: directory, loadDataDir: await openAsBlob(file) });
  } catch (cause) {
    throw new Error(`${file}: is no archive (${(cause as Error).message}); take the backup again`, { cause });
  }
  try {
    await refuseNewer(drizzle(client), file);
  } finally {
    await client.close();
  }
}
