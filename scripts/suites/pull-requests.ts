/**
 * `npm run promote --github` from the first proposal to the label, as a person starts it, against a server that answers as
 * GitHub's API does and merges as its button does.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { loadTrust } from '../../runtime/evidence/trust.ts';
import { git, gitResult } from '../environment/git.ts';
import { candidateIn } from '../environment/scratch.ts';
import { verifyEnvironment } from '../environment/verify.ts';
import { type Behaviour, type GitHubServer, gitHubServer } from '../proposals/github-server.ts';
import { standingOf } from '../proposals/proposal.ts';
import { approveIn, attestIn, sealIn, type Team, tagIn, teamIn } from '../proposals/scratch.ts';
import { hold, inFolder } from './suite.ts';

const start = path.resolve(import.meta.dirname, '../start.mjs');
const TOKEN = 'token-of-a-test';

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

interface Room {
  readonly team: Team;
  readonly server: GitHubServer;
  /** Runs `npm run promote`; a token of '' is none. */
  promote(args: readonly string[], token?: string): Promise<Ended>;
  readonly candidate: string;
}

/** A team whose remote GitHub holds, and Ada's machine with the keys of automation, as CI has them. */
async function inRoom(behaviour: Behaviour, work: (room: Room) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const team = await teamIn(folder);
    const { remote } = team.repository;
    const server = await gitHubServer({
      headOf: (branch) => git(remote, ['rev-parse', `refs/heads/${branch}`]),
      merge: async ({ head }) => {
        const trust = loadTrust(team.trustPath);
        const { merged, main } = await standingOf(team.repository, head.ref, 'paper', trust, team.clock.nowUs());
        const lease = `--force-with-lease=refs/heads/main:${main}`;
        await git(team.repository.work, ['push', '-q', lease, remote, `${merged}:refs/heads/main`]);
        return merged;
      },
      ...behaviour,
    });
    const state = path.join(folder, 'ada');
    const keys = path.join(folder, 'ada-keys');
    mkdirSync(keys);
    const owners = { author: 'ada', gate: 'gate', approver: 'automation', promoter: 'promoter' };
    for (const [role, owner] of Object.entries(owners)) {
      cpSync(path.join(folder, 'keys', owner, 'approver.pem'), path.join(keys, `${role}.pem`));
    }
    const common = ['--state', state, '--remote', remote, '--keys', keys, '--github', 'team/emp'];
    const promote = (args: readonly string[], token = TOKEN): Promise<Ended> =>
      new Promise((resolve) => {
        const env = {
          ...process.env,
          EMP_TRUST: team.trustPath,
          GITHUB_TOKEN: token,
          GITHUB_API_URL: server.url,
        };
        const child = spawn(process.execPath, [start, 'promote', ...args, ...common], { env });
        let [out, err] = ['', ''];
        child.stdout.on('data', (chunk: Buffer) => (out += chunk));
        child.stderr.on('data', (chunk: Buffer) => (err += chunk));
        child.on('close', (code) => resolve({ code, out, err }));
      });
    try {
      await work({ team, server, promote, candidate: candidateIn(folder, 'a') });
    } finally {
      await server.close();
    }
  });
}

const branches = async ({ repository }: Team): Promise<string> =>
  git(repository.remote, ['for-each-ref', '--format=%(refname:short)', 'refs/heads']);

const ended = ({ code, out, err }: Ended, wanted: number, words: RegExp): void => {
  hold(code === wanted && words.test(out + err), `ended with ${code}, not ${wanted} and ${words}: ${out}${err}`);
};

/** Everything that it takes but the merge. @returns the branch */
async function sealed({ team, promote, candidate }: Room): Promise<string> {
  const proposed = await promote(['propose', '--environment', 'paper', '--policy', candidate, '--json']);
  hold(proposed.code === 0, proposed.err);
  const { branch } = JSON.parse(proposed.out);
  await attestIn(team, 'paper', branch);
  await approveIn(team, 'paper', branch, team.persons.bob);
  hold((await sealIn(team, 'paper', branch)).outcome === 'added', 'could not be sealed');
  return branch;
}

export const proposedToLabelled = () =>
  inRoom({}, async (room) => {
    const { team, server, promote, candidate } = room;
    const propose = ['propose', '--environment', 'paper', '--policy', candidate, '--because', 'it earns more'];
    ended(await promote(propose), 0, /: proposed as promote\/paper\/[0-9a-f]{12}\n.*\/team\/emp\/pull\/1/);
    ended(await promote(propose), 0, /proposed already as .*\n.*\/team\/emp\/pull\/1/);
    const body = server.pulls[0]?.body ?? '';
    hold(
      server.pulls.length === 1 && body.startsWith('it earns more'),
      `${server.pulls.length} pull requests: ${body}`,
    );
    const branch = server.pulls[0]?.head.ref as string;

    ended(await promote(['status', branch]), 1, /GATE_MISSING: gate causality gave no verdict/);
    const first = server.comments.get(1)?.[0]?.body ?? '';
    for (const words of ['| policy | nothing |', '**Soak**: none asked', '(bob, cyn', 'NEEDS_PEOPLE', '````diff\n']) {
      hold(first.includes(words), `the comment lacks ${words}: ${first}`);
    }
    hold(/What changes in paper[\s\S]*\+policy: sha256:[\s\S]*Nothing changes in live, local/.test(first), first);
    ended(await promote(['merge', branch]), 1, /merge: refused\n.*gate causality gave no verdict/);
    await attestIn(team, 'paper', branch);
    await approveIn(team, 'paper', branch, team.persons.bob);
    await sealIn(team, 'paper', branch);
    ended(await promote(['status', branch]), 0, /Nothing is missing: it may be merged/);
    const [second, ...more] = server.comments.get(1) ?? [];
    hold(more.length === 0 && second?.body?.includes('given by bob') === true, `not updated in place: ${second?.body}`);

    const both = await Promise.all([promote(['merge', branch]), promote(['merge', branch])]);
    hold(
      both.every(({ code }) => code === 0),
      JSON.stringify(both),
    );
    hold(
      both.filter(({ out }) => out.includes('is merged as')).length === 1,
      `not merged once: ${JSON.stringify(both)}`,
    );
    ended(await promote(['merge', branch]), 0, /was merged before/);
    hold(
      (await tagIn(team)).some(({ outcome }) => outcome === 'tagged'),
      'was not labelled',
    );
    const report = await verifyEnvironment(team.repository, 'paper', team.trustPath);
    hold(report.ok && report.slot !== null, JSON.stringify(report.problems));
  });

export const proposedAtOnce = () =>
  inRoom({}, async ({ team, server, promote, candidate }) => {
    const propose = ['propose', '--environment', 'paper', '--policy', candidate];
    const both = await Promise.all([promote(propose), promote(propose)]);
    hold(
      both.every(({ code }) => code === 0),
      JSON.stringify(both),
    );
    hold(server.pulls.length === 1, `${server.pulls.length} pull requests`);
    hold((await branches(team)).split('\n').length === 2, await branches(team));
  });

export const withoutToken = () =>
  inRoom({}, async (room) => {
    const { team, server, promote, candidate } = room;
    const propose = ['propose', '--environment', 'paper', '--policy', candidate];
    ended(await promote(propose, ''), 2, /GITHUB_TOKEN: is not set/);
    ended(await promote(propose, 'expired'), 3, /401: Bad credentials.*GITHUB_TOKEN is wrong or has expired/);
    hold((await branches(team)) === 'main' && server.pulls.length === 0, 'something was left behind');
  });

let left = 0;
const limit = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1767225600' };
const refuses = (asked: string) =>
  asked.startsWith('POST') && left-- > 0
    ? ({ status: 403, message: 'API rate limit exceeded', headers: limit } as const)
    : undefined;
export const rateLimited = () =>
  inRoom({ refuses }, async (room) => {
    const { server, promote, candidate } = room;
    const propose = ['propose', '--environment', 'paper', '--policy', candidate];
    left = 1;
    ended(await promote(propose), 3, /rate limit is used up: run the same command again after 2026-01-01T00:00:00/);
    ended(await promote(propose), 0, /proposed already as/);
    const branch = server.pulls[0]?.head.ref as string;
    left = 1;
    ended(await promote(['status', branch]), 3, /comment: GitHub answers 403/);
    ended(await promote(['status', branch]), 1, /Missing:/);
    hold(server.pulls.length === 1 && server.comments.get(1)?.length === 1, 'something is there twice');
  });

const rule = { refusesMerge: 'Required status check "gates" is expected.' };
export const mergeRefused = () =>
  inRoom(rule, async (room) => {
    const { team, promote } = room;
    const branch = await sealed(room);
    const before = await git(team.repository.remote, ['rev-parse', 'main']);
    ended(await promote(['merge', branch]), 1, /merge: refused\n.*Required status check/);
    hold((await git(team.repository.remote, ['rev-parse', 'main'])) === before, 'main moved');
    const tags = await gitResult(team.repository.remote, ['tag', '-l']);
    hold(tags.stdout.length === 0, 'a label was set');
  });
