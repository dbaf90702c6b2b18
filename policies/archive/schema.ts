/**
 * What evolution remembers: every genome, and every unit of work done on one (training, evaluation, recording), by
 * digest of its inputs. One schema for PGlite (embedded) and PostgreSQL.
 */
import { doublePrecision, index, integer, jsonb, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';

/** One search: the same seed, data and settings are the same run, wherever it is continued. */
export const runs = pgTable('runs', {
  id: text('id').primaryKey(),
  seed: integer('seed').notNull(),
  settings: jsonb('settings').notNull(),
  startedAt: timestamp('started_at', { withTimezone: true }).notNull().defaultNow(),
});

export const individuals = pgTable(
  'individuals',
  {
    runId: text('run_id')
      .notNull()
      .references(() => runs.id),
    id: text('id').notNull(),
    generation: integer('generation').notNull(),
    genome: jsonb('genome').notNull(),
    parents: text('parents').array().notNull(),
    mutation: text('mutation').notNull(),
    weights: text('weights'),
    score: doublePrecision('score'),
  },
  (table) => [
    primaryKey({ columns: [table.runId, table.id] }),
    index('individuals_generation').on(table.runId, table.generation),
  ],
);

/** Results by digest of their inputs: what a killed search finds done when it is started again. */
export const units = pgTable('units', {
  key: text('key').primaryKey(),
  kind: text('kind').notNull(),
  result: jsonb('result').notNull(),
  doneAt: timestamp('done_at', { withTimezone: true }).notNull().defaultNow(),
});

/** Trained weights by the digest of their bytes, so that a search goes on on a machine that did not train them. */
export const weights = pgTable('weights', {
  digest: text('digest').primaryKey(),
  base64: text('base64').notNull(),
});

/** The best policy of each unit of a run that many pods share. */
export const candidates = pgTable(
  'candidates',
  {
    run: text('run').notNull(),
    unit: integer('unit').notNull(),
    digest: text('digest').notNull(),
    score: doublePrecision('score').notNull(),
    /** The policy's files by name, base64. */
    files: jsonb('files').notNull(),
  },
  (table) => [primaryKey({ columns: [table.run, table.unit] })],
);
