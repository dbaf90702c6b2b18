/** A PostgreSQL server, shared by any number of processes. */
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import { type Database, migrationsFolder, type Release } from './database.ts';
import { refuseNewer } from './version.ts';

const CONNECT_TIMEOUT_MS = 10_000;
/** Of all who open the archive at once one migrates it; any number that nobody else of this database uses. */
const MIGRATION_LOCK = 7_263_041;

/** @throws Error naming host and database, never the password, when it cannot be opened */
export async function openPostgres(url: string): Promise<Database> {
  const { hostname, port, pathname } = new URL(url);
  const where = `archive ${hostname}:${port === '' ? 5432 : port}${pathname}`;
  const pool = new pg.Pool({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS, max: 4 });
  // An idle connection that the server ends is no failure: the next query opens another.
  pool.on('error', () => {});
  try {
    const client = await pool.connect();
    try {
      await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
      await refuseNewer(drizzle(client), where);
      await migrate(drizzle(client), { migrationsFolder });
      await client.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK]);
    } finally {
      client.release();
    }
  } catch (cause) {
    await pool.end();
    const fix = 'check EMP_DATABASE_URL, and that the server lets this user create tables';
    throw new Error(`${where}: cannot be opened (${reasonOf(cause as Error)}); ${fix}`, { cause });
  }
  return { db: drizzle(pool), claim: (key) => claim(url, key), close: () => pool.end() };
}

/** An advisory lock of a connection of its own: whoever dies loses it, so no claim has to expire. */
async function claim(url: string, key: string): Promise<Release | undefined> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on('error', () => {});
  await client.connect();
  const { rows } = await client.query('select pg_try_advisory_lock(hashtextextended($1, 0)) as mine', [key]);
  const release = () => client.end();
  if (rows[0]?.mine === true) return release;
  await release();
  return undefined;
}

/** A refused connection to a name with several addresses is an AggregateError without a text of its own. */
function reasonOf(error: Error & { readonly code?: string }): string {
  return error.message === '' ? (error.code ?? error.name) : error.message;
}
