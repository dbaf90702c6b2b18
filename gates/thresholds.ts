/** Every number that a gate holds a candidate to, with its reason. Units last in the names. */
export const thresholds = {
  round: {
    /** A gate that could not run is tried once more: long enough for a port or a file to be free again. */
    retryAfterMs: 1000,
  },
  causality: {
    /** None: a value that moves when only the future did is a leak, however small. */
    lookAheadMax: 0,
    /** Instants at which each symbol's future is changed; each is tried with another future and with none. */
    cutsMin: 8,
    /** Events a symbol, so that a quiet market does not pass for want of evidence. */
    eventsMin: 100,
    /** Rows given to the model: more than one chunk, so that it is cut inside and at the bounds. */
    rowsMin: 64,
    /** The step form sees no later row by construction; ten times the rounding that ties the sequence form to it. */
    stepDifferenceMax: 1e-3,
  },
  bookIntegrity: {
    /** None: one wrong level is a wrong touch sooner or later. */
    mismatchesMax: 0,
    /** None: the runtime refuses no message of a sound venue. */
    refusalsMax: 0,
    /** Books compared per symbol: twice the hundred messages within which any defect has to show. */
    comparisonsMin: 200,
  },
  ssdConsistency: {
    /** None: the same bytes in are the same bits out. */
    repeatDifferencesMax: 0,
    /** None: another stream's rows are another symbol's. */
    leakDifferencesMax: 0,
    /** Of sequence, blocks and steps, as a share of the forecast: ten times the rounding of the forms in 32 bits. */
    formDifferenceMax: 1e-4,
  },
  ssdLatency: {
    /** Least of so many rounds: enough for one that no neighbour disturbed. */
    rounds: 12,
    stepsARound: 60,
    stepsOf64ARound: 12,
    pacedRounds: 3,
    pacedSteps: 120,
    /** A step of the founder's size is two and a half times an empty graph's, at whose cost the call itself has most of the share. */
    ratioMax: 4,
    /** Where states are small, 64 empty steps in one cost hardly more than one. */
    ratioOf64Max: 8,
    /** Beyond that something stalls that is not the operating system: it hits a sound model in some rounds, not in all. */
    spreadMax: 4,
  },
  ssdVsLstm: {
    /** Fewer make no interval. */
    seeds: 5,
    learningRate: 3e-2,
    interleaved: {
      /** Fewer, and not even a sound block has found the streams. */
      steps: 250,
      /** A sound block is a quarter of a nat better than an LSTM; one that reads its state a row late is no better. */
      natsOverLstmMax: -0.1,
    },
    regimes: {
      /** Both kinds are then close to what they end at. */
      steps: 100,
      /** A block without its gate is worse by three times as much, a sound one by less than that. */
      natsOverLstmMax: 0.03,
    },
    parity: {
      steps: 600,
      /** Of five seeds one may not find it, which costs a tenth on average; a block that does not turn is behind by 0.3 from each. */
      natsOverLstmMax: 0.1,
    },
    autoregressive: {
      /** Both kinds have learned it; after a third of them the plain block is still behind by 0.035. */
      steps: 600,
      /** Sound blocks end within 0.005 of an LSTM. */
      natsOverLstmMax: 0.02,
    },
    longMemory: {
      steps: 600,
      /** Sound blocks end within 0.017; with two heads, and so two memories, a tenth behind. */
      natsOverLstmMax: 0.02,
    },
  },
  replaySmoke: {
    /** Past the 64 decisions in which one symbol's model warms up, or nothing but warming up would be tried. */
    decisionsMin: 100,
  },
  scaling: {
    /** Fewer say nothing about a distribution. */
    rowsMin: 200,
    /** A symbol whose middle lies farther out is read as a lasting signal by a model of all. Seven assets stay below. */
    medianMax: 2.5,
    /** Four times wilder than the scaler says, and most of it is at the clip. */
    deviationMax: 4,
    /** Of the symbol on which a feature moves most: below, the model sees a constant. */
    deviationMin: 0.1,
    /** What is at the clip is told apart from nothing. */
    clippedShareMax: 0.15,
  },
  psi: {
    /** As the running policy is judged (`runtime/drift/drift-rule.ts`): half of what was known is another regime. */
    signalIndexMin: 0.5,
    populationIndexMax: 0.25,
    /** Three features that have left their deciles are drift. */
    featuresMovedMax: 2,
    /** Fewer pairs of forecast and outcome say nothing. */
    decisionsMin: 2000,
  },
  invariants: {
    /** Bands are fitted on ten days: of 24 others one broke one (`scripts/drift/days.json`). Exact ones (`book-integrity`) may never break. */
    brokenMax: 1,
  },
  backfill: {
    /** So many snapshots, and instants after which the future is changed. */
    snapshotsMin: 20,
    cutsMin: 4,
  },
  heavy: {
    /** Of searches where there is nothing to learn; what slips through is the luck that the edge gate allows. */
    refusedShareMin: 0.95,
    /** Of a long log's replay after its first tenth: what the collector leaves lying about, and nothing that grows with it. */
    residentGrowthMiMax: 96,
    /** Of the last half's speed by the first's: what a busy machine's caches take, and nothing that grows with the log. */
    speedShareMin: 0.75,
  },
  edge: {
    /** One candidate in twenty without any edge may look as if it had one: the custom, shared out over looks and attempts. */
    falsePassShareMax: 0.05,
    /** Ten minutes: a few regimes of volatility, two thousand decisions a symbol, and the market's opening stays cheap. */
    simulatedSliceSeconds: 600,
    /** A recorded hour holds out eighteen minutes: enough such slices for a small p. */
    recordedSliceSeconds: 60,
    /** Slices at the last look; the first looks, at a quarter and at a half, decide what is clear early. */
    slicesMax: 32,
    /** Fewer cannot reach the p that is asked for, however good the candidate. */
    slicesMin: 8,
    /** Untrained policies with planners of their own; the one that does best on selection slices is the one to beat. */
    untrainedVariants: 3,
    /** Slices to choose it on. */
    untrainedSelectionSlices: 2,
    /** Of the forecasts' rank correlation with what happened: the lower end of its 95 % interval over slices. */
    correlationMin: 0,
  },
  regret: {
    /** Those of the edge gate's first look: what both need runs once. */
    slicesMax: 8,
    /**
     * Perfect hindsight trades every wiggle: policies with a real edge earn some percent of it, random ones lose. Half a percent
     * is below the former and above the latter.
     */
    oracleShareMin: 0.005,
  },
  plannerSla: {
    /** How much denser than in the busiest minute the messages arrive. */
    loadFactor: 4,
    /** Two minutes of the simulated market, from which the busiest is taken. */
    simulatedSliceSeconds: 120,
    /** Of a recorded one, where fewer messages lead to fewer decisions. */
    recordedSliceSeconds: 600,
    /** What else the machine does hits a message in one round or another, what the candidate costs in all: the least counts. */
    rounds: 4,
    /** Fewer make no p99. */
    decisionsMin: 200,
    /** p99 of a decision over an empty graph's median inference, here and now: about four times what the founder's size takes. */
    decisionRatioMax: 100,
    /** p99 from a message's arrival to its decision's end under load: a tenth of the decision interval, on any machine. */
    loadedDecisionMsMax: 25,
  },
  /** What an environment recorded after a sync, against what it was approved for (`scripts/regression/judge.ts`). */
  regression: {
    /** Without them a window says nothing. */
    decisionsMin: 500,
    /** A policy that its limits refuse on more of its decisions than this does not know them: it was not searched for here. */
    deniedShareMax: 0.2,
    /** Forecasts held against what happened; fewer make no correlation. */
    pairsMin: 200,
    /**
     * Of a quick decision's time over that of a quick message without one, both on the same machine in the same minutes, over the same
     * ratio when it was approved. A journal on disk and a venue over TCP make it 1.2 to 2.3 times as large (`up` with seeds 1
     * to 7 on a busy machine), in a pod with a tenth of a core 3.7 times; a slow machine slows both. What is twice beyond
     * that is another runtime.
     */
    decisionRatioGrowthMax: 8,
  },
  truth: {
    /** None: a claim without evidence is an opinion. */
    unboundClaimsMax: 0,
    /** Documents round, machines differ in noise: a fifth. Ten times is never within it. */
    figureDifferenceShareMax: 0.2,
    /** A command that a claim rests on answers a person; what takes longer belongs into a suite. */
    commandSecondsMax: 60,
  },
} as const;
