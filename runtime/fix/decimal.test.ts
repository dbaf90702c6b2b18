import test from 'ava';
import fc from 'fast-check';
import { type DecimalProblem, DecimalScale, isDecimal } from './decimal.ts';
import { wire } from './testing.ts';

const reads = test.macro({
  exec(t, increment: string, text: string, units: number) {
    t.is(new DecimalScale(increment).parseText(text), units);
  },
  title: (_, increment, text) => `in ${increment} reads "${text}"`,
});
test(reads, '0.01', '12.34', 1234);
test(reads, '0.01', '00012.3', 1230);
test(reads, '0.01', '12.3400', 1234);
test(reads, '0.01', '12', 1200);
test(reads, '0.01', '12.', 1200);
test(reads, '0.01', '.5', 50);
test(reads, '0.01', '-0.07', -7);
test(reads, '0.01', '-0.00', 0);
test(reads, '0.5', '7.5', 15);
test(reads, '25', '1025', 41);
test(reads, '0.25', '-1.75', -7);
test(reads, '0.00001', '1.00001', 100_001);
test(reads, '1', '9007199254740991', Number.MAX_SAFE_INTEGER);

const refuses = test.macro({
  exec(t, increment: string, text: string, problem: DecimalProblem) {
    const scale = new DecimalScale(increment);
    t.is(scale.parseText(text), Number.NaN);
    t.is(scale.problem, problem);
  },
  title: (_, increment, text) => `in ${increment} refuses "${text}"`,
});
for (const text of ['', '-', '.', '-.', '+1', '1e5', '1.2.3', 'NaN', 'Inf', ' 1', '1 ', '1,5', '--1', '0x1', '١']) {
  test(refuses, '0.01', text, 'MALFORMED');
}
test(refuses, '1', '9007199254740992', 'MALFORMED');
test(refuses, '0.01', '12345678901234567890', 'MALFORMED');
test(refuses, '0.01', '000000000000000000001', 'MALFORMED');
test(refuses, '0.01', '12.345', 'OFF_INCREMENT');
test(refuses, '0.5', '7.4', 'OFF_INCREMENT');
test(refuses, '25', '1030', 'OFF_INCREMENT');
test(refuses, '25', '1025.5', 'OFF_INCREMENT');

test('an increment that is not a positive decimal is refused with its text', (t) => {
  for (const increment of ['0', '0.00', '-1', '1e-2', '', '1.', 'x']) {
    const error = t.throws(() => new DecimalScale(increment), { instanceOf: RangeError });
    t.true(error.message.includes(`"${increment}"`));
  }
});

test('what is written reads back, in place and as text', (t) => {
  const increments = ['1', '0.01', '0.5', '0.25', '0.00001', '25', '100', '0.000000001'];
  fc.assert(
    fc.property(fc.constantFrom(...increments), fc.integer({ min: -(2 ** 31), max: 2 ** 31 }), (increment, units) => {
      const scale = new DecimalScale(increment);
      const text = scale.format(units);
      t.is(scale.parseText(text), units);
      const out = new Uint8Array(40);
      const end = scale.write(units, out, 3);
      t.is(scale.parse(out, 3, end), units);
      t.true(isDecimal(out, 3, end));
    }),
    { numRuns: 2000 },
  );
});

test('the sign, the point and every digit are where a person would write them', (t) => {
  t.is(new DecimalScale('0.01').format(-7), '-0.07');
  t.is(new DecimalScale('0.5').format(15), '7.5');
  t.is(new DecimalScale('25').format(-3), '-75');
  t.throws(() => new DecimalScale('0.01').format(0.5), { message: /is not exact/ });
});

test('arbitrary bytes are never read as a number that a stricter grammar refuses', (t) => {
  const scale = new DecimalScale('0.01');
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'0123456789.-+eE N'), maxLength: 12 }), (text) => {
      const bytes = wire(text);
      const units = scale.parse(bytes, 0, bytes.length);
      const sound = /^-?(\d+\.?\d*|\.\d+)$/.test(text);
      t.is(!Number.isNaN(units) || scale.problem === 'OFF_INCREMENT', sound, text);
      t.is(isDecimal(bytes, 0, bytes.length), sound, text);
      if (!Number.isNaN(units)) t.true(Math.abs(units / 100 - Number(text)) < 1e-6);
    }),
    { numRuns: 3000 },
  );
});
