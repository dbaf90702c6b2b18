import test from 'ava';
import { git, gitResult } from './git.ts';
import { fetchHead, transact } from './repository.ts';
import { type Scratch, scratch } from './scratch.ts';
import { commitFiles, readAt } from './tree.ts';

function commitOn(at: Scratch, base: string, name: string): Promise<string> {
  const changes = new Map([[name, Buffer.from(name)]]);
  return commitFiles(at.repository.work, { base, changes, message: name, timeUs: at.clock.nowUs() });
}

test('the remote refuses a forced push and the removal of its branch', async (t) => {
  const at = await scratch(t);
  const { remote, work } = at.repository;
  const base = await fetchHead(at.repository);
  await transact(at.repository, async (head) => ({
    push: { head: await commitOn(at, head, 'a') },
    outcome: undefined,
  }));
  const head = await fetchHead(at.repository);
  const forced = await gitResult(work, ['push', '--force', remote, `${base}:refs/heads/main`]);
  t.not(forced.status, 0);
  t.not((await gitResult(work, ['push', remote, ':refs/heads/main'])).status, 0);
  t.is(await fetchHead(at.repository), head);
});

test('a writer that is overtaken starts again on the new head, and no commit is lost', async (t) => {
  const at = await scratch(t);
  const names = ['a', 'b', 'c', 'd', 'e'];
  const bases = new Set<string>();
  await Promise.all(
    names.map((name) =>
      transact(at.repository, async (base) => {
        bases.add(base);
        return { push: { head: await commitOn(at, base, name) }, outcome: undefined };
      }),
    ),
  );
  const head = await fetchHead(at.repository);
  for (const name of names) t.is(String(await readAt(at.repository.work, head, name)), name);
  t.is(await git(at.repository.work, ['rev-list', '--count', head]), String(names.length + 1));
  t.true(bases.size >= names.length);
});

test('all or nothing: when one ref is refused, no other moves', async (t) => {
  const at = await scratch(t);
  const { remote } = at.repository;
  const base = await fetchHead(at.repository);
  await git(remote, ['tag', 'taken', base]);
  const error = await t.throwsAsync(
    transact(at.repository, async (seen) => {
      const head = await commitOn(at, seen, 'a');
      return { push: { head, refs: [`${head}:refs/tags/taken`] }, outcome: undefined };
    }),
  );
  t.regex(error?.message ?? '', /push was refused: .*already exists/s);
  t.is(await fetchHead(at.repository), base);
});

test('a remote that is away is named', async (t) => {
  const at = await scratch(t);
  const away = { ...at.repository, remote: `${at.repository.remote}.away` };
  await t.throwsAsync(fetchHead(away), { message: /\.away: cannot be reached \(fatal: .*; nothing was changed/s });
});

test('a token in the address of a remote is in no message', async (t) => {
  const at = await scratch(t);
  // no secret: it opens nothing, and what is tested is that no message shows it
  const remote = 'file://someone:secret-token@/nowhere/at/all.git';
  const error = await t.throwsAsync(fetchHead({ ...at.repository, remote }));
  t.regex(error?.message ?? '', /^file:\/\/\/nowhere\/at\/all\.git: cannot be reached/);
  t.false((error?.message ?? '').includes('secret-token'));
});

test('a remote whose history was rewritten is named, until somebody accepts it', async (t) => {
  const at = await scratch(t);
  const { remote, work } = at.repository;
  const base = await fetchHead(at.repository);
  const change = (name: string) => async (head: string) => ({
    push: { head: await commitOn(at, head, name) },
    outcome: undefined,
  });
  await transact(at.repository, change('a'));
  const seen = await fetchHead(at.repository);
  await git(remote, ['update-ref', 'refs/heads/main', base]);
  await git(remote, [
    'update-ref',
    'refs/heads/main',
    await commitOn({ ...at, repository: { remote, work: remote } }, base, 'b'),
  ]);
  const refused = { message: new RegExp(`main was rewritten .* does not follow ${seen.slice(0, 12)}, seen before`) };
  await t.throwsAsync(transact(at.repository, change('c')), refused);
  await git(work, ['update-ref', '-d', 'refs/emp/seen/refs/heads/main']);
  await t.notThrowsAsync(transact(at.repository, change('c')));
});
