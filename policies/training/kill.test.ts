import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { killedRun } from './kill-run.ts';
import { train } from './trainer.ts';

interface ChildRun {
  readonly killed: boolean;
  readonly firstStepTold: number;
}

/** Runs the child, which goes on from its checkpoint; kills it without warning once it has told `reports` times. */
async function trainUntilKilled(checkpoint: string, reports: number): Promise<ChildRun> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'kill-trainer.ts'), checkpoint], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let told = '';
  child.stdout.on('data', (chunk: Buffer) => {
    told += chunk;
    if (told.split('\n').length > reports) child.kill('SIGKILL');
  });
  const [code, signal] = await once(child, 'close');
  if (signal !== 'SIGKILL' && code !== 0) throw new Error(`the child ended by itself with code ${code}`);
  return { killed: signal === 'SIGKILL', firstStepTold: Number.parseInt(told, 10) };
}

test('a run killed with -9 and resumed equals an uninterrupted one, bit for bit', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-training-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const checkpoint = path.join(folder, 'run.checkpoint');
  const runs: ChildRun[] = [];
  for (let round = 0; round < 3; round++) runs.push(await trainUntilKilled(checkpoint, 1));
  t.true(runs.filter((run) => run.killed).length >= 2, 'the child must be slow enough to be killed');
  t.true((runs.at(-1)?.firstStepTold ?? 0) > (runs[0]?.firstStepTold ?? 0), 'a resumed run goes on where it was');
  runs.push(await trainUntilKilled(checkpoint, Number.POSITIVE_INFINITY));

  const resumed = await train({ ...killedRun(), checkpointPath: checkpoint });
  const uninterrupted = await train(killedRun());
  t.deepEqual(resumed.weights.values, uninterrupted.weights.values);
  t.deepEqual(resumed.losses, uninterrupted.losses);
  t.is(resumed.loss, uninterrupted.loss);
});
