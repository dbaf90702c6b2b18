/** What is known of a data set: the invariants that it is held to each night, one JSON file a data set. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { readDocument } from '../../../runtime/boot/documents.ts';
import { digest } from '../../../runtime/contract.ts';
import { catalogue } from '../../../runtime/features/index.ts';

const band = z.strictObject({ low: z.number(), high: z.number() }).refine(({ low, high }) => low <= high, {
  message: 'low must not be above high',
});
export type Band = z.infer<typeof band>;

const population = z.strictObject({
  edges: z.array(z.number()).max(9),
  shares: z.array(z.number().nonnegative()).min(1).max(10),
  usualIndex: z.number().nonnegative(),
});

/** Figures of a market that have bands: keys of `MarketFigures`. */
export const STATISTICS = [
  'eventsPerSecond',
  'tradesPerSecond',
  'spreadTicksMean',
  'returnTicks10s',
  'cancelsPerSubmit',
] as const;

export const dataSet = z.strictObject({
  schema: z.literal('emp/data-set/v1'),
  name: z.string().regex(/^[a-z0-9-]{1,40}$/),
  market: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('simulated'), informed: z.boolean() }),
    z.strictObject({ kind: z.literal('log'), sha256: digest }),
  ]),
  invariants: z.strictObject({
    bookContradictionsMax: z.int().nonnegative(),
    informationCoefficient: z.number().describe('of trade-flow-fast over sixteen seconds, all symbols'),
    population: z
      .record(z.string(), population)
      .describe('deciles of every feature of the catalogue, all symbols')
      .superRefine((found, context) => {
        for (const { name } of catalogue) {
          if (found[name] === undefined)
            context.addIssue({ code: 'custom', path: [name], input: 'nothing', message: `has no deciles of ${name}` });
        }
        for (const name of Object.keys(found)) {
          if (catalogue.some((feature) => feature.name === name)) continue;
          context.addIssue({
            code: 'custom',
            path: [name],
            input: name,
            message: `has deciles of ${name}, which is no feature`,
          });
        }
      }),
    statistics: z.record(z.string(), z.strictObject(Object.fromEntries(STATISTICS.map((key) => [key, band])))),
    scaledMedianMax: z.number().positive().describe('of every feature of every symbol, in deviations of all symbols'),
    scaledDeviationMax: z
      .number()
      .positive()
      .describe('the same of deviations; features counted in ticks are left out'),
  }),
});
export type DataSet = z.infer<typeof dataSet>;

export const DATA_SETS = path.resolve(import.meta.dirname, '../data-sets');

/** Every data set of a folder, by name. @throws InputError naming the file and what it lacks */
export function loadDataSets(folder: string): DataSet[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => readDocument(path.join(folder, file), dataSet).value);
}
