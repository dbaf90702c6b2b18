/**
 * The environments of this repository: what each one trades, where, and within which limits.
 *
 * Defaults live in `runtime/contract.ts`; here stands only what an environment says itself. `npm run render` writes it
 * to `environments/<name>/` as plain documents. Every limit carries its reason, which is written beside the number.
 */
import type { z } from 'zod';
import {
  type Limits,
  limits as limitsSchema,
  type Mode,
  type RuntimeConfig,
  runtimeConfig,
} from '../runtime/contract.ts';

/** A value and why it is what it is. */
export type Reasoned<T> = { readonly [K in keyof T]: readonly [value: T[K], because: string] };

/** Where an environment's runtime runs when that is a cluster. */
export interface Cluster {
  readonly namespace: string;
}

export interface Environment {
  readonly name: string;
  readonly purpose: string;
  readonly mode: Mode;
  /** Undefined: processes on one machine, started by `npm run up`. */
  readonly cluster: Cluster | undefined;
  readonly config: RuntimeConfig;
  readonly limits: Limits;
  readonly limitReasons: Readonly<Record<keyof Limits, string>>;
}

/** What a person writes for one environment. */
export interface Declaration {
  readonly name: string;
  readonly purpose: string;
  readonly mode: Mode;
  readonly cluster?: Cluster;
  readonly config: Omit<z.input<typeof runtimeConfig>, 'environment'>;
  readonly limits: Reasoned<Limits>;
}

/**
 * Checks a declaration and fills in the contract's defaults.
 * @throws Error naming the environment's file, the key, the actual value and what is allowed
 */
export function environment(declaration: Declaration): Environment {
  const { name, purpose, mode, cluster } = declaration;
  const values: Record<string, unknown> = {};
  const limitReasons = {} as Record<keyof Limits, string>;
  for (const [key, [value, because]] of Object.entries(declaration.limits)) {
    values[key] = value;
    limitReasons[key as keyof Limits] = because;
  }
  const config = parse(runtimeConfig, { environment: name, ...declaration.config }, `environments/${name}/config.yaml`);
  const limits = parse(limitsSchema, values, `environments/${name}/limits.yaml`);
  if (mode === 'paper' && config.venue.declaredLive) {
    throw new Error(
      `environments/${name}/config.yaml: venue.declaredLive is true, only false is allowed in paper mode`,
    );
  }
  return { name, purpose, mode, cluster, config, limits, limitReasons };
}

function parse<T extends z.ZodType>(schema: T, value: unknown, file: string): z.output<T> {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  throw new Error(result.error.issues.map((issue) => `${file}: ${sentence(issue)}`).join('\n'));
}

function sentence(issue: z.core.$ZodIssue): string {
  const subject = issue.path.join('.') || 'the document';
  const actual = JSON.stringify(issue.input) ?? 'absent';
  switch (issue.code) {
    case 'too_big':
      return `${subject} is too large (${actual}), at most ${issue.maximum} is allowed`;
    case 'too_small':
      return `${subject} is too small (${actual}), ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum} is allowed`;
    case 'unrecognized_keys':
      return `${subject} has the unknown key ${issue.keys.join(', ')}`;
    default:
      return `${subject} is not allowed (${actual}): ${issue.message}`;
  }
}

/** The simulated market's symbols, one per kind of market it makes: small tick, medium tick, large tick. */
const instruments = ['SIM-S', 'SIM-M', 'SIM-L'].map((symbol) => ({
  symbol,
  tickSize: '0.01',
  lotSize: '1',
  microUsdPerHalfTickLot: 5_000,
  takerFeeMicroUsdPerLot: 3_000,
  makerFeeMicroUsdPerLot: -2_000,
}));

/** Sized for shares of about 30 to 300 USD traded a few lots at a time. */
const paperLimits: Reasoned<Limits> = {
  maxOrderQuantityLots: [200, 'twice a usual best queue of the small-tick symbol: more would only sweep'],
  maxOrderNotionalUsd: [60_000, '200 lots of a 300 USD share'],
  priceCollarTicks: [50, 'several usual spreads of the small-tick symbol: farther is an error in price, not urgency'],
  maxPositionLots: [500, 'leaves in about a minute at a few lots a second without moving the market'],
  maxGrossNotionalUsd: [300_000, 'three symbols at about 100,000 USD each'],
  maxOpenOrders: [20, 'three symbols, two sides, three levels, and two to spare'],
  maxOrdersPerSecond: [20, 'five times what three symbols need at four decisions a second and few changes of mind'],
  maxDailyLossUsd: [5_000, 'under two percent of the gross notional: a day that bad is an error, not a result'],
  maxDrawdownUsd: [3_000, 'reduce-only well before the daily loss halts'],
  maxDataAgeUs: [5_000_000, 'the quietest symbol shows something every second or two; five is an outage'],
  maxForecastSigmas: [10, 'ten volatility units over one horizon is a broken model, not a view'],
};

const local = environment({
  name: 'local',
  purpose: 'the whole loop on one machine: what `npm run up` trades',
  mode: 'paper',
  config: {
    // Any free port for both: two loops with two state folders may run beside each other.
    venue: { port: 0 },
    http: { port: 0 },
    instruments,
  },
  limits: paperLimits,
});

const paper = environment({
  name: 'paper',
  purpose: 'a cluster that trades on a simulated or paper venue',
  mode: 'paper',
  cluster: { namespace: 'emp-paper' },
  config: {
    venue: { host: 'emp-venue' },
    // Probes and scrapes come from outside the pod; the NetworkPolicy says from where.
    http: { host: '0.0.0.0' },
    instruments,
  },
  limits: paperLimits,
});

const live = environment({
  name: 'live',
  purpose: 'a cluster that trades real money, once armed and approved',
  mode: 'live',
  cluster: { namespace: 'emp-live' },
  config: {
    // A name that can never resolve (RFC 6761): nobody reaches a venue before somebody wrote its address here.
    venue: { name: 'LIVE', host: 'venue.invalid', declaredLive: true, targetCompId: 'VENUE' },
    http: { host: '0.0.0.0' },
    instruments,
  },
  limits: {
    ...paperLimits,
    maxOrderQuantityLots: [20, 'a tenth of paper: what the simulation cannot show is found with small orders'],
    maxOrderNotionalUsd: [6_000, 'a tenth of paper'],
    maxPositionLots: [50, 'a tenth of paper'],
    maxGrossNotionalUsd: [30_000, 'a tenth of paper'],
    maxOrdersPerSecond: [10, 'half of paper: real venues charge for message rates'],
    maxDailyLossUsd: [500, 'a tenth of paper'],
    maxDrawdownUsd: [300, 'a tenth of paper'],
    maxDataAgeUs: [2_000_000, 'a real market-data line with no message for two seconds is taken for dead'],
  },
});

export const environments: readonly Environment[] = [local, paper, live];
