import test from 'ava';
import { Random } from '../../random.ts';
import { Impact } from './impact.ts';

/** Learns for some hours from flow that moves the value by `ticksPerLot` half a minute later, and from noise. */
function learned(ticksPerLot: number): number {
  const random = Random.of(3, 'impact', ticksPerLot);
  const impact = new Impact(0, 100);
  let value = 1000;
  const flows: number[] = [];
  for (let step = 0; step < 4000; step++) {
    const arrived = flows[step - 6];
    value += random.gaussian() * 2 + (arrived === undefined ? 0 : (ticksPerLot * arrived) / 6);
    const flow = random.gaussian() * 300;
    flows.push(flow);
    impact.observe((step + 1) * 5_000_000, flow, value);
  }
  return impact.ticksPerLot;
}

test('impact is learned where flow tells of value', (t) => {
  const ticksPerLot = learned(0.06);
  t.true(ticksPerLot > 0.005 && ticksPerLot < 0.02, `${ticksPerLot}`);
});

test('impact stays near nothing where flow tells nothing', (t) => {
  t.true(learned(0) < 0.002);
});

test('nothing is assumed before anything is seen', (t) => {
  t.is(new Impact(0, 100).ticksPerLot, 0);
});
