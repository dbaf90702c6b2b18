import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { assert } from '../assert.ts';
import { bodyText } from './body.ts';
import { DecisionDigest, digestOf, isDecision } from './digest.ts';
import { fileFailure } from './failure.ts';
import type { Journal, JournalRecord, RecordKind } from './journal.ts';
import { prepareSchema } from './schema.ts';
import { SqliteSession } from './sqlite-session.ts';
import { Transactions } from './transactions.ts';

const PAGE_RECORDS = 1000;

/**
 * The journal of a running process, one SQLite file in WAL mode with `synchronous = NORMAL`: what a returned
 * transaction stored survives the death of the process at any instruction, without an fsync per order. After power loss
 * the last transactions may be missing, whole ones and from the end only; reconciliation with the venue decides then.
 *
 * One process writes a journal (`lockFolder`); others may open it with `readOnly` meanwhile.
 */
export class SqliteJournal implements Journal {
  readonly file: string;
  readonly #db: DatabaseSync;
  readonly #insertRecord: StatementSync;
  readonly #session: SqliteSession;
  readonly #transactions: Transactions;
  #nextSeq = 1;
  /** Undefined until someone asks after an open: most processes never do, and priming reads every decision. */
  #digest: DecisionDigest | undefined;
  /** Decision records of the transaction under way: they reach the digest when it is committed. */
  #uncommitted: JournalRecord[] = [];

  /**
   * Opens the journal, making it when the file does not exist.
   *
   * @throws Error naming the file, the problem and the fix when it cannot be written, is damaged or is not a journal.
   */
  constructor(file: string, options: { readonly readOnly?: boolean } = {}) {
    this.file = file;
    let db: DatabaseSync | undefined;
    try {
      db = new DatabaseSync(file, { readOnly: options.readOnly ?? false });
      if (!options.readOnly) db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
      prepareSchema(db, file, options.readOnly ?? false);
      this.#db = db;
      this.#insertRecord = db.prepare('INSERT INTO records VALUES (?, ?, ?, ?)');
      this.#session = new SqliteSession(db);
      this.#nextSeq = this.#storedSeq() + 1;
    } catch (error) {
      db?.close();
      throw fileFailure(file, error);
    }
    if (this.#nextSeq === 1) this.#digest = new DecisionDigest();
    this.#transactions = new Transactions({
      begin: () => this.#db.exec('BEGIN IMMEDIATE'),
      commit: () => this.#commit(),
      rollback: () => this.#rollback(),
    });
  }

  /** Number of the latest record; 0 for none. */
  get lastSeq(): number {
    return this.#nextSeq - 1;
  }

  append(kind: RecordKind, timeUs: number, body: object): number {
    assert(this.#transactions.active, 'journal records are appended inside a transaction only');
    const record = { seq: this.#nextSeq, timeUs, kind, body: bodyText(body) };
    this.#insertRecord.run(record.seq, timeUs, kind, record.body);
    if (this.#digest !== undefined && isDecision(kind)) this.#uncommitted.push(record);
    return this.#nextSeq++;
  }

  *records(after = 0, kinds?: readonly RecordKind[]): Iterable<JournalRecord> {
    const filter = kinds === undefined ? '' : 'AND kind IN (SELECT value FROM json_each(?))';
    const page = this.#db.prepare(
      `SELECT seq, time_us AS timeUs, kind, body FROM records WHERE seq > ? ${filter} ORDER BY seq LIMIT ${PAGE_RECORDS}`,
    );
    const named = kinds === undefined ? [] : [JSON.stringify(kinds)];
    for (let last = after; ; ) {
      const rows = this.#guarded(() => page.all(last, ...named)) as unknown as JournalRecord[];
      yield* rows;
      if (rows.length < PAGE_RECORDS) return;
      last = rows[rows.length - 1].seq;
    }
  }

  decisionDigest(): string {
    if (this.#digest === undefined) {
      assert(!this.#transactions.active, 'after an open, the digest is first asked for outside a transaction');
      this.#digest = digestOf(this);
    }
    assert(this.#uncommitted.length === 0, 'the digest covers committed records: ask outside a transaction');
    return this.#digest.value();
  }

  nextInbound(): number {
    return this.#session.nextInbound;
  }

  nextOutbound(): number {
    return this.#session.nextOutbound;
  }

  setNextInbound(seqNum: number): void {
    this.transaction(() => this.#session.setNextInbound(seqNum));
  }

  recordOutbound(seqNum: number, bytes: Uint8Array | undefined): void {
    this.transaction(() => this.#session.recordOutbound(seqNum, bytes));
  }

  setNextOutbound(seqNum: number): void {
    this.transaction(() => this.#session.setNextOutbound(seqNum));
  }

  outbound(from: number, to: number): Iterable<{ seqNum: number; bytes: Uint8Array }> {
    return this.#guarded(() => this.#session.outbound(from, to));
  }

  /**
   * Runs `work` as one unit: stored whole once this returned, or not at all when it threw. An inner one joins.
   *
   * @throws what `work` threw; an Error naming the file when the disk is full or fails.
   */
  transaction<T>(work: () => T): T {
    return this.#transactions.active ? this.#transactions.run(work) : this.#guarded(() => this.#transactions.run(work));
  }

  close(): void {
    this.#db.close();
  }

  #storedSeq(): number {
    return (this.#db.prepare('SELECT coalesce(max(seq), 0) AS last FROM records').get() as { last: number }).last;
  }

  #commit(): void {
    this.#session.save();
    this.#db.exec('COMMIT');
    for (const record of this.#uncommitted) this.#digest?.add(record);
    this.#uncommitted = [];
  }

  #rollback(): void {
    if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
    this.#uncommitted = [];
    this.#nextSeq = this.#storedSeq() + 1;
    this.#session.load();
  }

  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw fileFailure(this.file, error);
    }
  }
}
