import test from 'ava';
import { comment, gitHub, mergePullRequest, openPullRequest } from './github.ts';
import { gitHubServer } from './github-server.ts';

const asked = { branch: 'promote/paper/1a2b3c4d5e6f', base: 'main', title: 'paper: policy a', body: 'because' };

const hubAt = (url: string, token = 'token-of-a-test') =>
  gitHub('team/emp', { GITHUB_TOKEN: token, GITHUB_API_URL: url });

test('a pull request is opened once; its text is kept up to date', async (t) => {
  const server = await gitHubServer();
  t.teardown(() => server.close());
  const hub = hubAt(server.url);
  const first = await openPullRequest(hub, asked);
  t.deepEqual(await openPullRequest(hub, asked), first);
  t.is((await openPullRequest(hub, { ...asked, body: 'because of more' })).number, first.number);
  t.is(server.pulls.length, 1);
  t.is(server.pulls[0]?.body, 'because of more');
  t.is((await openPullRequest(hub, { ...asked, branch: 'promote/live/1a2b3c4d5e6f' })).number, 2);
  t.is(server.asked.filter((line) => line.startsWith('PATCH')).length, 1);
});

test('one comment of ours a pull request, whatever others write', async (t) => {
  const server = await gitHubServer();
  t.teardown(() => server.close());
  const hub = hubAt(server.url);
  const { number } = await openPullRequest(hub, asked);
  t.is(await comment(hub, number, 'emp paper', 'two gates are missing'), 'written');
  server.comments.get(number)?.unshift({ id: 99, body: 'nice', html_url: '' });
  t.is(await comment(hub, number, 'emp paper', 'two gates are missing'), 'already');
  t.is(await comment(hub, number, 'emp paper', 'nothing is missing'), 'updated');
  t.deepEqual(
    server.comments.get(number)?.map(({ body }) => body),
    ['nice', '<!-- emp paper -->\nnothing is missing'],
  );
});

test('a merge that GitHub refuses is told: its own rules, a head that moved, merged before', async (t) => {
  const refusing = await gitHubServer({ refusesMerge: 'Required status check "gates" is expected.' });
  const moved = await gitHubServer({ headOf: async () => 'b'.repeat(40) });
  t.teardown(() => Promise.all([refusing.close(), moved.close()]));
  const head = 'a'.repeat(40);
  const one = await openPullRequest(hubAt(refusing.url), asked);
  const refused = await mergePullRequest(hubAt(refusing.url), one.number, head);
  t.regex(refused.outcome === 'refused' ? refused.because : '', /Required status check/);
  const two = await openPullRequest(hubAt(moved.url), asked);
  const late = await mergePullRequest(hubAt(moved.url), two.number, head);
  t.regex(late.outcome === 'refused' ? late.because : '', /Head branch was modified/);
  t.deepEqual(await mergePullRequest(hubAt(moved.url), two.number, 'b'.repeat(40)), {
    outcome: 'merged',
    commit: 'b'.repeat(40),
  });
  t.is((await mergePullRequest(hubAt(moved.url), two.number, 'b'.repeat(40))).outcome, 'refused');
});

test('what is wrong is told in GitHub’s own words, with the fix', async (t) => {
  const server = await gitHubServer();
  t.teardown(() => server.close());
  await t.throwsAsync(openPullRequest(hubAt(server.url, 'stolen'), asked), {
    message: /pull requests of team\/emp: GitHub answers 401: Bad credentials.*needs write access/,
  });
  t.throws(() => gitHub('team', { GITHUB_TOKEN: 'x' }), { message: /"owner\/name" is allowed/ });
  t.throws(() => gitHub('team/emp', {}), { message: /GITHUB_TOKEN: is not set/ });
  await t.throwsAsync(openPullRequest(hubAt('http://127.0.0.1:1'), asked), {
    message: /pull requests of team\/emp: GitHub answers/,
  });
});
