/** A made-up run for the viewer's own tests: the same events for the same seed, in the shapes that the loop sends. */
import { Random } from '../../runtime/random.ts';
import type { SymbolSnapshot } from '../../runtime/snapshot.ts';
import type { ViewEvent } from './view.ts';

type Snapshot = Extract<ViewEvent, { kind: 'runtime' }>['snapshot'];
type Fill = Snapshot['fills'][number];

const START_US = Date.UTC(2026, 0, 5, 14, 30) * 1000;
const STEP_US = 250_000;
const HORIZONS_US = [250_000, 1_000_000, 5_000_000];
const GATES = ['causality', 'book-integrity', 'ssd-consistency', 'edge', 'planner-sla', 'regret', 'replay-smoke'];
const hex = (random: Random, digits: number) =>
  Array.from({ length: digits }, () => random.integer(16).toString(16)).join('');

/** Evolution, gates and promotion, in order. */
export function promotionEvents(seed: number): ViewEvent[] {
  const random = Random.of(seed, 'viewer', 'promotion');
  const events: ViewEvent[] = [{ kind: 'phase', phase: 'evolving', note: 'Evolving on the simulated market, seed 7.' }];
  let best = -4;
  for (let generation = 0; generation <= 8; generation++) {
    best += random.float() * 6;
    events.push(generationEvent(random, generation, best));
  }
  events.push({ kind: 'phase', phase: 'gating', note: 'The champion runs through seven gates.' });
  for (const name of GATES) events.push(gateEvent(random, name));
  events.push({ kind: 'phase', phase: 'promoting', note: 'All gates passed; committing the promotion.' });
  events.push(policyEvent(random));
  return events;
}

function generationEvent(random: Random, generation: number, best: number): ViewEvent {
  const mutations = ['founder', 'enter edge 1.2 → 0.9 ticks', 'crossover', 'trained on, learning rate 0.003'];
  return {
    kind: 'generation',
    generation,
    generations: 8,
    best,
    spread: 1 + random.float() * 3,
    candidates: Array.from({ length: 8 }, (_, i) => ({
      digest12: hex(random, 12),
      score: best - i * random.float() * 2,
      parents: generation === 0 ? [] : [hex(random, 12)],
      mutation: random.pick(mutations),
      curve: Array.from({ length: 40 }, (_, k) => 1.31 + 0.11 * Math.exp(-(k + i) / 8)),
      status: i === 0 && generation === 8 ? ('champion' as const) : i < 5 ? ('alive' as const) : ('dropped' as const),
    })),
    etaSeconds: (8 - generation) * 3.2,
  };
}

function gateEvent(random: Random, name: string): ViewEvent {
  const rate = 0.3 + random.float() / 10;
  return {
    kind: 'gate',
    name,
    status: 'passed',
    because: `${name}: measured ${rate.toFixed(3)}, at least 0.25 is asked.`,
    measured: { shareOfSlices: rate, slices: 24, worstSlice: 'held-out 17' },
    thresholds: { shareOfSlices: 0.25 },
    seconds: 0.4 + random.float() * 5,
  };
}

function policyEvent(random: Random): Extract<ViewEvent, { kind: 'policy' }> {
  return {
    kind: 'policy',
    digest: `sha256:${hex(random, 64)}`,
    name: 'ssd-32x2 generation 8',
    summary: {
      model: 'ssd, 2 × width 32, 4 heads, state 16',
      features: 15,
      horizonsUs: HORIZONS_US,
      trainedOn: 'simulated: 3 symbols, informed traders, 240 s',
      trials: 72,
      trainingSteps: 400,
      trainingLoss: 0.9132,
      informationCoefficient: 0.187,
      pnlPerSliceUsd: 12.44,
      seed: 7,
      productCommit: hex(random, 40),
      planner: { horizon: 1, enterCosts: 0.9, maxHoldDecisions: 80 },
    },
    evidence: { ok: true, problems: [] },
    commit: hex(random, 40),
    tag: 'local/policy-0001',
    approvedBy: 'APPROVED_DEFAULT, key 3f9a',
    ledgerSeq: 4,
    parents: [`sha256:${hex(random, 64)}`],
    lineage: {
      kind: 'policy',
      name: `sha256:${hex(random, 64)}`,
      facts: {},
      children: [
        { kind: 'gate', name: 'edge', facts: { verdict: 'passed' }, children: [] },
        { kind: 'data', name: `sha256:${hex(random, 64)}`, facts: { described: 'simulated' }, children: [] },
      ],
    },
  };
}

/** A runtime that trades: `count` snapshots a quarter of a second apart. */
export function tradingEvents(seed: number, count: number): Extract<ViewEvent, { kind: 'runtime' }>[] {
  const random = Random.of(seed, 'viewer', 'trading');
  const markets = [
    new Market(random, 'SIM-S', '0.01', 22_350, 9),
    new Market(random, 'SIM-L', '0.05', 410, 1),
    new Market(random, 'SIM-M', '0.01', 5_120, 3),
  ];
  const fills: Fill[] = [];
  const pairs: Snapshot['forecasts'][number][] = [];
  return Array.from({ length: count }, (_, i) => {
    const timeUs = START_US + i * STEP_US;
    for (const market of markets) market.step();
    if (i % 4 === 3) fills.push(fillOf(random, random.pick(markets), fills.length, timeUs));
    for (let horizon = 0; horizon < HORIZONS_US.length; horizon++) {
      const mean = random.gaussian();
      pairs.push({ symbol: 'SIM-S', horizon, mean: mean / 4, realised: 0.3 * mean + random.gaussian() });
    }
    const symbols = markets.map((market, id) => market.snapshot(random, id === 2 ? timeUs : undefined));
    const pnl = addUp(symbols);
    return {
      kind: 'runtime',
      snapshot: {
        timeUs,
        mode: 'paper',
        environment: 'local',
        policyDigest: `sha256:${'4f'.repeat(32)}`,
        session: 'up',
        positionKnown: true,
        horizonsUs: HORIZONS_US,
        symbols,
        disables: [],
        history: [
          {
            reason: 'WARMUP',
            symbol: null,
            evidence: '64 of 64 decisions seen',
            sinceUs: START_US,
            untilUs: START_US + 16e6,
          },
        ],
        pnl,
        fills: fills.slice(-50),
        fillCount: fills.length,
        decisions: i * markets.length,
        denials: { NOTIONAL_EXCEEDS_LIMIT: 2, ORDER_RATE: 11 },
        forecasts: pairs.slice(-200),
      },
    };
  });
}

function fillOf(random: Random, market: Market, count: number, timeUs: number): Fill {
  const side = random.pick(['buy', 'sell'] as const);
  return {
    execId: `E${count}`,
    clOrdId: `EMP-7-${1000 + count}`,
    symbol: market.symbol,
    side,
    lots: 1 + random.integer(5),
    priceTicks: market.best(side),
    liquidity: random.pick(['maker', 'taker'] as const),
    timeUs,
    edgeMicroUsd: random.integer(80_000) - 30_000,
  };
}

function addUp(symbols: readonly SymbolSnapshot[]): Snapshot['pnl'] {
  const sum = { cross: 0, post: 0, hold: 0, fees: 0, total: 0 };
  for (const { pnl } of symbols) for (const part of Object.keys(sum) as (keyof typeof sum)[]) sum[part] += pnl[part];
  return sum;
}

/** One symbol whose mid wanders and whose parts of profit grow. */
class Market {
  readonly symbol: string;
  readonly #random: Random;
  readonly #tickSize: string;
  readonly #gapTicks: number;
  #midTicks: number;
  #positionLots = 0;
  readonly #parts = { cross: 0, post: 0, hold: 0, fees: 0 };

  constructor(random: Random, symbol: string, tickSize: string, midTicks: number, gapTicks: number) {
    this.#random = random;
    this.symbol = symbol;
    this.#tickSize = tickSize;
    this.#midTicks = midTicks;
    this.#gapTicks = gapTicks;
  }

  step(): void {
    this.#midTicks += Math.round(this.#random.gaussian() * this.#gapTicks * 0.6);
    this.#positionLots = Math.max(-20, Math.min(20, this.#positionLots + this.#random.integer(3) - 1));
    this.#parts.cross += this.#random.integer(30_000) - 18_000;
    this.#parts.post += this.#random.integer(60_000) - 8_000;
    this.#parts.hold += this.#random.integer(120_000) - 55_000;
    this.#parts.fees += this.#random.integer(9_000);
  }

  best(side: 'buy' | 'sell'): number {
    return this.#inside(side === 'buy' ? -1 : 1);
  }

  /** Best price of a side: levels stand on a grid and the mid moves between them. */
  #inside(sign: number): number {
    const below = Math.floor((this.#midTicks - 1) / this.#gapTicks) * this.#gapTicks;
    return sign < 0 ? below : below + this.#gapTicks * Math.ceil((this.#midTicks + 1 - below) / this.#gapTicks);
  }

  /** @param disabledUs since when the symbol is off */
  snapshot(random: Random, disabledUs: number | undefined): SymbolSnapshot {
    const { cross, post, hold, fees } = this.#parts;
    const levels = (sign: number) =>
      Array.from({ length: 10 }, (_, i) => {
        const own = i === 1 ? 3 : 0;
        return [this.#inside(sign) + sign * this.#gapTicks * i, 5 + random.integer(40 * (i + 1)) + own, own] as const;
      });
    return {
      symbol: this.symbol,
      tickSize: this.#tickSize,
      status: 'live',
      positionLots: this.#positionLots,
      midHalfTicks: this.#inside(-1) + this.#inside(1),
      bids: levels(-1),
      asks: levels(1),
      lastForecast: { mean: HORIZONS_US.map(() => random.gaussian() / 4), logScale: HORIZONS_US.map(() => 0.02) },
      disables:
        disabledUs === undefined
          ? []
          : [
              {
                reason: 'FEED_STALE',
                evidence: 'no update for 1.8 s, at most 1.5 s is allowed',
                sinceUs: disabledUs - 1_800_000,
              },
            ],
      workingOrders: [
        { clOrdId: 'EMP-7-41', side: 'buy', priceTicks: this.#inside(-1) - this.#gapTicks, leavesLots: 3 },
        { clOrdId: 'EMP-7-42', side: 'sell', priceTicks: this.#inside(1) + this.#gapTicks, leavesLots: 3 },
      ],
      pnl: { cross, post, hold, fees, total: cross + post + hold - fees },
    };
  }
}
