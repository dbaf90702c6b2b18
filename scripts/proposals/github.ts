/** Pull requests on GitHub: opened once, its text kept, merged when GitHub lets it. */
import { Octokit } from '@octokit/rest';
import { InputError } from '../../runtime/boot/documents.ts';

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

/** The open pull request of a branch, made where there is none; title and text are brought to what is given. */
export async function openPullRequest(
  { octokit, owner, repo }: GitHub,
  { branch, base, title, body }: { branch: string; base: string; title: string; body: string },
): Promise<PullRequest> {
  const found = await told(`pull requests of ${owner}/${repo}`, () =>
    octokit.rest.pulls.list({ owner, repo, head: `${owner}:${branch}`, base, state: 'open', per_page: 2 }),
  );
  const open = found.data[0];
  if (open === undefined) {
    const made = await told(`pull request for ${branch}`, () =>
      octokit.rest.pulls.create({ owner, repo, head: branch, base, title, body }),
    );
    return { number: made.data.number, url: made.data.html_url };
  }
  if (open.title !== title || open.body !== body) {
    await told(`pull request ${open.number}`, () =>
      octokit.rest.pulls.update({ owner, repo, pull_number: open.number, title, body }),
    );
  }
  return { number: open.number, url: open.html_url };
}

/** One comment of ours a pull request: written, or brought to what is given. `marker` tells it from others'. */
export async function comment(
  { octokit, owner, repo }: GitHub,
  pullRequest: number,
  marker: string,
  text: string,
): Promise<'written' | 'updated' | 'already'> {
  const body = `<!-- ${marker} -->\n${text}`;
  const all = await told(`comments of pull request ${pullRequest}`, () =>
    octokit.paginate(octokit.rest.issues.listComments, { owner, repo, issue_number: pullRequest, per_page: 100 }),
  );
  const own = all.find((found) => found.body?.startsWith(`<!-- ${marker} -->`) === true);
  if (own === undefined) {
    await told('comment', () => octokit.rest.issues.createComment({ owner, repo, issue_number: pullRequest, body }));
    return 'written';
  }
  if (own.body === body) return 'already';
  await told('comment', () => octokit.rest.issues.updateComment({ owner, repo, comment_id: own.id, body }));
  return 'updated';
}

export type MergedPullRequest =
  | { readonly outcome: 'merged'; readonly commit: string }
  | { readonly outcome: 'refused'; readonly because: string };

/** Merges a pull request by a merge commit, if its head is still `head` and GitHub's own rules allow it. */
export async function mergePullRequest(
  { octokit, owner, repo }: GitHub,
  number: number,
  head: string,
): Promise<MergedPullRequest> {
  try {
    const merged = await octokit.rest.pulls.merge({
      owner,
      repo,
      pull_number: number,
      sha: head,
      merge_method: 'merge',
    });
    return { outcome: 'merged', commit: merged.data.sha };
  } catch (error) {
    const { status, message } = error as { status?: number; message: string };
    // 405: GitHub's own rules refuse it; 409: the branch moved since it was looked at.
    if (status === 405 || status === 409) return { outcome: 'refused', because: message };
    throw new Error(`pull request ${number}: GitHub answers ${status ?? 'nothing'}: ${message}`, { cause: error });
  }
}

/** @throws Error with GitHub's own words */
async function told<T>(subject: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const { status, message } = error as { status?: number; message: string };
    const fix = status === 401 || status === 403 ? '; the token needs write access to pull requests' : '';
    throw new Error(`${subject}: GitHub answers ${status ?? 'nothing'}: ${message}${fix}`, { cause: error });
  }
}
