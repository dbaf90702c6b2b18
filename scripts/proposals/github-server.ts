/**
 * For tests: a server that answers about pull requests and comments as GitHub's REST API does. The answers' types are those
 * that GitHub publishes its API's description from, so that an answer GitHub could not give does not compile.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { components } from '@octokit/openapi-types';

type PullRequest = Pick<
  components['schemas']['pull-request'],
  'number' | 'html_url' | 'title' | 'body' | 'state' | 'merged' | 'merged_at' | 'merge_commit_sha'
> & {
  head: Pick<components['schemas']['pull-request']['head'], 'ref' | 'label'>;
  base: Pick<components['schemas']['pull-request']['base'], 'ref'>;
};
type Comment = Pick<components['schemas']['issue-comment'], 'id' | 'body' | 'html_url'>;
type MergeResult = components['schemas']['pull-request-merge-result'];
type Failure = components['schemas']['basic-error'];

export interface GitHubServer {
  readonly url: string;
  readonly pulls: PullRequest[];
  readonly comments: Map<number, Comment[]>;
  /** Every request as "METHOD path". */
  readonly asked: string[];
  close(): Promise<void>;
}

export interface Behaviour {
  /** Does the merge that GitHub would; throws Git's words when it cannot. */
  readonly merge?: (pull: PullRequest, sha: string) => Promise<string>;
  /** Head of a branch, to compare with the one that a merge names. */
  readonly headOf?: (branch: string) => Promise<string>;
  /** A rule of GitHub's own that refuses merges, such as a required check. */
  readonly refusesMerge?: string;
  /** Refuses a request before anything else, as a rate limit does. */
  readonly refuses?: (asked: string) => Refusal | undefined;
}

export interface Refusal {
  readonly status: 403 | 429 | 502;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Answer = readonly [status: number, content: unknown, headers?: Readonly<Record<string, string>>];

const TOKEN = 'token-of-a-test';

/** Starts it on a free port of this machine; `GITHUB_TOKEN` must be `token-of-a-test`. */
export async function gitHubServer(behaviour: Behaviour = {}): Promise<GitHubServer> {
  const pulls: PullRequest[] = [];
  const comments = new Map<number, Comment[]>();
  const asked: string[] = [];
  let url = '';
  let nextComment = 1;
  let merging: Promise<unknown> = Promise.resolve();

  const answer = async (request: IncomingMessage, body: Record<string, unknown>): Promise<Answer> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', url);
    const { method = 'GET' } = request;
    asked.push(`${method} ${pathname}`);
    const refusal = behaviour.refuses?.(`${method} ${pathname}`);
    if (refusal !== undefined) return [refusal.status, failure(refusal.message), refusal.headers ?? {}];
    if (request.headers.authorization !== `token ${TOKEN}`) return [401, failure('Bad credentials')];
    if (/^\/repos\/[^/]+\/[^/]+$/.test(pathname)) return [200, { full_name: pathname.slice('/repos/'.length) }];
    const match = /^\/repos\/([^/]+)\/([^/]+)\/(pulls|issues)(?:\/(comments\/)?(\d+)(?:\/(\w+))?)?$/.exec(pathname);
    if (match === null) return [404, failure('Not Found')];
    const [, owner = '', repo = '', kind, commentPath, number, action] = match;
    if (kind === 'pulls' && number === undefined) {
      if (method === 'GET') return [200, pulls.filter((pull) => wanted(pull, searchParams)).reverse()];
      const head = String(body['head']);
      if (pulls.some((pull) => pull.state === 'open' && pull.head.ref === head)) {
        return [422, failure(`A pull request already exists for ${owner}:${head}.`)];
      }
      const made: PullRequest = {
        number: pulls.length + 1,
        html_url: `${url}/${owner}/${repo}/pull/${pulls.length + 1}`,
        title: String(body['title']),
        body: String(body['body']),
        state: 'open',
        merged: false,
        merged_at: null,
        merge_commit_sha: null,
        head: { ref: head, label: `${owner}:${head}` },
        base: { ref: String(body['base']) },
      };
      pulls.push(made);
      return [201, made];
    }
    if (kind === 'issues' && commentPath !== undefined) {
      const found = [...comments.values()].flat().find(({ id }) => id === Number(number));
      if (found === undefined) return [404, failure('Not Found')];
      found.body = String(body['body']);
      return [200, found];
    }
    const pull = pulls.find((candidate) => candidate.number === Number(number));
    if (pull === undefined) return [404, failure('Not Found')];
    if (kind === 'issues' && action === 'comments') {
      const own = comments.get(pull.number) ?? [];
      if (method === 'GET') return [200, own];
      const id = nextComment++;
      const made: Comment = { id, body: String(body['body']), html_url: `${pull.html_url}#issuecomment-${id}` };
      comments.set(pull.number, [...own, made]);
      return [201, made];
    }
    if (action === 'merge') {
      // GitHub merges one at a time: whoever comes second finds it merged.
      const turn = merging.then(() => mergeOf(pull, String(body['sha'])));
      merging = turn;
      return turn;
    }
    Object.assign(pull, { title: body['title'] ?? pull.title, body: body['body'] ?? pull.body });
    return [200, pull];
  };

  const mergeOf = async (pull: PullRequest, sha: string): Promise<[number, MergeResult | Failure]> => {
    const { merge, headOf, refusesMerge } = behaviour;
    if (pull.merged || pull.state !== 'open') return [405, failure('Pull Request is not mergeable')];
    if (refusesMerge !== undefined) return [405, failure(refusesMerge)];
    if (headOf !== undefined && (await headOf(pull.head.ref)) !== sha) {
      return [409, failure('Head branch was modified. Review and try the merge again.')];
    }
    let commit = sha;
    try {
      if (merge !== undefined) commit = await merge(pull, sha);
    } catch {
      return [405, failure('Merge conflict')];
    }
    const merged = { merged: true, merged_at: '2026-01-01T00:00:00Z', merge_commit_sha: commit, state: 'closed' };
    Object.assign(pull, merged);
    return [200, { sha: commit, merged: true, message: 'Pull Request successfully merged' }];
  };

  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const [status, content, headers] = await answer(request, text === '' ? {} : JSON.parse(text));
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
      response.end(JSON.stringify(content));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    pulls,
    comments,
    asked,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function wanted(pull: PullRequest, query: URLSearchParams): boolean {
  const [head, base, state] = [query.get('head'), query.get('base'), query.get('state') ?? 'open'];
  return (
    (head === null || pull.head.label === head) &&
    (base === null || pull.base.ref === base) &&
    (state === 'all' || pull.state === state)
  );
}

function failure(message: string): Failure {
  return { message, documentation_url: 'https://docs.github.com/rest' };
}
