import test from 'ava';
import { ask, bid, Scenario } from '../scenario.ts';
import { feature } from './imbalance-best.ts';

test('lots at the best prices only', (t) => {
  t.is(new Scenario().valueOf(feature), (10 - 30) / 40);
  t.is(new Scenario().set(bid(99, 5000)).valueOf(feature), (10 - 30) / 40);
  t.is(new Scenario().set(ask(102, 0), ask(103, 0)).valueOf(feature), 1);
  t.is(new Scenario().snapshot().valueOf(feature), 0);
});
