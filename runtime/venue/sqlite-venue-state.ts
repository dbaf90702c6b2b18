import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { fileFailure, sqliteCode } from '../journal/failure.ts';
import { SqliteSession, sessionTables } from '../journal/sqlite-session.ts';
import { Transactions } from '../journal/transactions.ts';
import type { Checkpoint, ExecutionRecord, RecoveredVenue, StoredRequest, VenueState } from './venue-state.ts';

/** "EMPV": marks the file as a venue's (`PRAGMA application_id`). */
const APPLICATION_ID = 0x454d5056;
const SCHEMA_VERSION = 2;

const schema = `
  CREATE TABLE venue (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    identity TEXT NOT NULL,
    step INTEGER NOT NULL,
    last_request_id INTEGER NOT NULL
  ) STRICT;
  ${sessionTables}
  CREATE TABLE requests (id INTEGER PRIMARY KEY, effect_us INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
  CREATE TABLE checkpoint (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    step INTEGER NOT NULL,
    applied_requests INTEGER NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE TABLE executions (
    n INTEGER PRIMARY KEY,
    exec_id TEXT NOT NULL UNIQUE,
    time_us INTEGER NOT NULL,
    order_id TEXT NOT NULL,
    cl_ord_id TEXT NOT NULL,
    symbol TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('buy', 'sell')),
    lots INTEGER NOT NULL CHECK (lots > 0),
    price_ticks INTEGER NOT NULL,
    liquidity TEXT NOT NULL CHECK (liquidity IN ('maker', 'taker')),
    fee_micro_usd INTEGER NOT NULL,
    position_lots INTEGER NOT NULL
  ) STRICT;`;

/** SQLite result codes, https://www.sqlite.org/rescode.html. */
const CORRUPT = 11;
const NOT_A_DATABASE = 26;
const BUSY = 5;

/**
 * The venue's state in one SQLite file (WAL, `synchronous = NORMAL`): what a returned transaction stored survives the
 * death of the process. The file is held exclusively while it is open; a second venue is refused.
 */
export class SqliteVenueState implements VenueState {
  readonly file: string;
  readonly #db: DatabaseSync;
  readonly #transactions: Transactions;
  readonly #session: SqliteSession;
  readonly #insertRequest: StatementSync;
  readonly #insertExecution: StatementSync;
  readonly #updateVenue: StatementSync;
  #step = 0;
  #lastRequestId = 0;
  #changed = false;

  /**
   * Opens the state, making it when the file does not exist.
   *
   * @param identity the market's (`MarketFactory.identity`): a state belongs to one market.
   * @throws Error naming the file, the problem and the fix: damaged, not a venue's, another market's, in use, read-only.
   */
  constructor(file: string, identity: string) {
    this.file = file;
    let db: DatabaseSync | undefined;
    try {
      db = new DatabaseSync(file);
      db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
      prepare(db, file, identity);
      this.#db = db;
      this.#session = new SqliteSession(db);
      this.#insertRequest = db.prepare('INSERT INTO requests VALUES (?, ?, ?)');
      this.#insertExecution = db.prepare('INSERT INTO executions VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
      this.#updateVenue = db.prepare('UPDATE venue SET step = ?, last_request_id = ?');
      this.#load();
    } catch (error) {
      db?.close();
      throw failure(file, error);
    }
    this.#transactions = new Transactions({
      begin: () => this.#db.exec('BEGIN IMMEDIATE'),
      commit: () => this.#commit(),
      rollback: () => this.#rollback(),
    });
  }

  recovered(): RecoveredVenue {
    return this.#guarded(() => {
      const checkpoint = this.#db
        .prepare('SELECT step, applied_requests AS appliedRequests, body FROM checkpoint')
        .get() as unknown as Checkpoint | undefined;
      const requests = this.#db
        .prepare('SELECT id, effect_us AS effectUs, body FROM requests WHERE id > ? ORDER BY id')
        .all(checkpoint?.appliedRequests ?? 0) as unknown as StoredRequest[];
      return { checkpoint, step: this.#step, requests, lastRequestId: this.#lastRequestId };
    });
  }

  addRequest(request: StoredRequest): void {
    this.transaction(() => {
      this.#insertRequest.run(request.id, request.effectUs, request.body);
      this.#lastRequestId = request.id;
      this.#changed = true;
    });
  }

  addExecution(e: ExecutionRecord): void {
    this.transaction(() => {
      this.#insertExecution.run(
        e.execId,
        e.timeUs,
        e.orderId,
        e.clOrdId,
        e.symbol,
        e.side,
        e.lots,
        e.priceTicks,
        e.liquidity,
        e.feeMicroUsd,
        e.positionLots,
      );
    });
  }

  completeStep(step: number): void {
    this.transaction(() => {
      this.#step = step;
      this.#changed = true;
    });
  }

  saveCheckpoint(checkpoint: Checkpoint): void {
    this.transaction(() => {
      this.#db
        .prepare('INSERT OR REPLACE INTO checkpoint VALUES (1, ?, ?, ?)')
        .run(checkpoint.step, checkpoint.appliedRequests, checkpoint.body);
      this.#db.prepare('DELETE FROM requests WHERE id <= ?').run(checkpoint.appliedRequests);
    });
  }

  executions(): Iterable<ExecutionRecord> {
    return this.#guarded(() =>
      this.#db
        .prepare(
          `SELECT exec_id AS execId, time_us AS timeUs, order_id AS orderId, cl_ord_id AS clOrdId, symbol, side, lots,
             price_ticks AS priceTicks, liquidity, fee_micro_usd AS feeMicroUsd, position_lots AS positionLots
           FROM executions ORDER BY n`,
        )
        .all(),
    ) as unknown as ExecutionRecord[];
  }

  executionCount(): number {
    const row = this.#guarded(() => this.#db.prepare('SELECT count(*) AS n FROM executions').get()) as { n: number };
    return row.n;
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

  /** Runs `work` as one unit, stored whole or not at all; an inner one joins the outer one. */
  transaction<T>(work: () => T): T {
    return this.#transactions.active ? this.#transactions.run(work) : this.#guarded(() => this.#transactions.run(work));
  }

  close(): void {
    this.#db.close();
  }

  #load(): void {
    const row = this.#db.prepare('SELECT step, last_request_id FROM venue').get() as {
      step: number;
      last_request_id: number;
    };
    this.#step = row.step;
    this.#lastRequestId = row.last_request_id;
    this.#changed = false;
  }

  #commit(): void {
    if (this.#changed) this.#updateVenue.run(this.#step, this.#lastRequestId);
    this.#session.save();
    this.#db.exec('COMMIT');
    this.#changed = false;
  }

  #rollback(): void {
    if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
    this.#load();
    this.#session.load();
  }

  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw failure(this.file, error);
    }
  }
}

/** Makes an empty file a venue's state, and refuses what is not a sound one of this market. */
function prepare(db: DatabaseSync, file: string, identity: string): void {
  const tables = (db.prepare('SELECT count(*) AS n FROM sqlite_schema').get() as { n: number }).n;
  if (tables === 0) {
    db.exec(`BEGIN IMMEDIATE; ${schema}`);
    db.prepare('INSERT INTO venue VALUES (1, ?, 0, 0)').run(identity);
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
    return;
  }
  if (pragma(db, 'application_id') !== APPLICATION_ID) {
    throw new Error(`${file} is not a venue's state: another program made it; choose another --state file`);
  }
  const version = pragma(db, 'user_version');
  if (version !== SCHEMA_VERSION) {
    throw new Error(
      `${file}: schema version ${version} cannot be read, only ${SCHEMA_VERSION} is allowed; ` +
        'run the product that wrote it, or remove the file to begin a new market',
    );
  }
  const verdict = (db.prepare('PRAGMA quick_check(1)').get() as { quick_check: string }).quick_check;
  if (verdict !== 'ok') throw damaged(file, verdict);
  const stored = (db.prepare('SELECT identity FROM venue').get() as { identity: string } | undefined)?.identity;
  if (stored === undefined) throw damaged(file, 'its one row is missing');
  if (stored !== identity) {
    throw new Error(
      `${file} belongs to another market (${stored}), only ${identity} is allowed here; ` +
        'start the venue as before, or give another --state file',
    );
  }
}

function pragma(db: DatabaseSync, name: string): number {
  return (db.prepare(`PRAGMA ${name}`).get() as Record<string, number>)[name] as number;
}

function failure(file: string, error: unknown): unknown {
  const said = (error as Error).message;
  switch (sqliteCode(error)) {
    case CORRUPT:
      return damaged(file, said, error);
    case NOT_A_DATABASE:
      return new Error(`${file} is not a venue's state: ${said}; choose another --state file`, { cause: error });
    case BUSY:
      return new Error(`${file} is in use by another venue process; stop it, or give another --state file`, {
        cause: error,
      });
    default:
      return fileFailure(file, error);
  }
}

function damaged(file: string, problem: string, cause?: unknown): Error {
  return new Error(`${file} is damaged: ${problem}; restore a copy, or remove it to begin a new market`, { cause });
}
