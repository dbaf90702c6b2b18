import test from 'ava';
import { ask, bid, Scenario } from '../scenario.ts';
import { feature } from './ofi-depth.ts';

test('flow behind the best counts, as far as the fifth level', (t) => {
  t.true(new Scenario().set(bid(99, 500)).valueOf(feature) > 0);
  t.true(new Scenario().set(ask(103, 500)).valueOf(feature) < 0);
  t.true(new Scenario().set(ask(103, 0)).valueOf(feature) > 0);
  const five = [bid(98, 1), bid(97, 1), bid(96, 1)];
  const deep = new Scenario().snapshot(bid(100, 10), bid(99, 20), ...five, ask(102, 30), ask(103, 40));
  t.is(deep.set(bid(95, 100)).valueOf(feature), 0);
});
