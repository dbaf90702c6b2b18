import test from 'ava';
import { ask, bid, Scenario } from '../scenario.ts';
import { feature } from './spread.ts';

test('best ask − best bid, 0 when a side is empty', (t) => {
  t.is(new Scenario().valueOf(feature), 2);
  t.is(new Scenario().set(ask(102, 0), ask(103, 0)).valueOf(feature), 0);
  t.is(new Scenario().set(ask(102, 0), ask(103, 0), ask(9000, 1)).valueOf(feature), 256);
  t.is(new Scenario().set(bid(102, 1)).valueOf(feature), 0);
});
