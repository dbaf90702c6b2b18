import test from 'ava';
import { stopwatchNs } from '../../runtime/clock.ts';
import { followHead } from './follow-head.ts';

/** Follows `heads`, one each time that it asks, the last one for good, until `tries` tries have ended as told. */
async function follow(heads: readonly (string | Error)[], tries: readonly (boolean | Error)[]) {
  const stop = new AbortController();
  const [brought, complaints]: [string[], string[]] = [[], []];
  const timesNs: number[] = [];
  let asked = 0;
  let now = '';
  await followHead({
    head: async () => {
      const next = heads[Math.min(asked++, heads.length - 1)] as string | Error;
      if (next instanceof Error) throw next;
      now = next;
      return next;
    },
    bring: async () => {
      const outcome = tries[brought.length] as boolean | Error;
      brought.push(now);
      timesNs.push(stopwatchNs());
      if (brought.length === tries.length) stop.abort();
      if (outcome instanceof Error) throw outcome;
      return outcome;
    },
    told: (complaint) => complaints.push(complaint),
    signal: stop.signal,
    everyMs: 2,
  });
  return { brought, complaints, asked, timesNs };
}

test('each head is brought once, however often it is asked for', async (t) => {
  const { brought, asked } = await follow(['a', 'a', 'a', 'b', 'b', 'c'], [true, true, true]);
  t.deepEqual(brought, ['a', 'b', 'c']);
  t.is(asked, 6);
});

test('what did not succeed is tried again after ever longer pauses; another head does not wait', async (t) => {
  const { brought, timesNs } = await follow(['a'], [false, false, new Error('the API server is away'), true]);
  t.deepEqual(brought, ['a', 'a', 'a', 'a']);
  const pausesMs = timesNs.slice(1).map((ns, i) => (ns - (timesNs[i] as number)) / 1e6);
  for (const [i, leastMs] of [4, 8, 16].entries()) t.true((pausesMs[i] as number) >= leastMs, JSON.stringify(pausesMs));
  const other = await follow(['a', 'b'], [false, true]);
  t.deepEqual([other.brought, other.asked], [['a', 'b'], 2]);
});

test('a remote that is away is told once and waited for', async (t) => {
  const away = new Error('the remote is away');
  const { brought, complaints } = await follow([away, away, away, 'a'], [true]);
  t.deepEqual([brought, complaints], [['a'], ['the remote is away']]);
});
