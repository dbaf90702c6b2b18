import test from 'ava';
import { deepBooksBytes } from './deep-books.ts';

const MOST_BYTES = 200e6;

test('a thousand books of a hundred levels and their features take under 200 MB', (t) => {
  const bytes = deepBooksBytes();
  t.true(bytes < MOST_BYTES, `${bytes} bytes`);
});
