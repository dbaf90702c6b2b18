/**
 * `node scripts/drift/measure.ts SEEDS [FILE [TRIALS]]`: how soon planted changes of the simulated market are told, and how
 * often a quiet one is taken for changed. Writes JSON to FILE at its end. Adds each seed's trial to TRIALS, and goes on from
 * those in it that this code made.
 */
import { writeFileSync } from 'node:fs';
import { type DriftReference, driftRule } from '../../runtime/drift/drift-rule.ts';
import { Known } from '../heavy/known.ts';
import { CHANGES, type Change, simulatedReference, trial } from './detection.ts';

/** Of the reference: no trial has them. */
const REFERENCE_SEEDS = Array.from({ length: 12 }, (_, i) => 9001 + i);
const REFERENCE_SECONDS = 7200;
/** Quiet windows a seed, and windows after which a change counts as missed. */
const QUIET_WINDOWS = 2;
const MISSED_AFTER = 8;

export interface DetectionFigures {
  readonly seeds: number;
  readonly windowSeconds: number;
  readonly quiet: { readonly windows: number; readonly falseAlarms: number };
  /** Windows from the change to the first that says drift, the median over seeds; missed ones count as never. */
  readonly changes: Readonly<Record<string, { readonly medianDelayWindows: number; readonly missed: number }>>;
}

/** What one seed showed. */
export interface DetectionTrial {
  readonly seed: number;
  readonly quietWindows: number;
  readonly falseAlarms: number;
  /** Windows to the first that says drift, by change; null: it was missed. */
  readonly delays: Readonly<Record<string, number | null>>;
}

const changed: readonly Change[] = CHANGES.filter((change) => change !== 'quiet');

/**
 * @param seeds from 1 up
 * @param known trials of an earlier run, by which this one goes on
 */
export function measureDetection(
  seeds: number,
  known: readonly DetectionTrial[] = [],
  onTrial: (trial: DetectionTrial) => void = () => {},
): DetectionFigures {
  let reference: DriftReference | undefined;
  const trials: DetectionTrial[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const before = known.find((one) => one.seed === seed);
    if (before === undefined) {
      reference ??= simulatedReference(REFERENCE_SEEDS, REFERENCE_SECONDS);
      trials.push(trialOf(reference, seed));
      onTrial(trials.at(-1) as DetectionTrial);
    } else trials.push(before);
  }
  return figuresOf(trials);
}

function trialOf(reference: DriftReference, seed: number): DetectionTrial {
  const quiet = trial(reference, 'quiet', seed, QUIET_WINDOWS);
  return {
    seed,
    quietWindows: quiet.length,
    falseAlarms: quiet.filter(({ drift }) => drift !== undefined).length,
    delays: Object.fromEntries(
      changed.map((change) => {
        const windows = trial(reference, change, seed, MISSED_AFTER);
        return [change, windows.at(-1)?.drift === undefined ? null : windows.length];
      }),
    ),
  };
}

/** @throws RangeError without a trial */
export function figuresOf(trials: readonly DetectionTrial[]): DetectionFigures {
  if (trials.length === 0) throw new RangeError('drift detection over 0 seeds, at least 1 is allowed');
  const sum = (of: (one: DetectionTrial) => number) => trials.reduce((total, one) => total + of(one), 0);
  return {
    seeds: trials.length,
    windowSeconds: driftRule.windowUs / 1e6,
    quiet: { windows: sum((one) => one.quietWindows), falseAlarms: sum((one) => one.falseAlarms) },
    changes: Object.fromEntries(
      changed.map((change) => {
        const delays = trials.map((one) => one.delays[change] ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
        const missed = delays.filter((delay) => delay === Number.POSITIVE_INFINITY).length;
        return [change, { medianDelayWindows: delays[delays.length >> 1] as number, missed }];
      }),
    ),
  };
}

function main([seeds = '', file, trials]: readonly string[]): number {
  if (!/^[1-9]\d{0,3}$/.test(seeds)) {
    process.stderr.write('usage: node scripts/drift/measure.ts SEEDS [FILE [TRIALS]]\n');
    return 2;
  }
  const known = new Known<DetectionTrial>(trials, import.meta.filename);
  const figures = measureDetection(Number(seeds), [...known.found], (one) => {
    known.add(one);
    process.stderr.write(`${JSON.stringify(one)}\n`);
  });
  if (file !== undefined) writeFileSync(file, `${JSON.stringify(figures, null, 2)}\n`);
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  return 0;
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2));
