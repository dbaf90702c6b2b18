/** A program that times training steps by itself and prints one JSON object. */
import { spawnSync } from 'node:child_process';

export interface Contestant {
  readonly command: string;
  readonly args: readonly string[];
  /** Where in the object the median stands, milliseconds: "ms_median". */
  readonly pick: string;
}

/** The median a step, milliseconds, or why there is none. */
export function processTime({ command, args, pick }: Contestant): number | string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, OMP_NUM_THREADS: '2' },
  });
  if (error !== undefined) return `${command} cannot be run (${(error as NodeJS.ErrnoException).code})`;
  if (status !== 0) return stderr.trim().split('\n').at(-1) ?? `it ended with ${status}`;
  const told = JSON.parse(stdout.trim().split('\n').at(-1) as string);
  const ms = pick.split('.').reduce((value, key) => value?.[key], told);
  return typeof ms === 'number' ? ms : `it told no ${pick}`;
}
