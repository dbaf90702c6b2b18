/** Suite fix-acceptance: QuickFIX's own server scripts for FIX 4.2, 4.4 and 5.0 SP2 against our acceptor. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fixture } from '../../runtime/fixtures.ts';
import { playFolder } from '../fix-acceptance.ts';
import { hold, inFolder, Suite } from './suite.ts';

/** Scripts of each version, and how many of them have their reason on record instead of a pass. */
const FOLDERS = [
  ['fix42', 58, 1],
  ['fix44', 59, 1],
  ['fix50sp2', 60, 1],
] as const;

const suite = new Suite(process.argv[2]);
const archive = fixture('data/fix/acceptance/quickfix_server_defs_fix42_fix44_fix50sp2.tar.gz');
if (archive === undefined) suite.skip('acceptance scripts', 'they are not here (EMP_FIXTURES)');
else {
  await inFolder(async (folder) => {
    execFileSync('tar', ['xzf', archive, '-C', folder]);
    for (const [name, scripts, explained] of FOLDERS) {
      await suite.check(`${name}: ${scripts} scripts`, () => {
        const results = playFolder(path.join(folder, 'test/definitions/server', name));
        const failed = results.filter(({ passed }) => !passed);
        console.log(`        ${results.length - failed.length} passed, ${failed.length} with a reason on record`);
        const unexplained = failed.filter(({ reason }) => reason === undefined);
        const words = unexplained.map(
          ({ script, disagreement }) => `${path.basename(script)}:${disagreement?.line}: ${disagreement?.because}`,
        );
        hold(results.length === scripts, `${results.length} scripts were found`);
        hold(unexplained.length === 0, words.join('\n'));
        hold(failed.length === explained, `${failed.length} did not pass, ${explained} are expected`);
      });
    }
    const [script, begin] = ['2m_BodyLengthValueNotCorrect.def', '\x0135=A\x0134=1\x0149=ISLD\x01'];
    await suite.check('a reason on record excuses its own disagreement and no other', () => {
      const text = readFileSync(path.join(folder, 'test/definitions/server/fix44', script), 'latin1');
      hold(text.includes(begin), 'the script has no Logon to alter');
      const altered = path.join(folder, 'altered');
      mkdirSync(altered);
      writeFileSync(path.join(altered, script), text.replace(begin, begin.replace('34=1', '34=2')), 'latin1');
      const [result] = playFolder(altered);
      hold(result?.disagreement?.because === 'field 34 is 1, expected 2', JSON.stringify(result));
      hold(result?.reason === undefined, `excused: ${result?.reason}`);
    });
  });
}
process.exitCode = suite.end();
