import { asc, desc, eq, sql } from 'drizzle-orm';
import type { Database, Release } from './database.ts';
import { candidates, individuals, runs, units, weights } from './schema.ts';

export type IndividualRow = typeof individuals.$inferSelect;
export type CandidateRow = typeof candidates.$inferSelect;

/** Evolution's memory: PGlite in a folder of one process, or a PostgreSQL that many share. */
export class Archive {
  readonly #database: Database;
  readonly #db: Database['db'];
  readonly #underWay = new Map<string, Promise<object>>();

  private constructor(database: Database) {
    this.#database = database;
    this.#db = database.db;
  }

  /** Opens, or makes, the archive at a PostgreSQL URL or in a folder; in memory without a place. */
  static async open(place?: string): Promise<Archive> {
    // Loaded only where it is used: the other one is tens of megabytes, or absent.
    if (place !== undefined && /^postgres(ql)?:\/\//.test(place)) {
      return new Archive(await (await import('./postgres.ts')).openPostgres(place));
    }
    return new Archive(await (await import('./pglite.ts')).openPglite(place));
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

  /** Keeps the bytes of trained weights under their digest. */
  async saveWeights(digest: string, bytes: Uint8Array): Promise<void> {
    await this.#db
      .insert(weights)
      .values({ digest, base64: Buffer.from(bytes).toString('base64') })
      .onConflictDoNothing();
  }

  /** @throws Error when nothing was kept under that digest */
  async weights(digest: string): Promise<Uint8Array> {
    const [found] = await this.#db.select().from(weights).where(eq(weights.digest, digest));
    if (found === undefined) throw new Error(`weights ${digest}: are not in the archive, though a unit names them`);
    return Buffer.from(found.base64, 'base64');
  }

  /** Claims a unit of a run for this process; undefined while another works on it. */
  claimUnit(run: string, unit: number): Promise<Release | undefined> {
    return this.#database.claim(`unit ${run} ${unit}`);
  }

  /** A unit's best policy; a unit that is done again says the same. */
  async saveCandidate(row: CandidateRow): Promise<void> {
    await this.#db
      .insert(candidates)
      .values(row)
      .onConflictDoUpdate({
        target: [candidates.run, candidates.unit],
        set: { digest: row.digest, score: row.score, files: row.files },
      });
  }

  /** Candidates of a run, best first. */
  async candidates(run: string): Promise<CandidateRow[]> {
    return this.#db
      .select()
      .from(candidates)
      .where(eq(candidates.run, run))
      .orderBy(desc(candidates.score), asc(candidates.unit));
  }

  async unitCount(): Promise<number> {
    return this.#db.$count(units);
  }

  async close(): Promise<void> {
    await this.#database.close();
  }
}
