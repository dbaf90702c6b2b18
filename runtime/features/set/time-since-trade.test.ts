import test from 'ava';
import { ask, bid, Scenario } from '../scenario.ts';
import { feature } from './time-since-trade.ts';

test('seconds since the latest trade, a minute at most and at first', (t) => {
  t.is(new Scenario().valueOf(feature), 60);
  t.is(new Scenario().bought(1).valueOf(feature), 0);
  t.is(new Scenario().bought(1).wait(2.5).set(bid(100, 1), ask(102, 1)).valueOf(feature), 2.5);
  t.is(new Scenario().sold(1).wait(500).tick().valueOf(feature), 60);
});
