import test from 'ava';
import fc from 'fast-check';
import { parse } from 'yaml';
import { toYaml } from './yaml.ts';

test('YAML 1.1 booleans and other traps are quoted', (t) => {
  const traps = [
    'n',
    'Y',
    'on',
    'Off',
    'yes',
    'null',
    '~',
    '1e3',
    '0x1f',
    '0o17',
    '1_000',
    '012',
    '1:30',
    '2026-01-01',
    '',
  ];
  for (const trap of traps) {
    t.is(parse(toYaml({ key: trap }), { version: '1.2' }).key, trap);
    t.is(parse(toYaml({ key: trap }), { version: '1.1' }).key, trap);
  }
});

test('any text survives both YAML versions', (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-+.0-9a-fx_:eE]{1,6}$/)), (text) => {
      for (const version of ['1.1', '1.2'] as const) t.is(parse(toYaml({ key: text }), { version }).key, text);
    }),
    { numRuns: 500 },
  );
  t.pass();
});
