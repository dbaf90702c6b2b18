/**
 * `npm run truth` as CI runs it: the documents of this checkout are true; each way to lie in them, planted in a copy, is found.
 *
 * Usage: node scripts/suites/truth.ts [PART-OF-A-CASE'S-NAME]
 */
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { documentsIn } from '../../gates/documents/truth.ts';
import { hold, inFolder, Suite } from './suite.ts';

const root = path.resolve(import.meta.dirname, '../..');
const suite = new Suite(process.argv[2]);

function truth(...args: string[]): { readonly code: number | null; readonly out: string } {
  const command = [path.join(root, 'scripts/start.mjs'), 'truth', ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8' });
  return { code: status, out: `${stdout}${stderr}` };
}

await suite.check('the documents of this checkout are true, and the commands they rest on run', () => {
  const { code, out } = truth();
  hold(code === 0, out);
});

/** Each changes one document of a copy; what must be said of it. */
const plants: readonly (readonly [string, string, (text: string) => string, RegExp])[] = [
  [
    'a new claim without evidence',
    'runtime/book/README.md',
    (text) => text.replace(/^- /m, '- It predicts the future.\n- '),
    /It predicts the future/,
  ],
  [
    'a feature that does not exist',
    'runtime/book/README.md',
    (text) => text.replace('proof: test runtime/book/', 'proof: test runtime/crystal-ball/'),
    /rests on a file that does not exist \(runtime\/crystal-ball/,
  ],
  [
    'a figure ten times too good',
    'scripts/bench/README.md',
    (text) => timesTen(text),
    /tells another figure than scripts\/bench\/results\.json/,
  ],
  [
    'a renamed flag',
    'README.md',
    (text) => text.replaceAll('`--stall-ms N`', '`--stall-millis N`'),
    /names a flag that no command has \(--stall-millis\)/,
  ],
  [
    'a metric that was removed',
    'README.md',
    (text) => text.replace('`emp_fills_total`', ''),
    /README\.md, metrics: does not tell of/,
  ],
  [
    'a boundary that the runtime does not have',
    'README.md',
    (text) => text.replace('| modes | `paper`', '| modes | `turbo` `paper`'),
    /tells of what the runtime does not have \(turbo\)/,
  ],
  [
    'a command that fails',
    'scripts/README.md',
    (text) => text.replace(/^- (.*)$/m, '- $1 <!-- proof: run npm run -s truth -- --no-such-flag -->'),
    /rests on a command that fails/,
  ],
  [
    'a command that does not exist',
    'README.md',
    (text) => text.replace('`npm run digest`', '`npm run divine`'),
    /names a command that does not exist \(divine\)/,
  ],
];

for (const [what, file, change, said] of plants) {
  await suite.check(`planted: ${what}`, () =>
    inFolder((folder) => {
      for (const document of documentsIn(root)) cpSync(path.join(root, document), path.join(folder, document));
      const text = readFileSync(path.join(root, file), 'utf8');
      const planted = change(text);
      hold(planted !== text, 'the plant changes nothing');
      writeFileSync(path.join(folder, file), planted);
      const { code, out } = truth('--documents', folder, ...(what === 'a command that fails' ? [] : ['--no-commands']));
      hold(code === 1, `exit code ${code}: ${out}`);
      hold(said.test(out), `it does not say ${said}: ${out}`);
      return Promise.resolve();
    }),
  );
}
process.exit(suite.end());

/** The first figure that is bound to a file of figures, ten times as large. */
function timesTen(text: string): string {
  return text.replace(/(\d[\d,.]*)(?=[^\d\n]*<!-- proof: figure)/, (number) =>
    String(Number(number.replaceAll(',', '')) * 10),
  );
}
