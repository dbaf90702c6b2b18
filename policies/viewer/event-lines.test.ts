import test from 'ava';
import fc from 'fast-check';
import { readEvents, type ServerSentEvent } from './event-lines.ts';

async function read(text: string, cuts: readonly number[] = []): Promise<ServerSentEvent[]> {
  const bytes = new TextEncoder().encode(text);
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  const chunks = at.slice(1).map((end, i) => bytes.slice(at[i], end));
  return await Array.fromAsync(readEvents(ReadableStream.from(chunks)));
}

test('names, several lines, comments and unfinished events', async (t) => {
  const text =
    ': hello\nretry: 5\nevent: state\ndata: {"a":\ndata:1}\n\n\ndata: b\r\n\r\nevent: lost\n\ndata: cut off\n';
  t.deepEqual(await read(text), [
    { name: 'state', data: '{"a":\n1}' },
    { name: 'message', data: 'b' },
  ]);
});

test('however the bytes are cut, the events are the same', async (t) => {
  const line = fc.string({ unit: 'binary' }).map((text) => text.replace(/[\r\n]/g, ''));
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 5 }), fc.array(fc.nat(), { maxLength: 8 }), async (lines, cuts) => {
      for (const end of ['\n', '\r\n']) {
        const text = lines.map((data) => `data: ${data}${end}${end}`).join('');
        t.deepEqual(
          await read(text, cuts),
          lines.map((data) => ({ name: 'message', data })),
        );
      }
    }),
    { numRuns: 60 },
  );
});

test('a line without end is refused', async (t) => {
  await t.throwsAsync(read(`data: ${'x'.repeat(9 << 20)}`), { message: 'a line is longer than 8388608 characters' });
});
