/**
 * kill -9 at every step of promotion, rollback, sync, merge and tag. A step is a Git command that writes: a stand-in for
 * `git` kills its parent before the n-th of them, for every n. After each kill the environment is what it was or what it
 * was to become, never half; and the same command again completes it, once.
 *
 * Usage: node scripts/suites/fault-points.ts [PART-OF-A-CASE'S-NAME]
 */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ledgerPath, verifyLedger } from '../../policies/ledger/ledger.ts';
import { loadTrust } from '../../runtime/evidence/trust.ts';
import { git } from '../environment/git.ts';
import { markVerified } from '../environment/mark.ts';
import { attach, fetchHead } from '../environment/repository.ts';
import { mustPromote, type Scratch, scratch } from '../environment/scratch.ts';
import { readAt } from '../environment/tree.ts';
import { verifyEnvironment } from '../environment/verify.ts';
import { standingOf } from '../proposals/proposal.ts';
import { readyIn, teamIn } from '../proposals/scratch.ts';
import type { FaultAction } from './fault-driver.ts';
import { scratchAt } from './fault-driver.ts';
import { hold, inFolder, Suite } from './suite.ts';

/** Runs that are killed side by side. */
const LANES = 3;
/** Far beyond what any of them needs: a bound, not an expectation. */
const POINTS_MAX = 60;

const realGit = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();

/** Kills its parent before the FAULT_AT-th command that writes; each takes the next number by making a folder. */
const STAND_IN = `#!/bin/sh
for word in "$@"; do
  case "$word" in
    hash-object|read-tree|update-index|write-tree|commit-tree|mktag|push|fetch|update-ref|init)
      n=1
      while ! mkdir "$FAULT_FOLDER/$n" 2>/dev/null; do n=$((n + 1)); done
      if [ "$n" -eq "$FAULT_AT" ]; then kill -9 "$PPID"; exit 137; fi
      break ;;
  esac
done
exec "$REAL_GIT" "$@"
`;

interface Ended {
  readonly code: number | null;
  readonly killed: boolean;
  readonly steps: number;
  readonly errors: string;
}

async function run(bin: string, folder: string, args: readonly string[], faultAt: number): Promise<Ended> {
  const counted = path.join(folder, 'steps');
  rmSync(counted, { recursive: true, force: true });
  mkdirSync(counted);
  const driver = path.join(import.meta.dirname, 'fault-driver.ts');
  const env = {
    ...process.env,
    PATH: `${bin}:${process.env['PATH']}`,
    FAULT_FOLDER: counted,
    FAULT_AT: String(faultAt),
    REAL_GIT: realGit,
  };
  const child = spawn(process.execPath, [driver, ...args], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk));
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.on('close', (...ended) => resolve(ended)),
  );
  return { code, killed: signal === 'SIGKILL', steps: readdirSync(counted).length, errors };
}

let looks = 0;

/** What somebody who has never seen the repository finds there: the policy, and how often the ledger says it came. */
async function found(root: string, remote: string, trust: string, environment: string) {
  const work = path.join(root, `look-${looks++}.git`);
  const repository = await attach(remote, work);
  const report = await verifyEnvironment(repository, environment, trust);
  const head = await fetchHead(repository);
  const ledger = verifyLedger(String((await readAt(work, head, ledgerPath)) ?? ''));
  rmSync(work, { recursive: true, force: true });
  hold(report.ok, `what is there does not verify: ${JSON.stringify(report.problems)}`);
  const entries = ledger.ok ? ledger.entries.filter((entry) => entry.environment === environment) : [];
  return {
    policy: report.slot?.policy ?? null,
    moves: entries.filter(({ kind }) => /promoted|rolledBack/.test(kind)).length,
  };
}

interface Case {
  readonly action: FaultAction;
  /** Lays the state before the step out in a folder, and says where to look and what else the driver is told. */
  prepare(root: string): Promise<readonly string[]>;
  readonly environment: string;
  readonly remote: string;
  readonly trust: string;
  /** The merge button leaves `main` without ledger and label: then only the end is looked at. */
  readonly soundBefore?: boolean;
}

async function killedEverywhere({
  action,
  prepare,
  environment,
  remote,
  trust,
  soundBefore = true,
}: Case): Promise<void> {
  await inFolder(async (folder) => {
    const bin = path.join(folder, 'bin');
    mkdirSync(bin);
    writeFileSync(path.join(bin, 'git'), STAND_IN, { mode: 0o755 });
    const prepared = path.join(folder, 'prepared');
    mkdirSync(prepared);
    const args = await prepare(prepared);
    const at = (root: string) => found(root, path.join(root, remote), path.join(root, trust), environment);
    const before = soundBefore ? await at(prepared) : undefined;

    const lane = async (root: string, point: number): Promise<'killed' | 'beyond'> => {
      rmSync(root, { recursive: true, force: true });
      cpSync(prepared, root, { recursive: true });
      const first = await run(bin, root, [action, root, ...args], point);
      if (!first.killed) {
        hold(first.code === 0, `without a kill it ended with ${first.code}: ${first.errors}`);
        return 'beyond';
      }
      if (before !== undefined) {
        const { policy, moves } = await at(root);
        const half = policy === before.policy ? moves !== before.moves : moves !== before.moves + 1;
        hold(!half, `killed before step ${point} it left half: ${policy}, ${moves} moves`);
      }
      const again = await run(bin, root, [action, root, ...args], 0);
      hold(again.code === 0, `after a kill before step ${point} it ends with ${again.code}: ${again.errors}`);
      return 'killed';
    };

    const whole = path.join(folder, 'whole');
    cpSync(prepared, whole, { recursive: true });
    hold((await run(bin, whole, [action, whole, ...args], 0)).code === 0, 'it does not work at all');
    const after = await at(whole);

    let next = 1;
    let points = 0;
    const work = async (name: string): Promise<void> => {
      for (let point = next++; point <= POINTS_MAX; point = next++) {
        const root = path.join(folder, name);
        if ((await lane(root, point)) === 'beyond') return;
        const now = await at(root);
        hold(
          JSON.stringify(now) === JSON.stringify(after),
          `after step ${point} and again: ${JSON.stringify(now)}, ${JSON.stringify(after)} is wanted`,
        );
        points++;
      }
    };
    await Promise.all(Array.from({ length: LANES }, (_, index) => work(`lane-${index}`)));
    hold(points >= 3, `only ${points} steps were met`);
    console.log(`        killed before each of ${points} steps`);
  });
}

const suite = new Suite(process.argv[2]);
const scratchIn = async (root: string): Promise<Scratch> => {
  const made = await scratch({ teardown: () => {} });
  cpSync(made.root, root, { recursive: true });
  rmSync(made.root, { recursive: true, force: true });
  return scratchAt(root);
};
const local = { environment: 'local', remote: 'state/environment.git', trust: 'state/trust.json' };
const paper = { environment: 'paper', remote: 'remote.git', trust: 'trust.json' };

const promoted = async (root: string): Promise<Scratch> => {
  const at = await scratchIn(root);
  const { slot } = await mustPromote(at, 'a');
  await markVerified({ ...at, environment: 'local', slot, because: 'ran an hour' });
  return at;
};
const cases: readonly Case[] = [
  { action: 'promote', prepare: (root) => promoted(root).then(() => []), ...local },
  {
    action: 'rollback',
    prepare: async (root) => {
      await mustPromote(await promoted(root), 'bad');
      return [];
    },
    ...local,
  },
  {
    action: 'sync',
    prepare: async (root) => {
      await promoted(root);
      rmSync(path.join(root, 'state/work.git'), { recursive: true });
      return [];
    },
    ...local,
  },
  { action: 'merge', prepare: async (root) => [await readyIn(await teamIn(root), 'paper', 'a', ['bob'])], ...paper },
  {
    action: 'tag',
    prepare: async (root) => {
      const team = await teamIn(root);
      const branch = await readyIn(team, 'paper', 'a', ['bob']);
      const { repository, trustPath, clock } = team;
      const { merged } = await standingOf(repository, branch, 'paper', loadTrust(trustPath), clock.nowUs());
      await git(repository.work, ['push', '-q', repository.remote, `${merged}:refs/heads/main`]);
      return [];
    },
    soundBefore: false,
    ...paper,
  },
];
hold(existsSync(realGit), `${realGit}: is no Git`);
for (const one of cases) await suite.check(`kill -9 at every step of ${one.action}`, () => killedEverywhere(one));
process.exit(suite.end());
