/** Pull requests on GitHub: opened once, its text kept, merged when GitHub lets it. */
import { Octokit } from '@octokit/rest';
import { InputError } from '../../runtime/boot/documents.ts';
import { branch as base } from '../environment/repository.ts';
import { gitHubError, told } from './github-error.ts';

export interface GitHub {
  readonly octokit: Octokit;
  readonly owner: string;
  readonly repo: string;
}

export interface PullRequest {
  readonly number: number;
  readonly url: string;
}

/**
 * @param name "owner/repository"
 * @param env `GITHUB_TOKEN`, and `GITHUB_API_URL` for another server than github.com, as Actions sets them
 */
export function gitHub(name: string, env: NodeJS.ProcessEnv): GitHub {
  const [owner, repo, ...rest] = name.split('/');
  if (owner === undefined || owner === '' || repo === undefined || repo === '' || rest.length > 0) {
    throw new InputError(`--github: is not a repository (${name}), "owner/name" is allowed`);
  }
  const token = env['GITHUB_TOKEN'];
  if (token === undefined || token === '') {
    throw new InputError('GITHUB_TOKEN: is not set, a token that may write pull requests is allowed');
  }
  const baseUrl = env['GITHUB_API_URL'] ?? 'https://api.github.com';
  // Octokit prints deprecations and failures by itself otherwise; what goes wrong is told once, by whoever called.
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  return { octokit: new Octokit({ auth: token, baseUrl, log, userAgent: 'emp' }), owner, repo };
}

/** Asks for the repository, so that a token or an address that does not work shows before anything is pushed. */
export async function checkAccess({ octokit, owner, repo }: GitHub): Promise<void> {
  await told(`${owner}/${repo}`, () => octokit.rest.repos.get({ owner, repo }));
}

/** The open pull request of a branch, made where there is none; title and text are brought to what is given. */
export async function openPullRequest(
  hub: GitHub,
  { branch, title, body }: { branch: string; title: string; body: string },
): Promise<PullRequest> {
  const { octokit, owner, repo } = hub;
  let open = await openOf(hub, branch);
  if (open === undefined) {
    try {
      const made = await octokit.rest.pulls.create({ owner, repo, head: branch, base, title, body });
      return { number: made.data.number, url: made.data.html_url };
    } catch (error) {
      // 422 also says that somebody beside us has opened it since we looked.
      open = (error as { status?: number }).status === 422 ? await openOf(hub, branch) : undefined;
      if (open === undefined) throw gitHubError(`pull request for ${branch}`, error);
    }
  }
  const { number, html_url: url } = open;
  if (open.title !== title || open.body !== body) {
    await told(`pull request ${number}`, () =>
      octokit.rest.pulls.update({ owner, repo, pull_number: number, title, body }),
    );
  }
  return { number, url };
}

interface Open {
  readonly number: number;
  readonly html_url: string;
  readonly title: string;
  readonly body: string | null;
}

async function openOf({ octokit, owner, repo }: GitHub, branch: string): Promise<Open | undefined> {
  const head = `${owner}:${branch}`;
  const found = await told(`pull requests of ${owner}/${repo}`, () =>
    octokit.rest.pulls.list({ owner, repo, head, base, state: 'open', per_page: 1 }),
  );
  return found.data[0];
}

export type BranchPullRequest =
  | { readonly state: 'open'; readonly number: number }
  | { readonly state: 'merged'; readonly number: number; readonly commit: string };

/** The pull request of a branch, the open one before any other. @throws InputError when there is none, or it was closed unmerged */
export async function pullRequestOf({ octokit, owner, repo }: GitHub, branch: string): Promise<BranchPullRequest> {
  const all = await told(`pull requests of ${owner}/${repo}`, () =>
    octokit.rest.pulls.list({ owner, repo, head: `${owner}:${branch}`, base, state: 'all', per_page: 100 }),
  );
  const found = all.data.find(({ state }) => state === 'open') ?? all.data[0];
  if (found === undefined) {
    throw new InputError(`${branch}: has no pull request in ${owner}/${repo}; \`promote propose --github\` opens it`);
  }
  const { number, merged_at: merged, merge_commit_sha: commit } = found;
  if (found.state === 'open') return { state: 'open', number };
  if (merged !== null && commit !== null) return { state: 'merged', number, commit };
  throw new InputError(`${branch}: its pull request ${number} was closed without a merge, an open one is allowed`);
}

/**
 * One comment of ours a pull request: written, or brought to what is given. `marker` tells it from others'.
 * @param news whether it is worth a comment where there is none yet
 */
export async function comment(
  { octokit, owner, repo }: GitHub,
  pullRequest: number,
  marker: string,
  text: string,
  news = true,
): Promise<'written' | 'updated' | 'already'> {
  const body = `<!-- ${marker} -->\n${text}`;
  const all = await told(`comments of pull request ${pullRequest}`, () =>
    octokit.paginate(octokit.rest.issues.listComments, { owner, repo, issue_number: pullRequest, per_page: 100 }),
  );
  const own = all.find((found) => found.body?.startsWith(`<!-- ${marker} -->`) === true);
  if (own === undefined && !news) return 'already';
  if (own === undefined) {
    await told('comment', () => octokit.rest.issues.createComment({ owner, repo, issue_number: pullRequest, body }));
    return 'written';
  }
  if (own.body === body) return 'already';
  await told('comment', () => octokit.rest.issues.updateComment({ owner, repo, comment_id: own.id, body }));
  return 'updated';
}

export type MergedPullRequest =
  /** `already`: somebody beside us merged it. */
  | { readonly outcome: 'merged' | 'already'; readonly commit: string }
  | { readonly outcome: 'refused'; readonly because: string };

/** Merges the pull request of a branch by a merge commit, if its head is still `head` and GitHub's own rules allow it. */
export async function mergePullRequest(
  hub: GitHub,
  branch: string,
  number: number,
  head: string,
): Promise<MergedPullRequest> {
  const { octokit, owner, repo } = hub;
  const asked = { owner, repo, pull_number: number, sha: head, merge_method: 'merge' } as const;
  try {
    return { outcome: 'merged', commit: (await octokit.rest.pulls.merge(asked)).data.sha };
  } catch (error) {
    const { status, message } = error as { status?: number; message: string };
    // 405: GitHub's own rules refuse it, or it is merged; 409: the branch moved since it was looked at.
    if (status !== 405 && status !== 409) throw gitHubError(`pull request ${number}`, error);
    const now = await pullRequestOf(hub, branch);
    if (now.state === 'merged') return { outcome: 'already', commit: now.commit };
    return { outcome: 'refused', because: message };
  }
}
