import test from 'ava';
import { ask, bid, Scenario } from '../scenario.ts';
import { feature } from './trade-flow-slow.ts';

test('bought is positive, sold negative, against the usual volume', (t) => {
  t.is(new Scenario().valueOf(feature), 0);
  t.true(Math.abs(new Scenario().bought(7).valueOf(feature) - 1) < 0.05);
  t.true(Math.abs(new Scenario().sold(7).valueOf(feature) + 1) < 0.05);
  t.is(new Scenario().bought(7).sold(7).valueOf(feature), 0);
  t.is(new Scenario().set(bid(100, 0), ask(102, 1)).valueOf(feature), 0, 'no trade, no flow');
});

test('it fades over its window', (t) => {
  const market = new Scenario();
  for (let i = 0; i < 1000; i++) market.wait(1).bought(5).wait(1).sold(4);
  const now = market.valueOf(feature);
  const later = market.wait(20).tick().valueOf(feature);
  // What is usual fades too, over five minutes.
  t.true(Math.abs(later / now - Math.exp(-1 + 20 / 300)) < 0.01, `${later / now}`);
});
