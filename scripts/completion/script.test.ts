import { execFileSync } from 'node:child_process';
import test from 'ava';
import { completionScript, optionsIn } from './script.ts';

const HELP = `Usage: npm run gate -- [options]

holds a policy to the gates

Options:
  --state <dir>          state folder (default: "/tmp/.emp")
  --only <names...>      these gates and no others (choices: "edge")
  -o, --output <file>    where it goes
  --github <owner/name>  open it there
  --json                 JSON lines
  -h, --help             display help for command
`;

const table = new Map([
  ['gate', optionsIn(HELP)],
  ['promote', [{ name: '--policy', text: "the candidate's folder" }]],
]);

/** What bash offers for a line that ends in the word being typed. */
function offered(line: string): string[] {
  const words = line.split(' ');
  const script = `${completionScript('bash', table)}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})
COMP_CWORD=${words.length - 1}
_emp_npm
printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8' }).split('\n').filter(Boolean);
}

test('options are read from a help text: long ones, with and without values', (t) => {
  t.deepEqual(
    optionsIn(HELP).map(({ name }) => name),
    ['--state', '--only', '--output', '--github', '--json', '--help'],
  );
  t.is(optionsIn(HELP)[4]?.text, 'JSON lines');
});

test('in bash: commands after run, a command’s options after it, and no others', (t) => {
  t.deepEqual(offered('npm run pro'), ['promote']);
  t.deepEqual(offered('npm run '), ['gate', 'promote']);
  t.deepEqual(offered('npm run gate -- --o'), ['--only', '--output']);
  t.deepEqual(offered('npm run -s gate -- --j'), ['--json']);
  t.deepEqual(offered('npm run promote -- --j'), []);
  t.deepEqual(offered('npm run gate -- some'), []);
  t.deepEqual(offered('npm i'), []);
});

test('zsh reads the same function; fish gets a line an option, quoted', (t) => {
  t.regex(completionScript('zsh', table), /^autoload -U \+X bashcompinit && bashcompinit\n_emp_npm\(\) \{/);
  const fish = completionScript('fish', table);
  t.true(fish.includes("__fish_seen_subcommand_from promote' -l policy -d 'the candidate\\'s folder'"), fish);
});
