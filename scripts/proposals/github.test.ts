import test from 'ava';
import { checkAccess, comment, gitHub, mergePullRequest, openPullRequest, pullRequestOf } from './github.ts';
import { type Behaviour, gitHubServer, type Refusal } from './github-server.ts';

const asked = { branch: 'promote/paper/1a2b3c4d5e6f', title: 'paper: policy a', body: 'because' };

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
  t.is(await comment(hub, number, 'emp paper', 'nothing to tell', false), 'already');
  t.is(server.comments.size, 0);
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
  const refused = await mergePullRequest(hubAt(refusing.url), asked.branch, one.number, head);
  t.regex(refused.outcome === 'refused' ? refused.because : '', /Required status check/);
  const two = await openPullRequest(hubAt(moved.url), asked);
  const late = await mergePullRequest(hubAt(moved.url), asked.branch, two.number, head);
  t.regex(late.outcome === 'refused' ? late.because : '', /Head branch was modified/);
  t.deepEqual(await mergePullRequest(hubAt(moved.url), asked.branch, two.number, 'b'.repeat(40)), {
    outcome: 'merged',
    commit: 'b'.repeat(40),
  });
  const again = { outcome: 'already', commit: 'b'.repeat(40) };
  t.deepEqual(await mergePullRequest(hubAt(moved.url), asked.branch, two.number, 'b'.repeat(40)), again as never);
  t.deepEqual(await pullRequestOf(hubAt(moved.url), asked.branch), {
    state: 'merged',
    number: two.number,
    commit: 'b'.repeat(40),
  });
});

test('two who open it at once open one', async (t) => {
  const server = await gitHubServer();
  t.teardown(() => server.close());
  const both = await Promise.all([
    openPullRequest(hubAt(server.url), asked),
    openPullRequest(hubAt(server.url), asked),
  ]);
  t.deepEqual(both[0], both[1]);
  t.is(server.pulls.length, 1);
  await t.throwsAsync(pullRequestOf(hubAt(server.url), 'promote/paper/none'), {
    message: /has no pull request in team/,
  });
  Object.assign(server.pulls[0] as object, { state: 'closed' });
  await t.throwsAsync(pullRequestOf(hubAt(server.url), asked.branch), { message: /1 was closed without a merge/ });
});

const refused = test.macro({
  title: (title) => `told with the fix: ${title}`,
  exec: async (t, behaviour: Behaviour, token: string, message: RegExp) => {
    const server = await gitHubServer(behaviour);
    t.teardown(() => server.close());
    await t.throwsAsync(checkAccess(hubAt(server.url, token)), { message });
  },
});
const ours = 'token-of-a-test';
const refusing = (status: Refusal['status'], message: string, headers = {}): Behaviour => ({
  refuses: () => ({ status, message, headers }),
});
const none = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1767225600' };
test('a wrong or expired token', refused, {}, 'expired', /^team\/emp: GitHub answers 401: Bad .*or has expired/);
test('no right', refused, refusing(403, 'Resource not accessible'), ours, /403: Resource.*needs write access/);
test('rate limit', refused, refusing(403, 'API rate limit exceeded', none), ours, /again after 2026-01-01T00:00:00/);
test('too fast', refused, refusing(429, 'secondary', { 'retry-after': '60' }), ours, /used up: .* again in 60 s/);
test('down', refused, refusing(502, 'Server Error'), ours, /502: Server Error.*; run the same command again/);

test('what is wrong before anything is asked: no such name, no token, nobody there', async (t) => {
  t.throws(() => gitHub('team', { GITHUB_TOKEN: 'x' }), { message: /"owner\/name" is allowed/ });
  t.throws(() => gitHub('team/emp', {}), { message: /GITHUB_TOKEN: is not set/ });
  await t.throwsAsync(openPullRequest(hubAt('http://127.0.0.1:1'), asked), {
    message: /pull requests of team\/emp: GitHub cannot be reached .*run the same command again/,
  });
});
