import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** What a database that holds a FIX session needs; part of its owner's schema. */
export const sessionTables = `
  CREATE TABLE session (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    next_inbound INTEGER NOT NULL,
    next_outbound INTEGER NOT NULL
  ) STRICT;
  INSERT INTO session VALUES (1, 1, 1);
  CREATE TABLE outbound (seq_num INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;`;

/**
 * A FIX session's numbers and replayable messages in its owner's database. The owner calls every method inside its
 * transaction, `save` just before it commits and `load` after it rolled back; the numbers are written once for both.
 */
export class SqliteSession {
  readonly #db: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #delete: StatementSync;
  readonly #update: StatementSync;
  #nextInbound = 1;
  #nextOutbound = 1;
  #changed = false;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#insert = db.prepare('INSERT OR REPLACE INTO outbound VALUES (?, ?)');
    this.#delete = db.prepare('DELETE FROM outbound WHERE seq_num >= ?');
    this.#update = db.prepare('UPDATE session SET next_inbound = ?, next_outbound = ?');
    this.load();
  }

  get nextInbound(): number {
    return this.#nextInbound;
  }

  get nextOutbound(): number {
    return this.#nextOutbound;
  }

  setNextInbound(seqNum: number): void {
    this.#nextInbound = seqNum;
    this.#changed = true;
  }

  /** What was stored under `seqNum` and above belongs to numbers that will be used again: it is forgotten. */
  setNextOutbound(seqNum: number): void {
    this.#delete.run(seqNum);
    this.#nextOutbound = seqNum;
    this.#changed = true;
  }

  recordOutbound(seqNum: number, bytes: Uint8Array | undefined): void {
    if (bytes !== undefined) this.#insert.run(seqNum, bytes);
    this.#nextOutbound = seqNum + 1;
    this.#changed = true;
  }

  outbound(from: number, to: number): Iterable<{ seqNum: number; bytes: Uint8Array }> {
    return this.#db
      .prepare('SELECT seq_num AS seqNum, bytes FROM outbound WHERE seq_num BETWEEN ? AND ? ORDER BY seq_num')
      .all(from, to) as unknown as { seqNum: number; bytes: Uint8Array }[];
  }

  save(): void {
    if (this.#changed) this.#update.run(this.#nextInbound, this.#nextOutbound);
    this.#changed = false;
  }

  load(): void {
    const stored = this.#db.prepare('SELECT next_inbound, next_outbound FROM session').get() as {
      next_inbound: number;
      next_outbound: number;
    };
    this.#nextInbound = stored.next_inbound;
    this.#nextOutbound = stored.next_outbound;
    this.#changed = false;
  }
}
