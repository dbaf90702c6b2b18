import test from 'ava';
import { heapBytesPerMessage } from './heap-growth.ts';

test('a message of ten entries leaves nothing on the heap', (t) => {
  const bytes = heapBytesPerMessage();
  // A hundred kilobytes are the reads' and the compiler's own; one number a message would be twelve million.
  t.true(bytes < 0.5, `${bytes} bytes a message`);
});
