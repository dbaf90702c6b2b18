import test from 'ava';
import { git } from '../environment/git.ts';
import { fetchHead } from '../environment/repository.ts';
import { candidateIn, folderFor } from '../environment/scratch.ts';
import { slotPaths } from '../environment/slot.ts';
import { verifyEnvironment } from '../environment/verify.ts';
import { approveIn, attestIn, mergeIn, proposeIn, readyIn, sealIn, stranger, tagIn, teamIn } from './scratch.ts';

const reasons = (outcome: object): string[] =>
  'refusals' in outcome ? (outcome.refusals as { because: string }[]).map(({ because }) => because) : [];

test('a policy becomes the default of paper: proposed, gated, approved by another, merged with its evidence, labelled', async (t) => {
  const team = await teamIn(folderFor(t));
  const { repository } = team;
  const before = await fetchHead(repository);
  const proposed = await proposeIn(team, 'paper', 'a');
  if (proposed.outcome === 'refused') return t.fail(JSON.stringify(proposed));
  const { branch, slot } = proposed;
  t.regex(branch, /^promote\/paper\/[0-9a-f]{12}$/);
  t.deepEqual(proposed.changes, ['policy']);
  t.is((await proposeIn(team, 'paper', 'a')).outcome, 'already', 'proposing it again changes nothing');

  t.regex(reasons(await approveIn(team, 'paper', branch, team.persons.bob)).join(), /gate causality gave no verdict/);
  const failed = await attestIn(team, 'paper', branch, { status: 'failed' });
  t.regex(reasons(failed).join(), /gate causality failed/);
  const attested = await attestIn(team, 'paper', branch);
  t.is(attested.outcome, 'added', JSON.stringify(attested));
  t.regex(
    reasons(await sealIn(team, 'paper', branch)).join(),
    /policy needs 1 approval.*none is given; may still: bob, cyn/,
  );
  t.regex(reasons(await approveIn(team, 'paper', branch, team.persons.ada)).join(), /ada is the author, who never/);
  t.regex(reasons(await approveIn(team, 'paper', branch, team.persons.dan)).join(), /dan is in none of the groups/);
  t.regex(reasons(await approveIn(team, 'paper', branch, stranger(team))).join(), /belongs to nobody/);
  t.is((await approveIn(team, 'paper', branch, team.persons.bob)).outcome, 'added');
  t.is((await approveIn(team, 'paper', branch, team.persons.bob)).outcome, 'already');
  t.regex(reasons(await mergeIn(team, 'paper', branch)).join(), /the promotion is not signed yet/);
  t.is((await sealIn(team, 'paper', branch)).outcome, 'added');
  t.is(await fetchHead(repository), before, 'nothing has moved yet');

  const merged = await mergeIn(team, 'paper', branch);
  if (merged.outcome !== 'merged') return t.fail(JSON.stringify(merged));
  t.like(
    merged.tagged.find(({ environment }) => environment === 'paper'),
    { outcome: 'tagged', commit: merged.commit },
  );
  const changed = await git(repository.work, ['diff', '--name-only', before, merged.commit]);
  t.true(slotPaths('paper', slot.policy).some((file) => changed.includes(file)));
  t.true(changed.includes('environments/paper/policy.yaml') && changed.includes('policies/evidence/paper/'));
  const message = await git(repository.work, ['log', '-1', '--format=%B', merged.commit]);
  t.regex(message, /Proposed by ada \(key [0-9a-f]{12}\): it earns more\nApproved by bob/);
  const report = await verifyEnvironment(repository, 'paper', team.trustPath);
  t.deepEqual(report.problems, []);
  t.deepEqual(report.slot, slot);

  t.is((await mergeIn(team, 'paper', branch)).outcome, 'already');
  t.like(
    (await tagIn(team)).find(({ environment }) => environment === 'paper'),
    { outcome: 'already' },
  );
  const live = await proposeIn(team, 'live', 'a');
  if (live.outcome === 'refused') return t.fail();
  const early = await attestIn(team, 'live', live.branch);
  t.regex(JSON.stringify(early), /needs 24 h in paper: it has traded there, verified, for 0.0 h, 24.0 h are left/);
});

test('a policy that an image holds is promoted by reference: Git gets its policy.json, pointer and evidence', async (t) => {
  const team = await teamIn(folderFor(t));
  const { repository } = team;
  const before = await fetchHead(repository);
  const policyImage = `registry.example/policies@sha256:${'d0'.repeat(32)}`;
  const wanted = { policyDir: candidateIn(team.root, 'a'), policyImage };
  const branch = await readyIn(team, 'paper', wanted, ['bob']);
  const merged = await mergeIn(team, 'paper', branch);
  if (merged.outcome !== 'merged') return t.fail(JSON.stringify(merged));
  const changed = await git(repository.work, ['diff', '--name-only', before, merged.commit]);
  t.regex(changed, /^policies\/approved\/[0-9a-f]{12}\/policy\.json$/m);
  t.notRegex(changed, /\.onnx$/m);
  const pointer = await git(repository.work, ['show', `${merged.commit}:environments/paper/policy.yaml`]);
  t.true(pointer.endsWith(`image: ${policyImage}`), pointer);
  const report = await verifyEnvironment(repository, 'paper', team.trustPath);
  t.deepEqual(report.problems, []);
});
