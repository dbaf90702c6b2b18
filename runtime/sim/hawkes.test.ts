import test from 'ava';
import { Random } from '../random.ts';
import { Hawkes } from './hawkes.ts';

function arrivals(offspring: number, seconds: number): number[] {
  const random = Random.of(1, 'hawkes', offspring);
  const hawkes = new Hawkes(2, 5, 0);
  const times: number[] = [];
  for (let now = hawkes.next(0, random); now < seconds * 1e6; now = hawkes.next(now, random)) {
    times.push(now);
    hawkes.excite(now, offspring);
  }
  return times;
}

test('without offspring it is a Poisson process at the base rate', (t) => {
  const rate = arrivals(0, 5000).length / 5000;
  t.true(Math.abs(rate / 2 - 1) < 0.03, `${rate} a second`);
});

test('each arrival brings its offspring: the rate is base ÷ (1 − offspring), and arrivals cluster', (t) => {
  const times = arrivals(0.6, 5000);
  const rate = times.length / 5000;
  t.true(Math.abs(rate / 5 - 1) < 0.06, `${rate} a second`);
  const counts = new Float64Array(5000);
  for (const time of times) counts[Math.floor(time / 1e6)]++;
  const variance = counts.reduce((sum, count) => sum + (count - rate) ** 2, 0) / counts.length;
  t.true(variance / rate > 2, `variance is ${variance / rate} of a Poisson process’s`);
});

test('it continues exactly from its state', (t) => {
  const a = new Hawkes(2, 5, 0);
  a.excite(1_000_000, 0.7);
  const b = new Hawkes(2, 5, 0);
  b.restore(JSON.parse(JSON.stringify(a.state())));
  t.is(a.next(1_200_000, Random.of(1)), b.next(1_200_000, Random.of(1)));
});
