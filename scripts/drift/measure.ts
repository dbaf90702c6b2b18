/**
 * `node scripts/drift/measure.ts SEEDS [FILE]`: how soon planted changes of the simulated market are told, and how often a
 * quiet one is taken for changed. Writes JSON to FILE, and what is known so far to stderr.
 */
import { writeFileSync } from 'node:fs';
import { driftRule } from '../../runtime/drift/drift-rule.ts';
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

/** @param seeds from 1 up */
export function measureDetection(
  seeds: number,
  progress: (figures: DetectionFigures) => void = () => {},
): DetectionFigures {
  const reference = simulatedReference(REFERENCE_SEEDS, REFERENCE_SECONDS);
  let quietWindows = 0;
  let falseAlarms = 0;
  const delays = new Map<Change, number[]>(
    CHANGES.filter((change) => change !== 'quiet').map((change) => [change, []]),
  );
  let figures: DetectionFigures | undefined;
  for (let seed = 1; seed <= seeds; seed++) {
    const quiet = trial(reference, 'quiet', seed, QUIET_WINDOWS);
    quietWindows += quiet.length;
    falseAlarms += quiet.filter(({ drift }) => drift !== undefined).length;
    for (const [change, known] of delays) {
      const windows = trial(reference, change, seed, MISSED_AFTER);
      known.push(windows.at(-1)?.drift === undefined ? Number.POSITIVE_INFINITY : windows.length);
    }
    figures = {
      seeds: seed,
      windowSeconds: driftRule.windowUs / 1e6,
      quiet: { windows: quietWindows, falseAlarms },
      changes: Object.fromEntries(
        [...delays].map(([change, known]) => {
          const sorted = [...known].sort((a, b) => a - b);
          const missed = known.filter((delay) => delay === Number.POSITIVE_INFINITY).length;
          return [change, { medianDelayWindows: sorted[Math.floor(sorted.length / 2)] as number, missed }];
        }),
      ),
    };
    progress(figures);
  }
  if (figures === undefined) throw new RangeError(`drift detection over ${seeds} seeds, at least 1 is allowed`);
  return figures;
}

function main([seeds = '', file]: readonly string[]): number {
  if (!/^[1-9]\d{0,3}$/.test(seeds)) {
    process.stderr.write('usage: node scripts/drift/measure.ts SEEDS [FILE]\n');
    return 2;
  }
  const figures = measureDetection(Number(seeds), (known) => {
    process.stderr.write(`${JSON.stringify(known)}\n`);
    if (file !== undefined) writeFileSync(file, `${JSON.stringify(known, null, 2)}\n`);
  });
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  return 0;
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2));
