/** What GitHub refuses, in its own words and with what to do about it. */

interface Answered {
  readonly status?: number;
  readonly message: string;
  readonly response?: { readonly headers: Readonly<Record<string, string | number | undefined>> };
}

/** Runs one request. @throws Error saying what was asked, GitHub's answer, and the fix */
export async function told<T>(subject: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw gitHubError(subject, error);
  }
}

/** Every command of ours may be run again: what was done stays done, what was not is done then. */
export function gitHubError(subject: string, cause: unknown): Error {
  const { status, message, response } = cause as Answered;
  // Octokit calls a connection that failed a 500 without an answer.
  if (response === undefined) {
    return new Error(`${subject}: GitHub cannot be reached (${message}); run the same command again`, { cause });
  }
  const fix = fixFor(status, response.headers);
  return new Error(`${subject}: GitHub answers ${status}: ${message}${fix === undefined ? '' : `; ${fix}`}`, { cause });
}

function fixFor(status: number | undefined, headers: NonNullable<Answered['response']>['headers']): string | undefined {
  const limited = status === 403 || status === 429 ? waitOf(headers) : undefined;
  if (limited !== undefined) return `the rate limit is used up: run the same command again ${limited}`;
  if (status === 401) return 'GITHUB_TOKEN is wrong or has expired, one in force is allowed';
  if (status === 403) return 'the token needs write access to pull requests';
  if (status === 404) return 'there is no such repository or pull request, or the token may not see it';
  if (status !== undefined && status >= 500) return 'run the same command again';
  return undefined;
}

/** When to ask again, as the rate limit's headers say; undefined when it is no rate limit that refuses. */
function waitOf(headers: NonNullable<Answered['response']>['headers']): string | undefined {
  const after = headers['retry-after'];
  if (after !== undefined) return `in ${after} s`;
  if (String(headers['x-ratelimit-remaining']) !== '0') return undefined;
  const resetUs = Number(headers['x-ratelimit-reset']) * 1e6;
  return Number.isFinite(resetUs) ? `after ${new Date(resetUs / 1e3).toISOString()}` : 'later';
}
