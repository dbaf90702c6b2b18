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

test('any value survives both YAML versions', (t) => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.stringMatching(/^[-+.0-9a-fx_:eE]{1,6}$/),
    fc
      .array(fc.constantFrom('', ' ', 'a: b', '- c', '# d', "'e'", '\t', '  f ', '\u2028'), { maxLength: 5 })
      .map((lines) => lines.join('\n')),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      text,
      fc.constantFrom(null, true, 0, -1.5, 5_000_000, 1e21),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(text, tie('tree'), { maxKeys: 3 }),
    ),
  }));
  fc.assert(
    fc.property(tree, (value) => {
      for (const version of ['1.1', '1.2'] as const)
        t.deepEqual(parse(toYaml({ value }), { version }), structuredClone({ value }));
    }),
    { numRuns: 300 },
  );
});
