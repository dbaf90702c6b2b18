import test from 'ava';
import { ask, bid, Scenario } from '../scenario.ts';
import { feature } from './ofi-slow.ts';

test('bids added and asks taken are positive, the reverse negative, and both fade', (t) => {
  t.is(new Scenario().valueOf(feature), 0, 'a snapshot is no flow');
  t.true(new Scenario().set(bid(100, 15)).valueOf(feature) > 0);
  t.true(new Scenario().set(bid(101, 5)).valueOf(feature) > 0);
  t.true(new Scenario().set(ask(102, 10)).valueOf(feature) > 0);
  t.true(new Scenario().set(ask(102, 0)).valueOf(feature) > 0);
  t.true(new Scenario().set(bid(100, 5)).valueOf(feature) < 0);
  t.true(new Scenario().set(ask(101, 5)).valueOf(feature) < 0);
  const market = new Scenario();
  for (let i = 0; i < 2000; i++) market.wait(1).set(bid(100, 10 + 5 * (i % 2)));
  const now = market.valueOf(feature);
  const later = market.wait(20).tick().valueOf(feature);
  // What is usual fades too, over five minutes.
  t.true(Math.abs(later / now - Math.exp(-1 + 20 / 300)) < 0.01, `${later / now}`);
});

test('depth behind the best does not count, nor does what a later snapshot replaces', (t) => {
  t.is(new Scenario().set(bid(99, 500)).valueOf(feature), 0);
  t.is(new Scenario().snapshot(bid(100, 999), ask(102, 1)).valueOf(feature), 0);
});

test('the same flow in lots a thousand times as large is the same value', (t) => {
  const small = new Scenario().snapshot(bid(100, 10), ask(102, 10)).wait(1).set(bid(100, 13)).wait(1).set(ask(102, 12));
  const large = new Scenario()
    .snapshot(bid(100, 1e4), ask(102, 1e4))
    .wait(1)
    .set(bid(100, 1.3e4))
    .wait(1)
    .set(ask(102, 1.2e4));
  t.true(Math.abs(small.valueOf(feature) - large.valueOf(feature)) < 1e-12);
});
