import test from 'ava';
import { ask, bid, Scenario } from '../scenario.ts';
import { feature } from './volatility-slow.ts';

test('a mid that moves a tick a second has a volatility of one tick', (t) => {
  t.is(new Scenario().valueOf(feature), 1, 'the prior');
  const market = new Scenario();
  for (let i = 0; i < 600; i++) {
    const up = i % 2 === 0;
    market.wait(1).set(bid(102, up ? 1 : 0), bid(100, up ? 0 : 1));
  }
  const value = market.valueOf(feature);
  t.true(Math.abs(value - 1) < 0.05, `${value}`);
});

test('it falls when nothing moves, and never below nought', (t) => {
  const quiet = new Scenario();
  for (let i = 0; i < 900; i++) quiet.wait(1).set(ask(103, 1 + (i % 2)));
  const value = quiet.valueOf(feature);
  t.true(value >= 0 && value < 0.3, `${value}`);
});
