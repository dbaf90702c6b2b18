/** What is beside a market log: enough to trade it, to refuse a changed one, and to read it piece by piece. */
import { z } from 'zod';
import { digest, instrument } from '../contract.ts';

/** A frame's bounds, compressed and not: what a reader must be ready to hold. */
export const MAX_FRAME_BYTES = 4 * 1024 * 1024;

const count = z.int().nonnegative();

export const logMetadata = z.strictObject({
  schema: z.literal('emp/market-log/v1'),
  source: z.string().min(1).describe('where the data comes from, for a reader'),
  instruments: z.array(instrument).min(1).max(256),
  timeUs: z.strictObject({ first: count, last: count }).describe('event time of the first and last message, UTC'),
  counts: z.strictObject({
    messages: z.int().positive().describe('W and X'),
    snapshots: count.describe('W'),
    entries: count.describe('entries of all messages'),
    trades: count.describe('trade entries'),
    tradesOffTick: count.describe('trades between two ticks, priced at the one that is worse for the aggressor'),
  }),
  frames: z
    .array(
      z.strictObject({
        compressedBytes: z.int().positive().max(MAX_FRAME_BYTES),
        bytes: z.int().positive().max(MAX_FRAME_BYTES),
      }),
    )
    .min(1)
    .describe('the zstd frames of the log, in order; no message spans two'),
  sha256: digest.describe('digest of the log file'),
});
export type LogMetadata = z.infer<typeof logMetadata>;

/** Where the metadata of a log is. */
export function metadataPath(logPath: string): string {
  return `${logPath}.json`;
}
