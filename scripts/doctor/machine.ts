/** Whether this machine can run the loop. */
import { availableParallelism, totalmem } from 'node:os';
import type { Finding, Run } from './finding.ts';

const GIT_NEEDED = [2, 30] as const;
const CORES_WANTED = 2;
const MEMORY_GIB_WANTED = 4;

export function machine(run: Run): Finding[] {
  const cores = availableParallelism();
  const memoryGib = Math.round(totalmem() / 2 ** 30);
  return [
    // An older one does not get this far: scripts/start.mjs refuses it with the fix.
    { area: 'machine', subject: 'node', status: 'ok', detail: process.version },
    git(run),
    enough('cores', cores, CORES_WANTED, 'evolution takes longer with fewer'),
    enough('memory', memoryGib, MEMORY_GIB_WANTED, 'in GiB; training and gates want this much'),
  ];
}

function git(run: Run): Finding {
  const { status, out } = run('git', ['--version']);
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(out) ?? [];
  const isNew = Number(major) > GIT_NEEDED[0] || (Number(major) === GIT_NEEDED[0] && Number(minor) >= GIT_NEEDED[1]);
  if (status === 0 && isNew) return { area: 'machine', subject: 'git', status: 'ok', detail: out.trim() };
  const detail = status === 0 ? `version is too old (${out.trim()})` : 'is not installed';
  return {
    area: 'machine',
    subject: 'git',
    status: 'wrong',
    detail,
    fix: `install Git ${GIT_NEEDED.join('.')} or newer`,
  };
}

function enough(subject: string, actual: number, wanted: number, because: string): Finding {
  if (actual >= wanted) return { area: 'machine', subject, status: 'ok', detail: String(actual) };
  const detail = `${actual}, at least ${wanted} are wanted: ${because}`;
  return { area: 'machine', subject, status: 'absent', detail };
}
