/**
 * The child of `kill.test.ts`: trains with a checkpoint every few steps and tells its parent how far it is.
 * Usage: node kill-trainer.ts CHECKPOINT
 */
import { writeSync } from 'node:fs';
import { killedRun } from './kill-run.ts';
import { train } from './trainer.ts';

await train({
  ...killedRun(),
  checkpointPath: process.argv[2] as string,
  checkpointEverySteps: 7,
  onProgress: ({ step }) => writeSync(1, `${step}\n`),
});
