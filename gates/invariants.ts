/** What every feature and every data set owes by its definition, on the candidate's market. */
import { DATA_SETS, type DataSet, loadDataSets } from '../policies/markets/invariants/data-set.ts';
import { dataSetInvariants, holds } from '../policies/markets/invariants/invariants.ts';
import { type MarketPart, measureMarket } from '../policies/markets/invariants/market-measure.ts';
import { InputError } from '../runtime/boot/documents.ts';
import { type AnyFeature, findOutOfBounds, loadFeatures } from '../runtime/features/causality.ts';
import type { Feature } from '../runtime/features/feature.ts';
import { catalogue } from '../runtime/features/index.ts';
import { findBrokenInvariant, findMissingInvariant } from '../runtime/features/invariants.ts';
import type { MarketEvent } from '../runtime/features/market-event.ts';
import { RandomEvents } from '../runtime/features/random-events.ts';
import { InstrumentTable } from '../runtime/instrument.ts';
import { MarketLog } from '../runtime/replay/log-reader.ts';
import type { Finding, Gate, GateContext } from './gate.ts';
import { gateSlice } from './gate-slice.ts';
import { recordMarket } from './market-recording.ts';
import { thresholds as allThresholds } from './thresholds.ts';

const thresholds = allThresholds.invariants;

/** Of the market that features are tried on, and of the one that is held to its data set. */
const FEATURE_SECONDS = 60;
const MARKET_SECONDS = 3600;
/** Events of an invented market, which goes where real ones seldom do. */
const INVENTED_EVENTS = 300;
const PRICE_TICKS = 20_000;

export const invariants: Gate = {
  name: 'invariants',
  proves: 'every feature keeps what its definition states, and the market what its data set states',
  async run(_candidate, context) {
    const { features: folder, dataSets = DATA_SETS, progress } = context;
    const further = folder === undefined ? [] : await loadFeatures(folder);
    const measured: Record<string, number | string> = { features: catalogue.length + further.length };
    const failed = (because: string): Finding => ({ status: 'failed', because, measured, thresholds });
    let sets: DataSet[];
    try {
      sets = loadDataSets(dataSets);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return failed(error.message.replaceAll('\n', ' '));
    }
    const set = sets.find(({ market }) => isOf(market, context));
    if (set === undefined) {
      return failed(
        'the market has no data set, so nothing is stated of it; `npm run drift-report -- --learn FILE` makes one',
      );
    }
    const ofFeatures = findFeatureProblem([...catalogue, ...further], eventsOf(context));
    if (ofFeatures !== undefined) return failed(ofFeatures);
    progress(0.3);
    const found = dataSetInvariants(set, measureMarket(partOf(context))).invariants;
    const broken = found.filter((invariant) => !holds(invariant));
    const contradicted = broken.find(({ name }) => name === 'book-integrity');
    measured['invariants'] = found.length;
    measured['broken'] = broken.length;
    if (contradicted !== undefined || broken.length > thresholds.brokenMax) {
      const first = contradicted ?? broken[0];
      return failed(
        `${broken.length} invariants of ${set.name} are broken: ${first?.name} of ${first?.subject} is ${figure(first?.figure)}, ${figure(first?.low)} to ${figure(first?.high)} is allowed`,
      );
    }
    const because = `${measured['features']} features keep their invariants, and ${found.length - broken.length} of ${found.length} of ${set.name} hold`;
    return { status: 'passed', because, measured, thresholds };
  },
};

/** The first feature that states too little, or breaks what it states. Column features have no mirror to state. */
export function findFeatureProblem(
  features: readonly (AnyFeature | Partial<Feature>)[],
  markets: readonly (readonly MarketEvent[])[],
): string | undefined {
  for (const feature of features) {
    const missing = 'column' in feature ? undefined : findMissingInvariant(feature);
    if (missing !== undefined) return `feature "${feature.name}" states no ${missing}: nothing could be held to it`;
  }
  const whole = features.filter((feature): feature is Feature => !('column' in feature));
  for (const events of markets) {
    const outside = findOutOfBounds(features as readonly AnyFeature[], events);
    if (outside !== undefined) {
      return `feature "${outside.feature}" is ${outside.value} at event ${outside.eventIndex}, which is outside of its own bounds`;
    }
    const broken = findBrokenInvariant(whole, events);
    if (broken === undefined) continue;
    const { feature, invariant, eventIndex, expected, actual } = broken;
    return `feature "${feature}" breaks "${invariant}" at event ${eventIndex}: it is ${actual}, ${expected} was expected`;
  }
  return undefined;
}

function eventsOf(context: GateContext): (readonly MarketEvent[])[] {
  const { config, seed } = context;
  const slice = gateSlice(context, 'invariants, features', FEATURE_SECONDS);
  const recorded = recordMarket(slice, new InstrumentTable(config.instruments), config.marketDepthLevels);
  return [...recorded.map(({ events }) => moved(events)), new RandomEvents('invariants', seed).take(INVENTED_EVENTS)];
}

/** Prices moved to where the invented markets are, so that a mirror leaves them above zero. */
function moved(events: readonly MarketEvent[]): MarketEvent[] {
  const ticks = PRICE_TICKS - (events[0]?.levels[0]?.priceTicks ?? PRICE_TICKS);
  const by = <T extends { readonly priceTicks: number }>(part: T): T => ({
    ...part,
    priceTicks: part.priceTicks + ticks,
  });
  return events.map((event) => ({ ...event, levels: event.levels.map(by), trades: event.trades.map(by) }));
}

function isOf(market: DataSet['market'], { market: source }: GateContext): boolean {
  if (market.kind === 'simulated') return source.kind === 'simulated' && source.informed === market.informed;
  if (source.kind !== 'log') return false;
  const log = MarketLog.open(source.path);
  log.close();
  return log.metadata.sha256 === market.sha256;
}

function partOf(context: GateContext): MarketPart {
  const slice = gateSlice(context, 'invariants', MARKET_SECONDS);
  return slice.kind === 'simulated' ? slice : { kind: 'log', path: slice.path, fromUs: slice.fromUs, toUs: slice.toUs };
}

function figure(value: number | undefined): string {
  return value === undefined ? '' : `${Number(value.toPrecision(4))}`;
}
