import test from 'ava';
import { withBoundaries } from './boundaries.ts';

test('the boundary section is written between its markers and nothing else is touched', (t) => {
  const readme = 'before\n<!-- boundaries: written by `npm run render` -->\nstale\n<!-- /boundaries -->\nafter\n';
  const written = withBoundaries(readme);
  t.true(written.startsWith('before\n') && written.endsWith('\nafter\n'));
  t.true(written.includes('`--paper-mode`') && !written.includes('stale'));
  t.is(withBoundaries(written), written);
});

test('a README without markers is refused', (t) => {
  t.throws(() => withBoundaries('# EMP\n'), { message: /^README\.md: the boundary section's markers are missing/ });
});
