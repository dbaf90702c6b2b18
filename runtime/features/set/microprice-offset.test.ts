import test from 'ava';
import { ask, bid, Scenario } from '../scenario.ts';
import { feature } from './microprice-offset.ts';

test('half the spread times the imbalance', (t) => {
  t.is(new Scenario().valueOf(feature), -0.5);
  t.is(new Scenario().set(bid(100, 90)).valueOf(feature), 0.5);
  t.is(new Scenario().set(ask(102, 0), ask(103, 0)).valueOf(feature), 0);
});
