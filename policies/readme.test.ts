/** The code that READMEs show, run as it stands by someone who pastes it into a file beside them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';

for (const [folder, expected] of [
  ['graph', ['tanh.onnx']],
  ['model', ['sequence.onnx', 'step.onnx']],
] as const) {
  test(`${folder}: the README's code runs`, (t) => {
    const own = path.join(import.meta.dirname, folder);
    const [, code = ''] = /```ts\n(.*?)```/s.exec(readFileSync(path.join(own, 'README.md'), 'utf8')) ?? [];
    const [, lines = ''] = code.split('\n\n');
    t.true(lines.trim().split('\n').length <= 10, 'ten lines and what they import');
    const place = mkdtempSync(path.join(tmpdir(), 'emp-readme-'));
    t.teardown(() => rmSync(place, { recursive: true }));
    const pasted = code.replaceAll(/from '(\.[^']+)'/g, (_, file) => `from ${JSON.stringify(path.join(own, file))}`);
    writeFileSync(path.join(place, 'pasted.ts'), pasted);
    execFileSync(process.execPath, ['pasted.ts'], { cwd: place });
    t.deepEqual(
      readdirSync(place).filter((name) => name.endsWith('.onnx')),
      [...expected],
    );
  });
}
