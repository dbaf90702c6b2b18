import test from 'ava';
import { bid, Scenario } from '../scenario.ts';
import { feature } from './imbalance-weighted.ts';

test('a lot counts less the farther behind its best it rests', (t) => {
  const [b, a] = [10 + 20 / 2, 30 + 40 / 2];
  t.is(new Scenario().valueOf(feature), (b - a) / (b + a));
  const far = new Scenario().set(bid(90, 110));
  t.is(far.valueOf(feature), (b + 10 - a) / (b + 10 + a));
  t.is(new Scenario().snapshot().valueOf(feature), 0);
});
