import test from 'ava';
import { fetchHead } from './repository.ts';
import { mustPromote, scratch } from './scratch.ts';
import { watchHead } from './watch.ts';

test('yields the head at first, then each new one, and ends with the signal', async (t) => {
  const at = await scratch(t);
  const stop = new AbortController();
  const seen: string[] = [];
  const first = await fetchHead(at.repository);
  let second = '';
  for await (const head of watchHead(at.repository, { everyMs: 5, signal: stop.signal })) {
    seen.push(head);
    if (seen.length === 1) {
      await mustPromote(at, 'a');
      second = await fetchHead(at.repository);
    } else {
      stop.abort();
    }
  }
  t.deepEqual(seen, [first, second]);
});

test('what was seen before is not told again', async (t) => {
  const at = await scratch(t);
  const since = await fetchHead(at.repository);
  const stop = new AbortController();
  const watching = watchHead(at.repository, { since, everyMs: 5, signal: stop.signal }).next();
  const { commit } = await mustPromote(at, 'a');
  const { value } = await watching;
  stop.abort();
  t.not(value, since);
  t.not(value, commit, 'the head is the ledger’s commit, after the promotion’s');
});
