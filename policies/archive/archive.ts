import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { asc, eq, sql } from 'drizzle-orm';
import { drizzle, type PgliteDatabase } from 'drizzle-orm/pglite';
import { migrate } from 'drizzle-orm/pglite/migrator';
import { individuals, runs, units } from './schema.ts';

export type IndividualRow = typeof individuals.$inferSelect;

/** Evolution's memory on PGlite in a folder. One process at a time; the state folder's lock sees to that. */
export class Archive {
  readonly #client: PGlite;
  readonly #db: PgliteDatabase;
  readonly #underWay = new Map<string, Promise<object>>();

  private constructor(client: PGlite) {
    this.#client = client;
    this.#db = drizzle(client);
  }

  /** Opens, or makes, the archive in `directory`; in memory without one. */
  static async open(directory?: string): Promise<Archive> {
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
    const archive = new Archive(client);
    await migrate(archive.#db, { migrationsFolder: path.join(import.meta.dirname, 'migrations') });
    return archive;
  }

  async beginRun(run: { id: string; seed: number; settings: object }): Promise<void> {
    await this.#db.insert(runs).values(run).onConflictDoNothing();
  }

  /** Records an individual, or what is newly known of it. */
  async saveIndividual(row: IndividualRow): Promise<void> {
    await this.#db
      .insert(individuals)
      .values(row)
      .onConflictDoUpdate({
        target: [individuals.runId, individuals.id],
        set: { weights: row.weights, score: row.score },
      });
  }

  /** Individuals of a run by generation, then score, best first. */
  async individuals(runId: string): Promise<IndividualRow[]> {
    return this.#db
      .select()
      .from(individuals)
      .where(eq(individuals.runId, runId))
      .orderBy(asc(individuals.generation), sql`${individuals.score} desc nulls last`, asc(individuals.id));
  }

  /** The result stored under `key`, else `work`'s, stored. What is stored was finished: a killed unit is done again. */
  unit<T extends object>(key: string, kind: string, work: () => Promise<T>): Promise<T> {
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) return underWay as Promise<T>;
    const result = this.#findOrWork(key, kind, work).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, result);
    return result;
  }

  async #findOrWork<T extends object>(key: string, kind: string, work: () => Promise<T>): Promise<T> {
    const [found] = await this.#db.select().from(units).where(eq(units.key, key));
    if (found !== undefined) return found.result as T;
    const result = await work();
    await this.#db.insert(units).values({ key, kind, result }).onConflictDoNothing();
    return result;
  }

  async unitCount(): Promise<number> {
    return this.#db.$count(units);
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}
