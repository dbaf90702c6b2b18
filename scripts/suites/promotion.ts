/**
 * Promotions of a team: two clones at once, what goes the same way as a policy, and what somebody can do wrong.
 *
 * Usage: node scripts/suites/promotion.ts [PART-OF-A-CASE'S-NAME]
 */
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { signStatement } from '../../gates/evidence.ts';
import { ledgerPath, verifyLedger } from '../../policies/ledger/ledger.ts';
import { loadTrust } from '../../runtime/evidence/trust.ts';
import { git, gitResult } from '../environment/git.ts';
import { markVerified } from '../environment/mark.ts';
import { attach, fetchHead, transact } from '../environment/repository.ts';
import { freshScratch, promoteNamed } from '../environment/scratch.ts';
import { pointerText } from '../environment/slot.ts';
import { approval } from '../environment/statements.ts';
import { commitFiles, filesAt, readAt } from '../environment/tree.ts';
import { verifyEnvironment } from '../environment/verify.ts';
import { evidenceFile } from '../proposals/evidence.ts';
import { standingOf } from '../proposals/proposal.ts';
import {
  approveIn,
  attestIn,
  colleague,
  mergeIn,
  proposeIn,
  readyIn,
  sealIn,
  stranger,
  type Team,
  tagIn,
  teamIn,
} from '../proposals/scratch.ts';
import { mergeRefused, proposedAtOnce, proposedToLabelled, rateLimited, withoutToken } from './pull-requests.ts';
import { hold, inFolder, Suite } from './suite.ts';
import { teamRolledBack, wholeTeamIn } from './team-rollback.ts';

const ROUNDS = 50;

const suite = new Suite(process.argv[2]);

/** Why an outcome refused; empty when it did not. */
const because = (outcome: object): string =>
  'refusals' in outcome ? (outcome.refusals as { because: string }[]).map((refusal) => refusal.because).join('; ') : '';

const says = (outcome: object, words: RegExp): void => {
  const text = because(outcome);
  hold(words.test(text), `does not say ${words}: ${text || JSON.stringify(outcome)}`);
};

const sound = async (team: Team, environment: string): Promise<string | null> => {
  const report = await verifyEnvironment(team.repository, environment, team.trustPath);
  hold(report.ok, JSON.stringify(report.problems));
  return report.slot?.policy ?? null;
};

/** A commit on a branch that no command of ours made. */
const alterBranch = (team: Team, branch: string, changes: ReadonlyMap<string, Uint8Array | null>): Promise<undefined> =>
  transact(
    team.repository,
    async (base) => {
      const { work } = team.repository;
      const head = await commitFiles(work, { base, changes, message: 'intrusion', timeUs: team.clock.nowUs() });
      return { push: { head }, outcome: undefined };
    },
    branch,
  );

const intrude = (team: Team, changes: ReadonlyMap<string, Uint8Array | null>) => alterBranch(team, 'main', changes);

const inTeam = (name: string, work: (team: Team) => Promise<void>): Promise<void> =>
  suite.check(name, () => inFolder(async (folder) => work(await teamIn(folder))));

await inTeam(
  'two proposals for one environment merged at once: one wins, the other is told what conflicts',
  async (team) => {
    const other = await colleague(team, 'other');
    const [a, b] = await Promise.all([readyIn(team, 'paper', 'a', ['bob']), readyIn(other, 'paper', 'b', ['cyn'])]);
    const outcomes = await Promise.all([mergeIn(team, 'paper', a), mergeIn(other, 'paper', b)]);
    hold(outcomes.filter(({ outcome }) => outcome === 'merged').length === 1, JSON.stringify(outcomes));
    const told = outcomes.find(({ outcome }) => outcome !== 'merged') as object;
    says(told, /environments\/paper\/policy\.yaml: was changed on main since promote\/paper\/[0-9a-f]{12} left it/);
    await sound(team, 'paper');
    await sound(other, 'paper');
  },
);

await inTeam('candidate → paper → live: soak, two approvals, none of them the author', async (team) => {
  const paper = await readyIn(team, 'paper', 'a', ['bob']);
  hold((await mergeIn(team, 'paper', paper)).outcome === 'merged', 'paper was not merged');
  const slot = (await standingOf(team.repository, paper, 'paper', loadTrust(team.trustPath), team.clock.nowUs())).slot;
  const early = await proposeIn(team, 'live', 'a');
  hold(early.outcome === 'proposed', JSON.stringify(early));
  if (early.outcome !== 'proposed') return;
  await attestIn(team, 'live', early.branch);
  says(await approveIn(team, 'live', early.branch, team.persons.bob), /needs 24 h in paper: .* 24\.0 h are left/);
  await markVerified({ ...team, environment: 'paper', slot, because: 'ran an hour' });
  team.clock.advanceTo(team.clock.nowUs() + 25 * 3.6e9);
  says(await approveIn(team, 'live', early.branch, team.persons.ada), /ada is the author/);
  hold((await approveIn(team, 'live', early.branch, team.persons.bob)).outcome === 'added', 'bob could not approve');
  says(await sealIn(team, 'live', early.branch), /policy needs 2 approval.*given by bob; may still: cyn/);
  hold((await approveIn(team, 'live', early.branch, team.persons.cyn)).outcome === 'added', 'cyn could not approve');
  hold((await sealIn(team, 'live', early.branch)).outcome === 'added', 'could not be sealed');
  hold((await mergeIn(team, 'live', early.branch)).outcome === 'merged', 'could not be merged');
  hold((await sound(team, 'live')) === (await sound(team, 'paper')), 'live and paper differ');
});

await inTeam('limits go the same way: their own gates and people, verdicts on the rest carried over', async (team) => {
  await mergeIn(team, 'paper', await readyIn(team, 'paper', 'a', ['cyn']));
  const limits = Buffer.from('maxOpenOrders: 8 # of paper\n');
  const proposed = await proposeIn(team, 'paper', { limits });
  hold(proposed.outcome === 'proposed', JSON.stringify(proposed));
  if (proposed.outcome !== 'proposed') return;
  const { branch, changes } = proposed;
  hold(changes.join() === 'limits', `asks about ${changes}`);
  const { evidence } = await standingOf(
    team.repository,
    branch,
    'paper',
    loadTrust(team.trustPath),
    team.clock.nowUs(),
  );
  hold(
    evidence.verdicts.length === 2,
    `${evidence.verdicts.length} verdicts were carried over, those of policy and code are wanted`,
  );
  says(await approveIn(team, 'paper', branch, team.persons.bob), /gate edge gave no verdict/);
  const known = ['causality', 'ssd-consistency'];
  const { missing } = await standingOf(team.repository, branch, 'paper', loadTrust(team.trustPath), team.clock.nowUs());
  const asked = missing.flatMap(({ because }) => /^gate (\S+) gave no verdict/.exec(because)?.[1] ?? []);
  hold(asked.length > 0 && asked.every((gate) => !known.includes(gate)), `asks again for ${asked}`);
  hold((await attestIn(team, 'paper', branch, { only: asked })).outcome === 'added', 'evidence was refused');
  says(await approveIn(team, 'paper', branch, team.persons.cyn), /cyn is in none of the groups asked/);
  const approved = await approveIn(team, 'paper', branch, team.persons.bob);
  hold(approved.outcome === 'added', JSON.stringify(approved));
  const sealed = await sealIn(team, 'paper', branch);
  hold(sealed.outcome === 'added', JSON.stringify(sealed));
  const merged = await mergeIn(team, 'paper', branch);
  hold(merged.outcome === 'merged', JSON.stringify(merged));
  await sound(team, 'paper');
});

await inTeam('a change of code is a change of every slot: both environments have to approve it', async (team) => {
  await mergeIn(team, 'paper', await readyIn(team, 'paper', 'a', ['bob']));
  await mergeIn(team, 'local', await readyIn(team, 'local', 'a', []));
  const { work, remote } = team.repository;
  const main = await fetchHead(team.repository);
  const changes = new Map([['runtime/main.ts', Buffer.from('export const version = 2;\n')]]);
  const head = await commitFiles(work, { base: main, changes, message: 'runtime 2', timeUs: team.clock.nowUs() });
  await git(work, ['push', '-q', remote, `${head}:refs/heads/runtime-2`]);
  const branch = 'runtime-2';
  for (const environment of ['local', 'paper']) {
    const proposed = await proposeIn(team, environment, { branch });
    hold(proposed.outcome === 'proposed' && proposed.changes.join() === 'image', JSON.stringify(proposed));
    await attestIn(team, environment, branch);
    if (environment === 'paper') continue;
    await sealIn(team, environment, branch);
    says(await mergeIn(team, environment, branch), /paper: image: image differs from the one promoted/);
  }
  await approveIn(team, 'paper', branch, team.persons.bob);
  await sealIn(team, 'paper', branch);
  const merged = await mergeIn(team, 'local', branch);
  hold(merged.outcome === 'merged', JSON.stringify(merged));
  await sound(team, 'paper');
  await sound(team, 'local');
});

await inTeam('merged with a button, without ledger or label: `tag` completes it, twice is once', async (team) => {
  const branch = await readyIn(team, 'paper', 'a', ['bob']);
  const { work, remote } = team.repository;
  const merged = (await standingOf(team.repository, branch, 'paper', loadTrust(team.trustPath), team.clock.nowUs()))
    .merged;
  await git(work, ['push', '-q', remote, `${merged}:refs/heads/main`]);
  const [first, second] = [await tagIn(team), await tagIn(team)];
  const of = (all: typeof first) => all.find(({ environment }) => environment === 'paper');
  hold(of(first)?.outcome === 'tagged' && of(second)?.outcome === 'already', JSON.stringify([first, second]));
  await sound(team, 'paper');
});

await inTeam('`tag` refuses what lacks evidence, and names it', async (team) => {
  const { branch } = (await proposeIn(team, 'paper', 'a')) as { branch: string };
  await attestIn(team, 'paper', branch);
  const { work } = team.repository;
  const files = await filesAt(work, await fetchHead(team.repository, branch), ['environments/paper', 'policies']);
  await intrude(team, files);
  const before = await fetchHead(team.repository);
  const paper = (await tagIn(team)).find(({ environment }) => environment === 'paper');
  const missing = paper?.outcome === 'refused' ? paper.missing.join('; ') : JSON.stringify(paper);
  hold(/promotion statement/.test(missing) && /policy needs 1 approval/.test(missing), missing);
  hold((await fetchHead(team.repository)) === before, 'main moved');
  hold((await git(team.repository.remote, ['tag', '-l'])) === '', 'a label was set');
});

await inTeam('forged: a proposal that touches the rules, the ledger, or what people did not sign', async (team) => {
  const branch = await readyIn(team, 'paper', 'a', ['bob']);
  await alterBranch(team, branch, new Map([['environments/paper/limits.yaml', Buffer.from('maxOpenOrders: 4000\n')]]));
  says(await mergeIn(team, 'paper', branch), /limits is sha256:.* the proposal was made for/);
  const second = await readyIn(team, 'paper', 'b', ['bob']);
  const rules = await readAt(team.repository.work, await fetchHead(team.repository), 'environments/approvals.yaml');
  const forged = new Map([
    ['environments/approvals.yaml', Buffer.from(String(rules).replace('approvals: 1', 'approvals: 0'))],
    ['policies/ledger.jsonl', Buffer.from('')],
  ]);
  await alterBranch(team, second, forged);
  const refused = await mergeIn(team, 'paper', second);
  says(refused, /environments\/approvals\.yaml: is changed by the proposal/);
  says(refused, /policies\/ledger\.jsonl: is changed by the proposal/);
});

await inTeam(
  'wrong keys: a stranger proposes, a stranger approves, an approval in another name, an expired key, a retired one',
  async (team) => {
    const forger = { ...team, persons: { ...team.persons, ada: stranger(team), bob: stranger(team) } };
    const proposed = (await proposeIn(forger, 'paper', 'a')) as { branch: string };
    says(await attestIn(team, 'paper', proposed.branch), /.*/);
    says(await sealIn(team, 'paper', proposed.branch), /signed by a key that is not trusted/);
    const { branch } = (await proposeIn(team, 'paper', 'b')) as { branch: string };
    await attestIn(team, 'paper', branch);
    says(await approveIn(team, 'paper', branch, stranger(team)), /belongs to nobody whom the rules name/);
    const trust = loadTrust(team.trustPath);
    const nowUs = team.clock.nowUs();
    const { evidence, evidenceFile: file, slot } = await standingOf(team.repository, branch, 'paper', trust, nowUs);
    const asBob = approval(slot, evidence.inputs, team.persons.bob.keyId, nowUs);
    const lines = [...evidence.lines, await signStatement(asBob, team.persons.dan)];
    await alterBranch(team, branch, new Map([[file, evidenceFile(lines)]]));
    says(await sealIn(team, 'paper', branch), /policy needs 1 approval/);
    await approveIn(team, 'paper', branch, team.persons.bob);
    says(await sealIn(team, 'paper', branch), /names another approver than its key/);
    const notAfter = new Date(nowUs / 1e3).toISOString();
    const expired = trust.keys.map((key) => (key.keyId === team.persons.bob.keyId ? { ...key, notAfter } : key));
    writeFileSync(team.trustPath, JSON.stringify({ ...trust, keys: expired }));
    says(await sealIn(team, 'paper', branch), /rests on a key that expired at .*npm run trust -- rotate/);
    const retired = trust.keys.map((key) =>
      key.keyId === team.persons.bob.keyId ? { ...key, retired: { because: 'Bob left', accepts: [] } } : key,
    );
    writeFileSync(team.trustPath, JSON.stringify({ ...trust, keys: retired }));
    says(await sealIn(team, 'paper', branch), /signed by a retired key \(Bob left\)/);
  },
);

await inTeam('a remote that is away, forced, or refuses: named, and nothing is half done', async (team) => {
  const branch = await readyIn(team, 'paper', 'a', ['bob']);
  const before = await fetchHead(team.repository);
  const away = { ...team, repository: { ...team.repository, remote: `${team.repository.remote}.away` } };
  const failure = async (work: () => Promise<unknown>): Promise<string> => {
    try {
      return `did not fail: ${JSON.stringify(await work())}`;
    } catch (error) {
      return (error as Error).message;
    }
  };
  const unreachable = await failure(() => mergeIn(away, 'paper', branch));
  hold(/cannot be reached .*nothing was changed, try again/.test(unreachable), unreachable);
  const hook = path.join(team.repository.remote, 'hooks/pre-receive');
  execFileSync('mkdir', ['-p', path.dirname(hook)]);
  writeFileSync(hook, '#!/bin/sh\necho "closed for the night" >&2\nexit 1\n', { mode: 0o755 });
  const refusing = await failure(() => mergeIn(team, 'paper', branch));
  hold(/push was refused: .*closed for the night/s.test(refusing), refusing);
  rmSync(hook);
  hold((await fetchHead(team.repository)) === before, 'main moved');
  hold((await mergeIn(team, 'paper', branch)).outcome === 'merged', 'could not be merged afterwards');
  await git(team.repository.remote, ['update-ref', 'refs/heads/main', before]);
  const { work } = team.repository;
  const other = await commitFiles(work, { base: before, changes: new Map(), message: 'x', timeUs: team.clock.nowUs() });
  await git(work, ['push', '-q', team.repository.remote, `${other}:refs/heads/main`]);
  const forced = await failure(() => tagIn(team));
  hold(/branch main was rewritten/.test(forced), forced);
});

await inTeam('a label that is not signed, or names an unknown digest, is found', async (team) => {
  const branch = await readyIn(team, 'paper', 'a', ['bob']);
  const merged = await mergeIn(team, 'paper', branch);
  const tag =
    merged.outcome === 'merged' ? merged.tagged.flatMap((one) => ('tag' in one ? [one.tag] : []))[0] : undefined;
  const { remote } = team.repository;
  await git(remote, ['update-ref', '-d', `refs/tags/${tag}`]);
  const identity = ['-c', 'user.name=Eve', '-c', 'user.email=eve@example.org'];
  await git(remote, [...identity, 'tag', '-a', '-m', 'trust me', tag as string, 'main~1']);
  const unsigned = await verifyEnvironment(team.repository, 'paper', team.trustPath);
  hold(!unsigned.ok && JSON.stringify(unsigned.problems).includes(`tag ${tag}`), JSON.stringify(unsigned.problems));
  const unknown = `sha256:${'12'.repeat(32)}`;
  await intrude(team, new Map([['environments/paper/policy.yaml', Buffer.from(pointerText('paper', unknown))]]));
  const paper = (await tagIn(team)).find(({ environment }) => environment === 'paper');
  const missing = paper?.outcome === 'refused' ? paper.missing.join('; ') : JSON.stringify(paper);
  hold(/policies\/approved\/121212121212\/policy\.json: cannot be read \(absent\)/.test(missing), missing);
});

await inTeam('a checkout with changes or a detached head: what is not committed is not promoted', async (team) => {
  const checkout = path.join(team.root, 'product');
  writeFileSync(path.join(checkout, 'environments/paper/limits.yaml'), 'maxOpenOrders: 4000\n');
  const branch = await readyIn(team, 'paper', 'a', ['bob']);
  await mergeIn(team, 'paper', branch);
  const limits = await readAt(team.repository.work, await fetchHead(team.repository), 'environments/paper/limits.yaml');
  hold(String(limits) === 'maxOpenOrders: 4 # of paper\n', `paper has ${limits}`);
  await git(checkout, ['checkout', '-q', '--detach']);
  hold((await gitResult(checkout, ['symbolic-ref', '-q', 'HEAD'])).status !== 0, 'is not detached');
  const again = await readyIn(team, 'paper', 'b', ['bob']);
  hold((await mergeIn(team, 'paper', again)).outcome === 'merged', 'a detached checkout stood in the way');
});

// Each in a room of its own, mostly waiting for processes: side by side.
await Promise.all([
  suite.check('GitHub: proposed, told in one comment that is kept, merged with the button', proposedToLabelled),
  suite.check('GitHub: two who propose at once open one pull request', proposedAtOnce),
  suite.check('GitHub: no token, an expired one: named before anything is pushed', withoutToken),
  suite.check('GitHub: a rate limit in the middle: told when to go on, and the same command does', rateLimited),
  suite.check('GitHub: a merge that its rules refuse leaves main as it was', mergeRefused),
  suite.check("a team's remote rolled back: from two clones at once, and by the regression gate", teamRolledBack),
]);

await suite.check('forged: a rendered file that is not what its documents render to', () =>
  inFolder(async (folder) => {
    const whole = await wholeTeamIn(folder);
    const proposed = await proposeIn(whole, 'paper', 'a');
    hold(proposed.outcome === 'proposed', JSON.stringify(proposed));
    if (proposed.outcome !== 'proposed') return;
    const rendered = 'is not what the documents render to';
    const lacks = async () => {
      const trust = loadTrust(whole.trustPath);
      const { missing } = await standingOf(whole.repository, proposed.branch, 'paper', trust, whole.clock.nowUs());
      return missing.map(({ because }) => because).filter((because) => because.includes(rendered));
    };
    hold((await lacks()).length === 0, `what it rendered itself is refused: ${await lacks()}`);
    const file = 'environments/paper/kustomization.yaml';
    await alterBranch(whole, proposed.branch, new Map([[file, Buffer.from('resources: []\n')]]));
    hold((await lacks()).join().startsWith(file), `is not noticed: ${await lacks()}`);
  }),
);

await suite.check(
  `two clones promoting at once, ${ROUNDS} rounds: one wins, the other is told, no commit is lost`,
  () =>
    inFolder(async (folder) => {
      const at = await freshScratch({ teardown: () => {} });
      const other = { ...at, repository: await attach(at.repository.remote, path.join(folder, 'other.git')) };
      try {
        for (let round = 0; round < ROUNDS; round++) {
          const before = await git(at.repository.remote, ['rev-parse', 'main']);
          const outcomes = await Promise.all([promoteNamed(at, `a${round}`), promoteNamed(other, `b${round}`)]);
          const kinds = outcomes
            .map(({ outcome }) => outcome)
            .sort()
            .join();
          hold(kinds === 'promoted,superseded', `round ${round}: ${JSON.stringify(outcomes)}`);
          const [won, lost] = ['promoted', 'superseded'].map((kind) =>
            outcomes.find(({ outcome }) => outcome === kind),
          );
          const told =
            won?.outcome === 'promoted' && lost?.outcome === 'superseded' && lost.by.policy === won.slot.policy;
          hold(told, `round ${round}: the other was not told by whom: ${JSON.stringify(outcomes)}`);
          const made = await git(at.repository.remote, ['rev-list', '--count', `${before}..main`]);
          hold(made === '2', `round ${round}: ${made} commits on main, a promotion and its ledger entry are wanted`);
        }
        const report = await verifyEnvironment(other.repository, 'local', at.trustPath);
        hold(report.ok, JSON.stringify(report.problems));
        const { head } = report;
        const ledger = verifyLedger(String(await readAt(other.repository.work, head, ledgerPath)));
        const promoted = ledger.ok ? ledger.entries.filter(({ kind }) => kind === 'promoted') : [];
        hold(promoted.length === ROUNDS, `${promoted.length} promotions stand in the ledger`);
        const tags = (await git(at.repository.remote, ['tag', '-l'])).split('\n');
        hold(tags.length === ROUNDS, `${tags.length} labels`);
      } finally {
        rmSync(at.root, { recursive: true, force: true });
      }
    }),
);

process.exit(suite.end());
