import test from 'ava';
import { ask, bid, Scenario } from '../scenario.ts';
import { feature } from './return-slow.ts';

test('the mid against its recent mean, in volatility units', (t) => {
  t.is(new Scenario().valueOf(feature), 0);
  const up = new Scenario().wait(60).set(bid(101, 5));
  t.true(up.valueOf(feature) > 0);
  t.true(new Scenario().wait(60).set(ask(102, 0), ask(101, 1)).valueOf(feature) < 0);
  const now = up.valueOf(feature);
  const later = up.wait(10).tick().valueOf(feature);
  t.true(later < now && later > now * 0.2, `${later} ${now}`);
});

test('while a side is empty the last mid goes on', (t) => {
  const empty = new Scenario().wait(5).set(bid(101, 5)).wait(100).set(ask(102, 0), ask(103, 0));
  const value = empty.valueOf(feature);
  t.true(Number.isFinite(value) && Math.abs(value) < 0.05, `${value}`);
});
