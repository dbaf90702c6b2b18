import test from 'ava';
import { Forecast } from '../inference/forecast.ts';
import { RealisedForecasts } from './realised.ts';

test('a forecast meets what happened after exactly its horizon, in the units of its own moment', (t) => {
  const realised = new RealisedForecasts(2, [1, 3], 100);
  const forecast = new Forecast(2);
  const mids = [100, 104, 102, 110, 90];
  for (const [i, mid] of mids.entries()) {
    forecast.mean.set([i, 10 * i]);
    realised.onForecast(0, forecast, mid, (horizon) => (horizon === 0 ? 1 : 2));
    realised.onForecast(1, forecast, 50, () => 1);
  }
  const pairs = realised.pairs
    .filter(({ symbolId }) => symbolId === 0)
    .map(({ horizon, mean, realised: what }) => [horizon, mean, what]);
  t.deepEqual(pairs, [
    [0, 0, 2],
    [0, 1, -1],
    [0, 2, 4],
    [1, 0, 2.5],
    [0, 3, -10],
    [1, 10, -3.5],
  ]);
  t.true(realised.pairs.filter(({ symbolId }) => symbolId === 1).every((pair) => pair.realised === 0));
});

test('keeps the latest only', (t) => {
  const realised = new RealisedForecasts(1, [1], 3);
  const forecast = new Forecast(1);
  for (let i = 0; i < 10; i++) {
    forecast.mean[0] = i;
    realised.onForecast(0, forecast, i, () => 1);
  }
  t.deepEqual(
    realised.pairs.map(({ mean }) => mean),
    [6, 7, 8],
  );
});
