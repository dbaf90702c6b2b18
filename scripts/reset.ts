/** `npm run reset [-- --yes] [--state DIR]`: forgets everything that `npm run up` has kept. */
import { existsSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import { pinnedPathOf } from './environment/trust-root.ts';
import { isStateFolder, MARKER, removeStateFolder, sizeOf } from './state/state-folder.ts';

/** @returns 0 removed, or there was nothing; 1 the user said no; 2 not a state folder, in use, or nobody to ask */
export async function main(args: string[]): Promise<number> {
  const command = new Command('npm run reset --')
    .description('removes the state folder: the environment’s repository, journals, archive, keys')
    .option('--state <dir>', 'the state folder', '.emp')
    .option('--yes', 'do not ask')
    .exitOverride()
    .parse(args, { from: 'user' });
  const { state, yes } = command.opts<{ state: string; yes?: boolean }>();
  if (!existsSync(state)) {
    process.stdout.write(`${state}: does not exist, nothing to remove\n`);
    return 0;
  }
  if (!isStateFolder(state)) return refuse(`${state} is not a state folder of EMP: it has no ${MARKER}`);
  if (yes !== true) {
    if (!process.stdin.isTTY) return refuse(`${state}: nobody to ask, say --yes`);
    if (!(await confirmed(state))) return 1;
  }
  try {
    // A root that was pinned for this folder would refuse whatever is made here next.
    const pinned = pinnedPathOf(state);
    removeStateFolder(state);
    rmSync(pinned, { force: true });
  } catch (error) {
    return refuse((error as Error).message);
  }
  process.stdout.write(`${state}: removed\n`);
  return 0;
}

function refuse(problem: string): number {
  process.stderr.write(`${problem}; nothing was removed\n`);
  return 2;
}

async function confirmed(state: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const mebibytes = (sizeOf(state) / 1024 / 1024).toFixed(1);
  const answer = await terminal.question(
    `Remove ${state} (${mebibytes} MiB) with its repository, journals, archive and keys? Type yes: `,
  );
  terminal.close();
  return answer.trim() === 'yes';
}
