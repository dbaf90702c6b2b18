import test from 'ava';
import { ask, bid, Scenario } from '../scenario.ts';
import { feature } from './trade-intensity.ts';

test('1 when trades come as usual, 0 in silence, more in a burst', (t) => {
  const steady = new Scenario();
  for (let i = 0; i < 600; i++) steady.wait(1).bought(1 + (i % 3));
  const usual = steady.valueOf(feature);
  t.true(Math.abs(usual - 1) < 0.15, `${usual}`);
  t.is(new Scenario().set(bid(100, 0), ask(102, 1)).valueOf(feature), 0);
  for (let i = 0; i < 30; i++) steady.wait(0.1).sold(1);
  t.true(steady.valueOf(feature) > 3);
  t.true(steady.wait(60).tick().valueOf(feature) < 0.01);
});
