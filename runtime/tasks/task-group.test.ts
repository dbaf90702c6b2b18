import test from 'ava';
import { sleepMs } from '../clock.ts';
import { TaskGroup } from './task-group.ts';

const forever = (signal: AbortSignal) => sleepMs(60_000, signal);

test('waits for all, those included that a task spawns', async (t) => {
  const group = new TaskGroup();
  const ended: string[] = [];
  group.spawn('first', async () => {
    await sleepMs(5);
    group.spawn('second', async () => {
      await sleepMs(5);
      ended.push('second');
    });
    ended.push('first');
  });
  t.deepEqual(group.running, ['first']);
  await group.wait();
  t.deepEqual(ended, ['first', 'second']);
  t.deepEqual(group.running, []);
});

test('nothing to wait for is over at once', async (t) => {
  await t.notThrowsAsync(new TaskGroup().wait());
});

test('the first failure cancels the others and is thrown with its task’s name', async (t) => {
  const group = new TaskGroup();
  let cancelled = false;
  group.spawn('session', forever);
  group.spawn('listener', async (signal) => {
    await sleepMs(60_000, signal).catch(() => undefined);
    cancelled = true;
  });
  group.spawn('model', async () => {
    await sleepMs(1);
    throw new Error('broke');
  });
  await t.throwsAsync(group.wait(), { name: 'TaskFailure', message: 'model: broke' });
  t.true(cancelled);
});

test('a task that throws before its first await, or throws no Error, fails like any other', async (t) => {
  const thrower = new TaskGroup();
  thrower.spawn('early', () => {
    throw new Error('at once');
  });
  await t.throwsAsync(thrower.wait(), { message: 'early: at once' });
  const odd = new TaskGroup();
  odd.spawn('odd', () => Promise.reject('text'));
  await t.throwsAsync(odd.wait(), { message: 'odd: text' });
});

test('failures while stopping are told together', async (t) => {
  const group = new TaskGroup();
  group.spawn('journal', async (signal) => {
    await sleepMs(60_000, signal).catch(() => undefined);
    throw new Error('disk is full');
  });
  group.spawn('feed', async () => {
    throw new Error('gone');
  });
  const error = await t.throwsAsync(group.wait(), { instanceOf: AggregateError });
  t.is(error.message, '2 tasks failed: feed: gone; journal: disk is full');
  t.is(error.errors.length, 2);
});

test('a cancelled task that ends by the signal’s reason has not failed', async (t) => {
  const group = new TaskGroup();
  group.spawn('session', forever);
  await t.notThrowsAsync(group.stop());
});

test('the outer signal cancels, before or after the start', async (t) => {
  const outer = new AbortController();
  const group = new TaskGroup({ signal: outer.signal });
  group.spawn('session', forever);
  outer.abort(new Error('SIGTERM'));
  await group.wait();
  t.is((group.signal.reason as Error).message, 'SIGTERM');
  const late = new TaskGroup({ signal: outer.signal });
  late.spawn('never', () => {
    t.fail();
    return Promise.resolve();
  });
  await late.wait();
});

test('what hangs is named after the deadline', async (t) => {
  const group = new TaskGroup({ shutdownMs: 20 });
  const release = new AbortController();
  group.spawn('venue session', () => sleepMs(60_000, release.signal).catch(() => undefined));
  group.spawn('http', forever);
  await sleepMs(1);
  group.cancel();
  group.cancel();
  await t.throwsAsync(group.wait(), { message: 'venue session: did not stop within 20 ms' });
  release.abort();
});

test('two running tasks of one name are a programming error', async (t) => {
  const group = new TaskGroup();
  group.spawn('session', forever);
  t.throws(() => group.spawn('session', forever), { message: 'a task named "session" is running already' });
  await group.stop();
});
