/** Notices when the environment's repository moves, by asking for its head now and then. */
import { sleepMs } from '../../runtime/clock.ts';
import { branch, type EnvironmentRepository, remoteRef } from './repository.ts';

/**
 * Yields the head of `main` whenever it differs from the one before, first from `since`. Ends when the signal aborts.
 * A remote that cannot be asked throws: the caller decides whether to go on without it.
 */
export async function* watchHead(
  repository: EnvironmentRepository,
  options: { readonly since?: string; readonly everyMs?: number; readonly signal: AbortSignal },
): AsyncGenerator<string, void, void> {
  let last = options.since;
  while (!options.signal.aborted) {
    const head = await remoteRef(repository, `refs/heads/${branch}`);
    if (head !== undefined && head !== last) {
      last = head;
      yield head;
    }
    try {
      await sleepMs(options.everyMs ?? 500, options.signal);
    } catch {
      return;
    }
  }
}
