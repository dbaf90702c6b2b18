/**
 * Rollback of a team's remote, as a person and as the regression gate start it: two clones with keys and trust roots of
 * their own, and this product's whole tree, so that rendered files count.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { git } from '../environment/git.ts';
import { attach, createBare, fetchHead, transact } from '../environment/repository.ts';
import { commitFiles, idsAt, readAt } from '../environment/tree.ts';
import { verifyEnvironment } from '../environment/verify.ts';
import { rulesPath } from '../proposals/rules.ts';
import { colleague, mergeIn, readyIn, type Team, teamIn } from '../proposals/scratch.ts';
import { hold, inFolder } from './suite.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** The team, on a remote that holds this checkout's HEAD under the team's rules. */
export async function wholeTeamIn(folder: string): Promise<Team> {
  const team = await teamIn(folder);
  const rules = await readAt(team.repository.work, await fetchHead(team.repository), rulesPath);
  const remote = path.join(folder, 'whole.git');
  await createBare(remote, async (made) => {
    await git(made, ['fetch', '-q', root, 'HEAD:refs/heads/main']);
  });
  const repository = await attach(remote, path.join(folder, 'whole-work.git'));
  await transact(repository, async (base) => {
    const changes = new Map([[rulesPath, rules as Buffer]]);
    const head = await commitFiles(repository.work, { base, changes, message: 'rules', timeUs: team.clock.nowUs() });
    return { push: { head }, outcome: undefined };
  });
  return { ...team, repository };
}

interface Ended {
  readonly code: number | null;
  readonly said: Record<string, unknown>;
  readonly text: string;
}

/** `npm run rollback`, or `follow`, on a clone of its own. */
function by(
  verb: 'rollback' | 'follow',
  team: Team,
  name: string,
  args: readonly string[],
  input = '',
): Promise<Ended> {
  const keys = path.join(team.root, `${name}-keys`);
  mkdirSync(keys, { recursive: true });
  cpSync(path.join(team.root, 'keys/promoter/approver.pem'), path.join(keys, 'promoter.pem'));
  const place = ['--environment', 'paper', '--remote', team.repository.remote, '--keys', keys];
  const state = ['--state', path.join(team.root, `${name}-state`), '--json'];
  return new Promise((resolve) => {
    const env = { ...process.env, EMP_TRUST: team.trustPath };
    const start = path.join(root, 'scripts/start.mjs');
    const child = spawn(process.execPath, [start, verb, ...place, ...state, ...args], { env });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (out += chunk));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk));
    child.on('close', (code) => {
      resolve({ code, said: out.startsWith('{') ? JSON.parse(out) : {}, text: `${out}${err}` });
    });
    child.stdin.end(input);
  });
}

/** Merges a policy into paper. @returns its digest, and what paper's folder and its values of the chart are then */
async function merged(team: Team, name: string) {
  const outcome = await mergeIn(team, 'paper', await readyIn(team, 'paper', name, ['bob']));
  hold(outcome.outcome === 'merged', JSON.stringify(outcome));
  const report = await verifyEnvironment(team.repository, 'paper', team.trustPath);
  hold(report.ok && report.slot !== null, JSON.stringify(report.problems));
  if (report.slot === null) throw new Error('unreachable');
  return { slot: report.slot, files: await paperFiles(team) };
}

async function paperFiles({ repository }: Team): Promise<string> {
  const head = await fetchHead(repository);
  return JSON.stringify([...(await idsAt(repository.work, head, ['environments/paper', 'charts/emp']))]);
}

/** A rollback is on hold, verifies in every clone, and left what is rendered as it was. */
async function isBackAt(clones: readonly Team[], good: Awaited<ReturnType<typeof merged>>): Promise<void> {
  for (const clone of clones) {
    const report = await verifyEnvironment(clone.repository, 'paper', clone.trustPath);
    hold(report.ok && report.slot?.policy === good.slot.policy, JSON.stringify(report.problems));
    hold(report.held !== null && report.tag?.includes('/paper/') === true, 'not on hold, or without a label');
    hold((await paperFiles(clone)) === good.files, 'what is rendered is not what it was');
  }
}

export const teamRolledBack = (): Promise<void> =>
  inFolder(async (folder) => {
    const team = await wholeTeamIn(folder);
    const other = await colleague(team, 'other');
    const judged = (policy: string, status: string) => {
      const verdict = { event: 'regression', policy, status, because: 'risk halted it: a bad day' };
      return by('follow', team, 'ci', ['--verdict', '-'], JSON.stringify(verdict));
    };
    const good = await merged(team, 'good');
    const passed = await judged(good.slot.policy, 'passed');
    hold(passed.code === 0 && passed.said['outcome'] === 'verified', passed.text);

    // By hand, from two clones at once.
    const bad = await merged(team, 'bad');
    hold(bad.files !== good.files, 'both render the same');
    const before = await fetchHead(team.repository);
    const both = await Promise.all([
      by('rollback', team, 'ada', ['--because', 'asked for by Ada']),
      by('rollback', other, 'bob', ['--because', 'asked for by Bob']),
    ]);
    const outcomes = both.map(({ said, code }) => `${said['outcome']} ${said['reason'] ?? ''} ${code}`).sort();
    hold(outcomes.join() === 'refused ROLLBACK_OF_ROLLBACK 1,rolled-back  0', both.map(({ text }) => text).join('\n'));
    const made = await git(team.repository.remote, ['rev-list', '--count', `${before}..main`]);
    hold(made === '2', `${made} commits, a rollback and its ledger entry are wanted`);
    await isBackAt([team, other], good);
    hold((await by('rollback', other, 'bob', ['--release', '--because', 'Bob looked'])).code === 0, 'was not released');

    // By what the regression gate found.
    const worse = await merged(team, 'worse');
    const head = await fetchHead(team.repository);
    const [errored, late, none] = await Promise.all([
      judged(worse.slot.policy, 'errored'),
      judged(good.slot.policy, 'failed'),
      by('follow', team, 'ci', ['--verdict', '-'], 'no verdict'),
    ]);
    hold(errored.code === 3, errored.text);
    hold(late.code === 1 && /the verdict is about sha256:.* trades sha256:/.test(late.text), late.text);
    hold(none.code === 2 && /stdin: is no verdict/.test(none.text), none.text);
    hold((await fetchHead(team.repository)) === head, 'something moved');
    const failed = await judged(worse.slot.policy, 'failed');
    hold(failed.code === 1 && failed.said['outcome'] === 'rolled-back', failed.text);
    await isBackAt([team, other], good);
    const message = await git(team.repository.remote, ['log', '-1', '--format=%B', String(failed.said['commit'])]);
    hold(
      /^Roll paper back to policy .*\n\nThe regression gate failed: risk halted it: a bad day/.test(message),
      message,
    );
  });
