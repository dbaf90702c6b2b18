import test from 'ava';
import { realRun } from './real-run.ts';
import { runtimeSnapshot } from './snapshot-schema.ts';
import { viewEvent } from './view.ts';

test('a real runtime’s snapshots are understood, from the first to the flat last', (t) => {
  const { events, fills, totalMicroUsd } = realRun(7, 60);
  t.true(events.length > 150);
  for (const event of events) {
    const { error } = viewEvent.safeParse(event);
    if (error) t.fail(error.message);
  }
  const last = events.at(-1) as Extract<(typeof events)[number], { kind: 'runtime' }>;
  t.log(`${fills} fills, ${totalMicroUsd} micro-USD, ${last.snapshot.forecasts.length} pairs`);
  t.true(fills > 0);
  t.is(last.snapshot.fillCount, fills);
  t.is(last.snapshot.pnl.total, totalMicroUsd);
  t.true(last.snapshot.forecasts.length > 100);
  t.deepEqual(
    Object.keys(runtimeSnapshot.parse(last.snapshot)).sort(),
    Object.keys(last.snapshot).sort(),
    'nothing that is sent goes unnoticed',
  );
});
