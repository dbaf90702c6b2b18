import test from 'ava';
import { git } from '../environment/git.ts';
import { commitFiles } from '../environment/tree.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { sessionHold } from './session-hold.ts';

const IN_SESSION = Date.parse('2026-11-23T15:00:00Z') * 1000;
const BETWEEN = Date.parse('2026-11-23T22:00:00Z') * 1000;
const calendar = `timeZone: America/New_York
sessions:
  - { days: [mon, tue, wed, thu, fri], open: '09:30', close: '16:00' }
`;

test('a live rollout waits for the close, unless its commit, or a rollback, says otherwise', async (t) => {
  const work = temporaryFolder(t);
  await git(work, ['init', '-q', '--bare']);
  const tree = await git(work, ['mktree'], { input: '' });
  let head = await git(work, ['commit-tree', tree, '-m', 'Nothing yet'], {
    env: { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@b', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@b' },
  });
  const commit = async (message: string, files: Record<string, string>) => {
    const changes = new Map(Object.entries(files).map(([file, text]) => [file, Buffer.from(text)]));
    head = await commitFiles(work, { base: head, changes, message, timeUs: IN_SESSION });
  };
  const hold = (environment: string, nowUs: number, isRollback = false) =>
    sessionHold({ work, commit: head, environment, isRollback }, nowUs);

  await commit('Environments', {
    'environments/local/config.yaml': '{}',
    'environments/paper/platform.yaml': 'mode: paper',
    'environments/paper/calendar.yaml': calendar,
    'environments/live/platform.yaml': 'mode: live',
    'environments/live/calendar.yaml': calendar,
    'environments/always/platform.yaml': 'mode: live',
  });
  t.is(await hold('local', IN_SESSION), undefined);
  t.is(await hold('paper', IN_SESSION), undefined);
  t.is(await hold('live', BETWEEN), undefined);
  t.is(await hold('live', IN_SESSION, true), undefined);
  t.deepEqual(await hold('live', IN_SESSION), {
    until: '2026-11-23T21:00:00.000Z',
    because:
      'live trades live and its market is in session until 2026-11-23T21:00:00.000Z; ' +
      'sync again then, or say "Rollout: in-session" in the commit that changes it',
  });
  t.deepEqual(await hold('always', BETWEEN), {
    until: null,
    because: 'always trades live and its market never closes; say "Rollout: in-session" in the commit that changes it',
  });

  await commit('Fix it now\n\nIt cannot wait.\n\nRollout: in-session\n', {
    'environments/live/config.yaml': 'seed: 8',
  });
  t.is(await hold('live', IN_SESSION), undefined);
  await commit('Ledger', { 'policies/ledger.jsonl': '{}' });
  t.is(await hold('live', IN_SESSION), undefined, 'a later commit about something else takes nothing back');
  await commit('Next', { 'environments/live/config.yaml': 'seed: 9' });
  t.truthy(await hold('live', IN_SESSION), 'it was said of one rollout');
  await commit('Not a trailer: Rollout: in-session', { 'environments/live/config.yaml': 'seed: 10' });
  t.truthy(await hold('live', IN_SESSION));

  await commit('Bad calendar', { 'environments/live/calendar.yaml': 'timeZone: Nowhere\nsessions: []\n' });
  await t.throwsAsync(hold('live', IN_SESSION), {
    message: /^environments\/live\/calendar\.yaml: sessions is too small/,
  });
});
