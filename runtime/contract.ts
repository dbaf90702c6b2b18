/**
 * The runtime's contract with everything outside it: configuration, limits, policy manifest, slot pointer.
 *
 * One zod schema each: types, errors, defaults, docs (`describe`) and JSON Schema come from here. Data only:
 * `platform/` imports this file to render environments and charts, and nothing here opens, reads or decides anything.
 */
import { z } from 'zod';

export const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be "sha256:" and 64 hex digits');
const decimal = z.string().regex(/^\d+(\.\d+)?$/, 'must be a decimal number in quotes, such as "0.01"');

/** Names an image by what it holds, not by a tag that moves. */
export const imageReference = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._:/-]*@sha256:[0-9a-f]{64}$/, 'must be NAME@sha256: and 64 hex digits');

export const mode = z.enum(['paper', 'live']);
export type Mode = z.infer<typeof mode>;

/** Where the inference engine computes. */
export const provider = z.enum(['cpu', 'cuda', 'webgpu']);
export type Provider = z.infer<typeof provider>;

export const instrument = z.strictObject({
  symbol: z
    .string()
    .regex(/^[A-Z0-9._-]{1,20}$/)
    .describe('Symbol (55) as the venue writes it'),
  tickSize: decimal.describe('smallest price increment'),
  lotSize: decimal.describe('smallest quantity increment'),
  microUsdPerHalfTickLot: z.int().positive().describe('money value of half a tick on one lot, micro-USD'),
  takerFeeMicroUsdPerLot: z.int().describe('fee per lot when taking, micro-USD'),
  makerFeeMicroUsdPerLot: z.int().describe('fee per lot when making, micro-USD; a rebate is negative'),
});

export const runtimeConfig = z.strictObject({
  environment: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,30}$/)
    .describe('the environment this configuration belongs to'),
  armed: z.boolean().default(false).describe('live orders allowed, under an approval that names this environment'),
  seed: z.int().nonnegative().default(7).describe('seed of everything that is random'),
  venue: z
    .strictObject({
      name: z.string().default('EMPSIM').describe('name in journals and metrics'),
      declaredLive: z.boolean().default(false).describe('true for a venue with real money; paper mode refuses it'),
      host: z.string().default('127.0.0.1'),
      port: z.int().min(0).max(65535).default(9878).describe('0: the port is told to the runtime when it starts'),
      senderCompId: z.string().default('EMP'),
      targetCompId: z.string().default('EMPSIM'),
      heartbeatSeconds: z.int().min(1).max(120).default(30),
      connectTimeoutSeconds: z.int().min(1).max(120).default(10),
    })
    .prefault({}),
  instruments: z.array(instrument).min(1).max(256),
  marketDepthLevels: z.int().min(1).max(100).default(10).describe('MarketDepth (264) asked for'),
  decisionIntervalUs: z
    .int()
    .min(1_000)
    .max(60_000_000)
    .default(250_000)
    .describe('least event time between two decisions on one symbol'),
  provider: provider
    .default('cpu')
    .describe('where models are served and trained; what cannot be had falls back to the CPU, which is told'),
  http: z
    .strictObject({
      host: z
        .string()
        .default('127.0.0.1')
        .describe('bind address of /metrics, /healthz, /readyz, /audit; loopback unless told'),
      port: z.int().min(0).max(65535).default(9464),
    })
    .prefault({}),
  flattenOnStop: z.boolean().default(true).describe('flatten every position before a clean stop'),
  flattenTimeoutSeconds: z
    .int()
    .min(1)
    .max(600)
    .default(10)
    .describe('after this the answer is "unknown", never "flat"'),
});
export type RuntimeConfig = z.infer<typeof runtimeConfig>;

export const limits = z.strictObject({
  maxOrderQuantityLots: z.int().positive().describe('per order'),
  maxOrderNotionalUsd: z.number().positive().describe('per order'),
  priceCollarTicks: z.int().positive().describe('farthest an order may be priced through the opposite best'),
  maxPositionLots: z.int().positive().describe('per symbol, worst case with open orders'),
  maxGrossNotionalUsd: z.number().positive().describe('all symbols, worst case with open orders'),
  maxOpenOrders: z.int().positive().describe('all symbols'),
  maxOrdersPerSecond: z
    .int()
    .positive()
    .describe('new and replace requests in any one second of event time; cancels exempt'),
  maxDailyLossUsd: z.number().positive().describe("halts, latched, when equity is this far below the day's start"),
  maxDrawdownUsd: z.number().positive().describe('reduce-only when equity is this far below its peak; halts at twice'),
  maxDataAgeUs: z.int().positive().describe('no new risk on a book older than this, event time'),
  maxForecastSigmas: z.number().positive().describe('a forecast beyond this many volatility units is insane'),
});
export type Limits = z.infer<typeof limits>;

/** Planner and risk parameters that evolution may change; limits stay outside its reach. */
export const plannerParameters = z.strictObject({
  horizon: z.int().nonnegative().describe("index into the policy's horizons that decisions use"),
  enterCosts: z
    .number()
    .nonnegative()
    .describe('crosses when the forecast move is worth this many crossings (half the spread and the taker fee)'),
  postCosts: z
    .number()
    .nonnegative()
    .describe('rests an order when it is worth this many; at or above enterCosts: never'),
  exitCosts: z.number().nonnegative().describe('leaves a position when the forecast is against it by this many'),
  confidence: z
    .number()
    .nonnegative()
    .describe('a forecast counts when its mean exceeds this many of its standard deviations'),
  riskPerClipUsd: z
    .number()
    .positive()
    .describe('what one order may gain or lose in one volatility unit of its horizon'),
  clipLots: z.int().positive().describe('quantity of one order at most'),
  maxPositionClips: z.int().positive().describe('position the planner aims for at most, in orders of the current size'),
  maxHoldDecisions: z.int().positive().describe('decisions after which a position without edge is reduced'),
});
export type PlannerParameters = z.infer<typeof plannerParameters>;

const count = z.int().positive();
const horizons = z.array(count).min(1).describe('forward-return horizons, in decisions');
const chunk = count.describe('chunk length of the sequence form');
const stateSpace = {
  features: count,
  dModel: count,
  heads: count,
  headDim: count,
  stateDim: count,
  layers: count,
  chunk,
};

/** A state-space block without trapezoid, rotation and norms. */
export const ssdModel = z.strictObject({ kind: z.literal('ssd'), ...stateSpace, horizons });
export type SsdModel = z.infer<typeof ssdModel>;

/** The block with trapezoid, rotation, norms and biases. */
export const mamba3Model = z.strictObject({
  kind: z.literal('mamba3'),
  ...stateSpace,
  angles: z.int().nonnegative().describe('pairs of key and query entries that turn: at most half of stateDim'),
  rank: count.describe('inputs and outputs of a state a row; 1: a vector each'),
  decay: z.enum(['softplus', 'heavyTail']).describe('curve from what a row says to how fast the state decays'),
  horizons,
});
export type Mamba3Model = z.infer<typeof mamba3Model>;

const baseline = { features: count, dModel: count, hidden: count, layers: count, horizons };
export const lstmModel = z.strictObject({ kind: z.literal('lstm'), ...baseline });
export type LstmModel = z.infer<typeof lstmModel>;
/** Sees one row at a time: what a model without memory can do. */
export const mlpModel = z.strictObject({ kind: z.literal('mlp'), ...baseline });
export type MlpModel = z.infer<typeof mlpModel>;

/** A model that this product can train. */
export const modelConfig = z.discriminatedUnion('kind', [ssdModel, mamba3Model, lstmModel, mlpModel]);
export type ModelConfig = z.infer<typeof modelConfig>;

/** A model trained elsewhere: of what is inside, only the contract of its inputs and outputs is known. */
export const importedModel = z.strictObject({ kind: z.literal('imported'), features: count, horizons });
export type ImportedModel = z.infer<typeof importedModel>;

/** Causal scaling, frozen at training: z = clamp((x − mean) / deviation, ±clip). */
export const scaler = z.strictObject({
  mean: z.array(z.number()),
  deviation: z.array(z.number().positive()),
  clip: z.number().positive(),
});
export type Scaler = z.infer<typeof scaler>;

export const policyManifest = z.strictObject({
  schema: z.literal('emp/policy/v1'),
  name: z.string(),
  files: z
    .strictObject({ 'sequence.onnx': digest, 'step.onnx': digest })
    .describe('digest of each file beside this one'),
  featureNames: z.array(z.string()).min(1),
  featureDigest: digest.describe('digest of the feature schema the weights were trained on'),
  decisionIntervalUs: z.int().positive(),
  model: z.discriminatedUnion('kind', [...modelConfig.options, importedModel]),
  scaler,
  planner: plannerParameters,
  seed: z.int().nonnegative(),
  parents: z.array(digest).describe('policies this one descends from'),
  genome: digest,
  data: z.strictObject({ kind: z.enum(['simulated', 'log']), description: z.string(), digest }),
  commit: z.string().describe('product commit that trained it'),
  trials: z.int().positive().describe('candidates evaluated before this one was chosen'),
  training: z.strictObject({ steps: z.int().nonnegative(), loss: z.number().nullable() }),
  reference: z.strictObject({
    informationCoefficient: z.number().nullable().describe('Spearman rank correlation on the selection slices'),
    pnlPerSliceUsd: z.number().nullable(),
    features: z
      .array(
        z.strictObject({
          edges: z.array(z.number()).max(9).describe('inner bounds of its deciles, ascending'),
          shares: z.array(z.number().nonnegative()).min(1).max(10),
          usualIndex: z.number().nonnegative().describe('index that nine in ten windows of the reference stay below'),
        }),
      )
      .optional()
      .describe("each raw feature's deciles over the training rows: what drift is measured against; none: it is not"),
  }),
});
export type PolicyManifest = z.infer<typeof policyManifest>;

const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day in quotes, such as "09:30"');
const localDate = z.iso.date('must be a date in quotes, such as "2026-12-25"');
export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** `environments/<env>/calendar.yaml`: when the market trades; without one it always does. */
export const calendarDocument = z.strictObject({
  timeZone: z.string().min(1).describe('IANA name, such as America/New_York; all dates and times here are of it'),
  sessions: z
    .array(
      z.strictObject({
        days: z.array(z.enum(weekdays)).min(1).describe('days on which it opens'),
        open: clockTime,
        close: clockTime.describe(
          'on the same day when later than open, else on the next; then open equal to it is a whole day',
        ),
      }),
    )
    .min(1),
  holidays: z.array(localDate).default([]).describe('dates on which no session opens'),
  earlyCloses: z
    .array(z.strictObject({ date: localDate, close: clockTime }))
    .default([])
    .describe('dates whose sessions end early: the day on which they open, the time at which they close'),
});
export type CalendarDocument = z.infer<typeof calendarDocument>;

/** `environments/<env>/policy.yaml`: the one pointer that a promotion or rollback moves. */
export const policyPointer = z.strictObject({
  policy: z.union([digest, z.null()]).describe('what may trade here; null: nothing'),
  path: z.string().nullable().describe("folder of the policy's files, from the repository's root"),
  evidence: z.string().nullable().describe("its statements, one DSSE envelope a line, from the repository's root"),
  image: imageReference
    .optional()
    .describe('OCI artifact with its files, where they are too large for Git; in Git then lies policy.json alone'),
});
export type PolicyPointer = z.infer<typeof policyPointer>;

/** Everything that decides what one environment trades, as digests. */
export const slot = z.strictObject({
  environment: z.string(),
  policy: digest,
  image: digest,
  limits: digest,
  config: digest,
  manifests: digest.describe(
    'everything else that is rendered for the environment, what it shares with others included',
  ),
});
export type Slot = z.infer<typeof slot>;

/** What an approval covers, part by part. */
export const slotParts = ['policy', 'image', 'limits', 'config', 'manifests'] as const;

/** What the runtime can do and open: the README's boundary section must equal this. */
export const boundaries = {
  modes: mode.options,
  flags: [
    '--paper-mode',
    '--live-mode',
    '--deployment',
    '--environment',
    '--trust',
    '--image',
    '--config',
    '--limits',
    '--policy',
    '--state',
    '--venue-host',
    '--venue-port',
    '--http-port',
    '--stop-after-seconds',
    '--window-seconds',
    '--stall-ms',
    '--print-config',
    '--help',
  ],
  metrics: [
    'emp_stage_latency_seconds',
    'emp_stage_latency_quantile_seconds',
    'emp_decisions_total',
    'emp_denials_total',
    'emp_disables_total',
    'emp_orders_total',
    'emp_fills_total',
    'emp_errors_total',
    'emp_market_data_messages_total',
    'emp_position_lots',
    'emp_open_orders',
    'emp_pnl_usd',
    'emp_disabled',
    'emp_book_live',
    'emp_session_up',
    'emp_position_known',
    'emp_model_warm',
    'emp_build_info',
    'emp_signal_index_ratio',
    'emp_population_index_nats',
  ],
  endpoints: ['/metrics', '/healthz', '/readyz', '/audit', '/stream', '/flatten'],
  opens: {
    paper: ['one TCP connection to a simulated venue', 'one HTTP listener on loopback unless told', 'its journal'],
    live: ['nothing: it refuses to start until the policy, limits, configuration and arming are approved'],
  },
} as const;
