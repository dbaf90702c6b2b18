import test from 'ava';
import { limits as limitsSchema } from '../runtime/contract.ts';
import { type Declaration, environment, environments } from './environments.ts';

const [local, paper, live] = environments;

const sound: Declaration = {
  name: 'staging',
  purpose: 'a test',
  mode: 'paper',
  config: { instruments: [...local.config.instruments] },
  limits: Object.fromEntries(
    Object.entries(local.limits).map(([key, value]) => [key, [value, 'a test']]),
  ) as unknown as Declaration['limits'],
};

test('local, paper and live are declared, in this order', (t) => {
  t.deepEqual(
    environments.map(({ name, mode }) => [name, mode]),
    [
      ['local', 'paper'],
      ['paper', 'paper'],
      ['live', 'live'],
    ],
  );
});

test('a sound declaration gets the contract’s defaults', (t) => {
  t.is(environment(sound).config.decisionIntervalUs, 250_000);
});

test('no live limit is looser than paper’s', (t) => {
  for (const key of Object.keys(limitsSchema.shape) as (keyof typeof live.limits)[]) {
    t.true(live.limits[key] <= paper.limits[key], key);
  }
});

test('every limit of every environment has a reason', (t) => {
  for (const { name, limitReasons } of environments) {
    for (const key of Object.keys(limitsSchema.shape) as (keyof typeof limitReasons)[]) {
      t.true(limitReasons[key].length > 10, `${name}: ${key}`);
    }
  }
});

test('nothing live is armed, and no venue of it can be reached before it is named', (t) => {
  t.false(live.config.armed);
  t.regex(live.config.venue.host, /\.invalid$/);
  t.true(live.config.venue.declaredLive);
});

test('limits agree with each other', (t) => {
  for (const { name, limits } of environments) {
    t.true(limits.maxOrderQuantityLots <= limits.maxPositionLots, name);
    t.true(limits.maxOrderNotionalUsd <= limits.maxGrossNotionalUsd, name);
    t.true(limits.maxDrawdownUsd <= limits.maxDailyLossUsd, name);
  }
});

test('a wrong limit is refused with file, key, actual and allowed', (t) => {
  const limits = { ...sound.limits, maxOpenOrders: [0, 'too small'] as const };
  t.throws(() => environment({ ...sound, limits }), {
    message: 'environments/staging/limits.yaml: maxOpenOrders is too small (0), more than 0 is allowed',
  });
});

test('an unknown key of the configuration is refused by name', (t) => {
  const config = { ...sound.config, venue: { prot: 1 } } as unknown as Declaration['config'];
  t.throws(() => environment({ ...sound, config }), {
    message: 'environments/staging/config.yaml: venue has the unknown key prot',
  });
});

test('a wrong value deep in a list is named with its path', (t) => {
  const config = { instruments: [{ ...local.config.instruments[0], tickSize: '0,01' }] };
  t.throws(() => environment({ ...sound, config }), {
    message:
      'environments/staging/config.yaml: instruments.0.tickSize is not allowed ("0,01"): ' +
      'must be a decimal number in quotes, such as "0.01"',
  });
});

test('a paper environment cannot declare a live venue', (t) => {
  const config = { ...sound.config, venue: { declaredLive: true } };
  t.throws(() => environment({ ...sound, config }), {
    message: 'environments/staging/config.yaml: venue.declaredLive is true, only false is allowed in paper mode',
  });
});
