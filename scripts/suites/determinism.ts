/**
 * One seed, one market, one policy: the same decisions in one process, over TCP, and with pauses anywhere; and one
 * changed byte of input changes nothing before it.
 *
 * Usage: node scripts/suites/determinism.ts [PART-OF-A-CASE'S-NAME]
 */
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import type { Candidate } from '../../gates/gate.ts';
import { environment } from '../../gates/testing.ts';
import { type TrialMarket, trialRun } from '../../gates/trial-run.ts';
import { backtest } from '../../runtime/backtest.ts';
import { StepForecaster } from '../../runtime/inference/step-forecaster.ts';
import { decisionDigestOf, decisionLine, isDecision } from '../../runtime/journal/digest.ts';
import type { JournalRecord } from '../../runtime/journal/journal.ts';
import { SqliteJournal } from '../../runtime/journal/sqlite-journal.ts';
import { loadPolicy } from '../../runtime/policy/load.ts';
import { replayMarket } from '../../runtime/venue/replay-market.ts';
import { simulatedMarket } from '../../runtime/venue/simulated-market.ts';
import { busyPolicy } from './busy-policy.ts';
import { type Recorded, recordingOf, writeLog } from './recorded-log.ts';
import { hold, inFolder, Suite } from './suite.ts';

const SEED = 23;
const SECONDS = 120;
const STEPS = SECONDS * 10;
const SOH = String.fromCharCode(1);
/** Longer than from one decision to the next: what is shown for so long is looked at. */
const SHOWN_US = 500_000;
const { config, limits } = environment;

/** Decisions of a run, and what it said of them. */
interface Decided {
  readonly digest: string;
  readonly decisions: number;
  readonly fills: number;
  readonly records: readonly JournalRecord[];
}

function simulated(seed: number, stalled = false): TrialMarket {
  const stalls = stalled ? ['--stall-ms', '5'] : [];
  return {
    factory: simulatedMarket({ seed, informed: true }),
    flags: stalls,
    seed,
    steps: STEPS,
    runtimeFlags: stalls,
  };
}

async function overTcp(candidate: Candidate, market: TrialMarket, folder: string): Promise<Decided> {
  mkdirSync(folder, { recursive: true });
  const { signal } = new AbortController();
  const run = await trialRun(candidate, { config, limits, signal }, market, folder);
  hold(
    run.runtimeExit === 0 && run.venueExit === 0,
    `ended with ${run.runtimeExit}, ${run.venueExit}: ${run.complaint}`,
  );
  const stopped = run.events.at(-1);
  hold(stopped?.event === 'stopped', 'the runtime did not say how it stopped');
  const journal = new SqliteJournal(path.join(folder, 'runtime/journal.sqlite'), { readOnly: true });
  try {
    const digest = decisionDigestOf(journal);
    hold(
      digest === stopped['decisionDigest'],
      `the journal digests to ${digest}, told was ${stopped['decisionDigest']}`,
    );
    const records = [...journal.records()].filter(({ kind }) => isDecision(kind));
    return { digest, decisions: stopped['decisions'] as number, fills: run.executed.length, records };
  } finally {
    journal.close();
  }
}

function inProcess({ directory }: Candidate, seed: number): Omit<Decided, 'records'> {
  const { manifest } = loadPolicy(directory);
  const forecaster = new StepForecaster(loadPolicy(directory), config.instruments.length);
  try {
    const run = backtest({
      market: simulatedMarket({ seed, informed: true }),
      seed,
      seconds: SECONDS,
      config,
      limits,
      policy: { forecaster, planner: manifest.planner },
    });
    return { digest: run.decisionDigest, decisions: run.decisions, fills: run.venueExecutions.length };
  } finally {
    forecaster.dispose();
  }
}

const suite = new Suite(process.argv[2]);
await inFolder(async (folder) => {
  const candidate = busyPolicy(path.join(folder, 'policy'));
  const at = (name: string) => path.join(folder, name);
  let reference: Omit<Decided, 'records'> | undefined;
  const wanted = () => {
    reference ??= inProcess(candidate, SEED);
    hold(reference.fills >= 20, `${reference.fills} fills are too few to show anything`);
    return reference;
  };

  await suite.check('twice in one process', () => {
    hold(inProcess(candidate, SEED).digest === wanted().digest, 'the second run decided otherwise');
    console.log(`        ${wanted().decisions} decisions, ${wanted().fills} fills, ${wanted().digest}`);
  });

  await suite.check('over TCP as in one process', async () => {
    const { digest } = await overTcp(candidate, simulated(SEED), at('tcp'));
    hold(digest === wanted().digest, `over TCP ${digest}, in one process ${wanted().digest}`);
  });

  await suite.check('over TCP with pauses of up to 5 ms on both sides', async () => {
    const { digest } = await overTcp(candidate, simulated(SEED, true), at('stalled'));
    hold(digest === wanted().digest, `with pauses ${digest}, in one process ${wanted().digest}`);
  });

  await suite.check('another seed decides otherwise', () => {
    hold(inProcess(candidate, SEED + 1).digest !== wanted().digest, 'the seed changed nothing');
  });

  await suite.check('one changed byte changes decisions from there on only', async () => {
    const events = recordingOf(config.instruments, SEED, SECONDS);
    const changed = altered(events);
    writeLog(at('plain.zst'), config.instruments, events);
    writeLog(at('changed.zst'), config.instruments, changed.events);
    const bytes = differingBytes(at('plain.zst'), at('changed.zst'));
    hold(bytes.outsideChecksums === 1, `${bytes.outsideChecksums} bytes differ besides checksums, 1 is wanted`);
    const decided = async (name: string) => {
      const market = { factory: replayMarket(at(`${name}.zst`)), flags: ['--log', at(`${name}.zst`)] };
      return overTcp(candidate, { ...market, seed: SEED, steps: STEPS - 10 }, at(name));
    };
    const [plain, after] = [await decided('plain'), await decided('changed')];
    const parting = plain.records.findIndex((record, i) => decisionLine(record) !== lineOf(after.records[i]));
    hold(parting >= 0, 'the changed byte changed no decision');
    const first = plain.records[parting] as JournalRecord;
    hold(
      first.timeUs >= changed.timeUs,
      `decisions part at ${first.timeUs} µs, the byte was changed at ${changed.timeUs} µs only`,
    );
    const lagMs = (first.timeUs - changed.timeUs) / 1000;
    console.log(
      `        ${parting} of ${plain.records.length} records alike, then different ${lagMs} ms after the byte`,
    );
  });
});
// At once: a patience that nobody waits for any more would hold the process.
process.exit(suite.end());

function lineOf(record: JournalRecord | undefined): string | undefined {
  return record === undefined ? undefined : decisionLine(record);
}

/** The recording with one digit changed, half way through, of a quantity that stands at the best bid for a while. */
function altered(events: readonly Recorded[]): { readonly events: Recorded[]; readonly timeUs: number } {
  const middleUs = ((events[0] as Recorded).timeUs + (events.at(-1) as Recorded).timeUs) / 2;
  const bids = config.instruments.map(() => new Map<number, number>());
  for (const [index, event] of events.entries()) {
    const book = bids[event.symbolId] as Map<number, number>;
    for (const { side, priceTicks, lots } of event.levels) {
      if (side === 'buy' && lots > 0) book.set(priceTicks, lots);
      else if (side === 'buy') book.delete(priceTicks);
    }
    const [level, more] = event.levels;
    if (event.timeUs < middleUs || level === undefined || more !== undefined || event.trades.length > 0) continue;
    const best = level.side === 'buy' && level.priceTicks === Math.max(...book.keys());
    if (!best || level.lots === 0 || touchedSoon(events, index, level.priceTicks)) continue;
    const levels = [{ ...level, lots: level.lots + (level.lots % 10 === 9 ? -1 : 1) }];
    return { events: events.with(index, { ...event, levels }), timeUs: event.timeUs };
  }
  throw new Error('the recording has no message that changes the best bid alone and for a while');
}

function touchedSoon(events: readonly Recorded[], index: number, price: number): boolean {
  const { timeUs, symbolId } = events[index] as Recorded;
  const next = events.slice(index + 1).find(({ symbolId: id, levels }) => {
    return id === symbolId && levels.some(({ priceTicks }) => priceTicks === price);
  });
  return next !== undefined && next.timeUs < timeUs + SHOWN_US;
}

/** Compares two logs' FIX streams; three digits of a checksum follow from the byte before them. */
function differingBytes(one: string, other: string): { readonly outsideChecksums: number } {
  const [a, b] = [one, other].map((file) => zstdDecompressSync(readFileSync(file)).toString('latin1')) as [
    string,
    string,
  ];
  const withoutChecksums = (text: string) =>
    text
      .split(SOH)
      .filter((field) => !field.startsWith('10='))
      .join(SOH);
  const [left, right] = [withoutChecksums(a), withoutChecksums(b)];
  hold(left.length === right.length, 'the logs differ in length');
  let outsideChecksums = 0;
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) outsideChecksums++;
  return { outsideChecksums };
}
