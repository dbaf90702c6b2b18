/**
 * A policy by one command: each kind of model keeps the gates that hold a model's files; killed or interrupted at any moment,
 * the same command comes to the same bytes; what a person can do wrong is named.
 *
 * Usage: node scripts/suites/train.ts [PART-OF-A-CASE'S-NAME]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { MODEL_KINDS, usualModel } from '../../policies/learning/usual-model.ts';
import { sleepMs } from '../../runtime/clock.ts';
import { fixture } from '../../runtime/fixtures.ts';
import { Random } from '../../runtime/random.ts';
import { hold, inFolder, Suite } from './suite.ts';

const START = path.join(import.meta.dirname, '..', 'start.mjs');
const SHORT = ['--steps', '300', '--folds', '1'];
/** Kills and interrupts before a run may end. */
const ENDS = 4;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function begin(args: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const child = spawn(process.execPath, [START, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      said[stream] += text;
    });
  }
  return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, ...said })) };
}

async function run(...args: string[]): Promise<Ended> {
  return begin(args).ended;
}

interface Told {
  readonly directory: string;
  readonly digest: string;
  readonly folds: readonly { readonly nats: number; readonly constantNats: number }[];
}

async function trained(out: string, more: readonly string[]): Promise<Told> {
  const { code, stdout, stderr } = await run('policy', 'train', '--out', out, '--name', 'suite', '--json', ...more);
  hold(code === 0, `ended with ${code}: ${stderr}`);
  hold(!existsSync(`${out}.training`), 'what a run keeps while it lasts is still there');
  const { policy, folds } = JSON.parse(stdout) as { policy: Omit<Told, 'folds'>; folds: Told['folds'] };
  return { ...policy, folds };
}

const suite = new Suite(process.argv[2]);

for (const kind of MODEL_KINDS) {
  await suite.check(`${kind}: trained by one command, it keeps the gates of a model's files`, () =>
    inFolder(async (folder) => {
      const out = path.join(folder, 'policy');
      const { folds } = await trained(out, ['--kind', kind, ...SHORT]);
      hold(folds.length === 1, `${folds.length} folds were told of`);
      // Not ssd-latency: it measures time, and this suite runs beside others. `model` has the machine to itself.
      const only = ['--only', 'ssd-consistency', 'causality'];
      const state = ['--state', path.join(folder, 'state')];
      const { code, stdout, stderr } = await run('gate', '--policy', out, ...only, ...state);
      hold(code === 0, `its gates ended with ${code}: ${stdout}${stderr}`);
    }),
  );
}

await suite.check(
  `killed with -9 and interrupted, ${ENDS} times, it comes to the bytes of a run that was left alone`,
  () =>
    inFolder(async (folder) => {
      const args = ['--steps', '500', '--folds', '2', '--kind', 'mamba3'];
      const { digest } = await trained(path.join(folder, 'alone'), args);
      const random = Random.of('train', 1);
      const out = path.join(folder, 'policy');
      let ended = 0;
      for (let i = 0; i < ENDS && !existsSync(path.join(out, 'policy.json')); i++) {
        const { child, ended: end } = begin(['policy', 'train', '--out', out, '--name', 'suite', ...args]);
        await sleepMs(1500 + random.integer(2000));
        const signal = i % 2 === 0 ? 'SIGKILL' : 'SIGINT';
        child.kill(signal);
        const { code, stderr } = await end;
        if (code === 0) break;
        ended++;
        if (signal === 'SIGINT') hold(stderr.includes('interrupted; the same command goes on'), `said ${stderr}`);
      }
      hold(ended >= 2, `only ${ended} runs were ended before they were done`);
      const again = existsSync(path.join(out, 'policy.json')) ? undefined : await trained(out, args);
      hold(again !== undefined, 'it was done before it was ended often enough');
      hold(again.digest === digest, `${again.digest} is not ${digest}`);
      hold(readdirSync(out).sort().join() === 'loss.svg,policy.json,sequence.onnx,step.onnx', readdirSync(out).join());
    }),
);

const wrong: readonly (readonly [name: string, args: readonly string[], says: RegExp])[] = [
  ['a log that is not there', ['--market', '/nowhere/log.zst'], /\/nowhere\/log\.zst.*cannot be read/],
  ['a kind that is not there', ['--kind', 'gru'], /Allowed choices are ssd, mamba3, lstm, mlp/],
  ['a rate of zero', ['--learning-rate', '0'], /a number above 0 and at most 1 is allowed/],
  ['half a fold', ['--folds', '0.5'], /a whole number from 0 is allowed/],
  ['no step', ['--steps', '0'], /a whole number from 1 is allowed/],
  ['an environment that is not there', ['--environment', 'nowhere'], /environments\/nowhere/],
  ['a model that is none', ['--model', 'FOLDER/model.json'], /model\.json: .*(heads|kind)/],
  ['a kind beside a model', ['--kind', 'lstm', '--model', 'FOLDER/model.json'], /--kind.*cannot be used with.*--model/],
  ['a chunk that no window is a multiple of', ['--model', 'FOLDER/chunk.json'], /chunk/],
  ['a planner that is none', ['--planner', 'FOLDER/model.json'], /model\.json: /],
  ['more folds than the market has room for', ['--folds', '200'], /simulated: .*fewer folds/],
];
for (const [name, args, says] of wrong) {
  await suite.check(`${name} is refused by name, and nothing is left`, () =>
    inFolder(async (folder) => {
      writeFileSync(path.join(folder, 'model.json'), '{"kind":"ssd","features":3}');
      writeFileSync(path.join(folder, 'chunk.json'), JSON.stringify({ ...usualModel('ssd', 15), chunk: 48 }));
      const out = path.join(folder, 'policy');
      const given = args.map((arg) => arg.replace('FOLDER', folder));
      const { code, stderr } = await run('policy', 'train', '--out', out, ...given);
      hold(code === 2, `ended with ${code}: ${stderr}`);
      hold(says.test(stderr), `said ${stderr}`);
      hold(!/^\s+at /m.test(stderr), `shows a stack trace: ${stderr}`);
      hold(!existsSync(out) && !existsSync(`${out}.training`), 'a folder is there');
    }),
  );
}

const recorded = ['message', 'orderbook'].map((kind) =>
  fixture(`data/lob/lobster/AMZN_2012-06-21_34200000_57600000_${kind}_5.csv.gz`),
);
const recordedCase = 'forward through two hours of AMZN, and the policy of it keeps the gates of its files';
if (recorded.includes(undefined)) suite.skip(recordedCase, 'no LOBSTER files here (EMP_FIXTURES names the folder)');
else {
  await suite.check(recordedCase, () =>
    inFolder(async (folder) => {
      const log = path.join(folder, 'amzn.zst');
      const files = recorded.filter((file) => file !== undefined);
      const imported = await run('import', 'lobster', ...files, '-o', log, '--from', '34200', '--to', '41400');
      hold(imported.code === 0, `its import ended with ${imported.code}: ${imported.stderr}`);
      const out = path.join(folder, 'policy');
      const { folds } = await trained(out, ['--market', log, '--folds', '4']);
      hold(folds.length === 4 && folds.every(({ nats }) => Number.isFinite(nats)), JSON.stringify(folds));
      const only = ['--only', 'ssd-consistency', 'causality', '--market', log];
      const { code, stdout, stderr } = await run(
        'gate',
        '--policy',
        out,
        ...only,
        '--state',
        path.join(folder, 'state'),
      );
      hold(code === 0, `its gates ended with ${code}: ${stdout}${stderr}`);
    }),
  );
}

process.exit(suite.end());
