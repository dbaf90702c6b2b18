/**
 * The whole story with no cluster: a policy is evolved, proposed, gated by the real gates, approved, merged and labelled;
 * the runtime follows; a regression is planted in what the environment recorded; the rollback comes by itself, the label
 * moves, promotion is on hold, and a person lets it go on.
 *
 * Usage: node scripts/suites/story.ts; EMP_SUITE_STATE names a state folder whose evolved policy is used again.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { signVerdicts } from '../../gates/evidence.ts';
import { signingKey } from '../../gates/keys.ts';
import { runGates } from '../../gates/run-gates.ts';
import { contextOf } from '../../gates/testing.ts';
import { SystemClock } from '../../runtime/clock.ts';
import type { Slot } from '../../runtime/contract.ts';
import { loadTrust } from '../../runtime/evidence/trust.ts';
import { SqliteJournal } from '../../runtime/journal/sqlite-journal.ts';
import { loadPolicy } from '../../runtime/policy/load.ts';
import { desiredRuntime } from '../environment/deployment.ts';
import { git } from '../environment/git.ts';
import { release } from '../environment/mark.ts';
import { openEnvironment } from '../environment/product.ts';
import { followRegression } from '../environment/regression.ts';
import { fetchHead } from '../environment/repository.ts';
import { slotAt, slotPaths } from '../environment/slot.ts';
import { localTrust, writeTrust } from '../environment/trust.ts';
import { verifyEnvironment } from '../environment/verify.ts';
import { attest, seal } from '../proposals/advance.ts';
import { merge } from '../proposals/merge.ts';
import { standingOf } from '../proposals/proposal.ts';
import { propose } from '../proposals/propose.ts';
import { tagMain } from '../proposals/tag.ts';
import { NOTHING_EXPECTED } from '../regression/expected.ts';
import { regressionOf } from '../up/regression.ts';
import { hold, inFolder, Suite } from './suite.ts';
import { prepareState } from './up-process.ts';

const suite = new Suite(process.argv[2]);
const environment = 'local';
const checkout = path.resolve(import.meta.dirname, '../..');

/** Folders of the policies that the prepared state evolved. */
function evolvedIn(state: string): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(state, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && entry.name === 'policy.json') found.push(entry.parentPath);
  }
  return found;
}

await inFolder(async (folder) => {
  const prepared = path.join(folder, 'prepared');
  await prepareState(prepared);
  const state = path.join(folder, 'state');
  mkdirSync(state);
  const clock = new SystemClock();
  const trusted = localTrust(state);
  const author = signingKey(path.join(state, 'keys'), 'author');
  const { trustPath, keys } = trusted;
  const root = loadTrust(trustPath);
  const { keyId, publicKeyPem } = author;
  writeTrust(trustPath, { ...root, keys: [...root.keys, { keyId, publicKeyPem, roles: ['author'] }] });
  const { repository } = await openEnvironment({ checkout, state, clock });
  const { work } = repository;
  const common = { repository, environment, trustPath, clock };
  const label = async () => (await verifyEnvironment(repository, environment, trustPath)).tag;

  /** Evolve (done) → propose → the real gates → seal → merge with `how` → the label. */
  const promoteBy = async (policyDir: string, how: 'push' | 'button'): Promise<Slot> => {
    const trust = loadTrust(trustPath);
    const proposed = await propose({ ...common, wanted: { policyDir }, author, because: 'it won its search', trust });
    hold(proposed.outcome === 'proposed', JSON.stringify(proposed));
    if (proposed.outcome !== 'proposed') throw new Error('unreachable');
    const { branch, slot } = proposed;
    const { manifest, digest } = loadPolicy(policyDir);
    const verdicts = await runGates({ directory: policyDir, manifest, digest }, contextOf({ slot }));
    const failed = verdicts.filter(({ status }) => status !== 'passed');
    hold(failed.length === 0, failed.map(({ gate, because }) => `${gate}: ${because}`).join('; '));
    const signed = await signVerdicts(verdicts, digest, keys.gate);
    const attested = await attest({ ...common, branch, verdicts: signed, gateKey: keys.gate });
    hold(attested.outcome === 'added', JSON.stringify(attested));
    hold((await seal({ ...common, branch, keys })).outcome === 'added', 'was not sealed');
    if (how === 'push') {
      hold((await merge({ ...common, branch, keys })).outcome === 'merged', 'was not merged');
    } else {
      const { merged } = await standingOf(repository, branch, environment, trust, clock.nowUs());
      await git(work, ['push', '-q', repository.remote, `${merged}:refs/heads/main`]);
      const tagged = (await tagMain({ ...common, keys })).find((one) => one.environment === environment);
      hold(tagged?.outcome === 'tagged', JSON.stringify(tagged));
    }
    return slot;
  };
  const policies = evolvedIn(path.join(prepared, 'learning'));
  hold(policies.length > 0, 'the prepared state holds no evolved policy');
  const champion = evolvedIn(path.join(prepared, 'deploy'))[0] ?? (policies[0] as string);

  let good: Slot | undefined;
  let bad: Slot | undefined;
  await suite.check('evolve → proposal → gates → merge → label', async () => {
    good = await promoteBy(champion, 'push');
    const report = await verifyEnvironment(repository, environment, trustPath);
    hold(report.ok && report.slot?.policy === good.policy, JSON.stringify(report.problems));
  });
  await suite.check(
    'sync: what is laid out to run is what was approved; its journal passes; it is verified',
    async () => {
      const desired = await desiredRuntime(state, environment);
      hold(desired.ok && JSON.stringify(desired.slot) === JSON.stringify(good), JSON.stringify(desired));
      const verdict = regressionOf(path.join(prepared, 'runtime/journal.sqlite'), 0, undefined, NOTHING_EXPECTED);
      hold(verdict.status === 'passed', verdict.because);
      const slot = good as Slot;
      const followed = await followRegression({ ...trusted, ...common, slot, verdict, running: { slot, busy: null } });
      hold(followed.did === 'marked' && followed.marked.outcome === 'recorded', JSON.stringify(followed));
    },
  );
  await suite.check('another one merged with a button: `tag` labels it', async () => {
    const other = path.join(folder, 'other');
    cpSync(champion, other, { recursive: true });
    // The same model under another name is another policy, and passes the same gates.
    const file = path.join(other, 'policy.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"name": "([^"]+)"/, '"name": "$1-again"'));
    bad = await promoteBy(other, 'button');
    hold(bad.policy !== good?.policy, 'it is the same policy');
  });
  await suite.check(
    'a planted regression: rolled back with no person, byte for byte; the label moves; on hold',
    async () => {
      const [from, to] = [good as Slot, bad as Slot];
      const journalFile = path.join(folder, 'journal.sqlite');
      cpSync(path.join(prepared, 'runtime/journal.sqlite'), journalFile);
      const journal = new SqliteJournal(journalFile);
      journal.transaction(() => {
        journal.append('disable', clock.nowUs(), { reason: 'RISK_HALT', evidence: 'a day that bad is an error' });
      });
      journal.close();
      const verdict = regressionOf(journalFile, 0, undefined, NOTHING_EXPECTED);
      hold(verdict.status === 'failed', verdict.because);
      const labelBefore = await label();
      const unsettled = { slot: from, busy: null };
      const early = await followRegression({ ...trusted, ...common, slot: to, verdict, running: unsettled });
      hold(JSON.stringify(early).includes('NOT_SETTLED'), JSON.stringify(early));
      const followed = await followRegression({
        ...trusted,
        ...common,
        slot: to,
        verdict,
        running: { slot: to, busy: null },
      });
      hold(followed.did === 'rolled back' && followed.rollback.outcome === 'rolled-back', JSON.stringify(followed));
      const head = await fetchHead(repository);
      hold(JSON.stringify(await slotAt(work, head, environment)) === JSON.stringify(from), 'the slot is another');
      const brought = (await git(work, ['log', '--format=%H', '--grep=^Merge promote/', head]))
        .split('\n')
        .at(-1) as string;
      for (const file of slotPaths(environment, from.policy)) {
        const [was, is] = await Promise.all(
          [brought, head].map((commit) => git(work, ['rev-parse', `${commit}:${file}`])),
        );
        hold(was === is, `${file} is not what it was`);
      }
      hold((await label()) !== labelBefore, 'the label did not move');
      const report = await verifyEnvironment(repository, environment, trustPath);
      hold(report.ok && report.held !== null, JSON.stringify(report.problems));
      const desired = await desiredRuntime(state, environment);
      hold(desired.ok && desired.slot?.policy === from.policy, 'sync would run another');
    },
  );
  await suite.check('on hold nothing is promoted by itself, until a person releases it', async () => {
    const again = path.join(folder, 'other');
    const trust = loadTrust(trustPath);
    const proposed = await propose({ ...common, wanted: { policyDir: again }, author, because: 'once more', trust });
    if (proposed.outcome === 'refused') throw new Error(JSON.stringify(proposed));
    const { branch } = proposed;
    const held = await seal({ ...common, branch, keys });
    hold(JSON.stringify(held).includes('ON_HOLD'), JSON.stringify(held));
    hold((await release({ ...common, because: 'Ada looked' })).outcome === 'recorded', 'was not released');
    const after = await seal({ ...common, branch, keys });
    hold(!JSON.stringify(after).includes('ON_HOLD'), JSON.stringify(after));
  });
  hold(existsSync(state), 'the state went away');
});
process.exit(suite.end());
