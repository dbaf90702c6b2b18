/**
 * What a person can do wrong, or a disk: each ends at once with an exit code and a message that names subject and
 * problem, and the state is what it was.
 *
 * Usage: node scripts/suites/bad-input.ts [PART-OF-A-CASE'S-NAME]; EMP_SUITE_STATE names a state folder to start from.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, cpSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { signingKey } from '../../gates/keys.ts';
import { environment } from '../../gates/testing.ts';
import { sha256Of } from '../../runtime/evidence/digest.ts';
import { loadTrust } from '../../runtime/evidence/trust.ts';
import { writeTrust } from '../environment/trust.ts';
import { alterByte, filesUnder, pushChange } from './damage.ts';
import { recordingOf, writeLog } from './recorded-log.ts';
import { difference, stateDigest } from './state-digest.ts';
import { hold, inFolder, Suite } from './suite.ts';
import { prepareState, UpProcess } from './up-process.ts';

/** How one case must end. */
interface Refusal {
  readonly code: 2 | 3;
  /** Each must stand in the message. */
  readonly says: readonly (string | RegExp)[];
  /** A file that may have been opened and closed in order before it came to that. */
  readonly touches?: string;
}

/** Bytes left on a disk: enough to begin to trade, too few for ten minutes of journal. */
const ROOM = 3_000_000;

const UP_ONCE: readonly string[] = ['up', '--once'];

const STACK = /^\s+at .*[(:]\d+:\d+\)?$/m;

async function refused(args: readonly string[], { code, says }: Refusal, seconds = 30): Promise<void> {
  const up = new UpProcess(args);
  const ended = await up.end(seconds);
  const text = up.stderr.trim();
  hold(ended.code === code, `exit code ${ended.code ?? ended.signal}, ${code} is wanted: ${text}`);
  hold(text !== '', 'says nothing on standard error');
  hold(!STACK.test(text), `shows a stack trace: ${text}`);
  for (const words of says) {
    hold(typeof words === 'string' ? text.includes(words) : words.test(text), `does not say ${words}: ${text}`);
  }
  console.log(`        ${text.split('\n').slice(0, 3).join('\n        ')}`);
}

const suite = new Suite(process.argv[2]);
await inFolder(async (folder) => {
  const at = (...names: string[]) => path.join(folder, ...names);
  const prepared = at('prepared');
  await prepareState(prepared);

  /** A command on a copy of the prepared state after `damage`; what is there afterwards must be what the damage left. */
  const onDamaged = (
    name: string,
    damage: (state: string) => void,
    refusal: Refusal,
    command: readonly string[] = UP_ONCE,
  ): Promise<void> =>
    suite.check(name, async () => {
      const state = at('state');
      rmSync(state, { recursive: true, force: true });
      cpSync(prepared, state, { recursive: true });
      damage(state);
      const before = stateDigest(state);
      await refused([...command, '--json', '--state', state], refusal, 60);
      const changed = difference(before, stateDigest(state), refusal.touches);
      hold(changed === undefined, `the state is not what it was: ${changed}`);
    });

  /** A command that is refused before there is any state. */
  const onNothing = (name: string, args: readonly string[], refusal: Refusal): Promise<void> =>
    suite.check(name, () => refused(args, refusal));

  const none = at('none');
  await onNothing('unknown flag', ['up', '--sede', '7'], { code: 2, says: ['--sede', '--seed'] });
  await onNothing('a flag of the wrong kind', ['up', '--seed', 'x'], {
    code: 2,
    says: ['--seed', "'x'", 'whole number'],
  });
  await onNothing('an argument too many', ['up', 'now'], { code: 2, says: ['argument'] });
  await onNothing('unknown script', ['upp'], { code: 2, says: ['upp', 'allowed are', 'up'] });

  writeLog(at('sound.zst'), environment.config.instruments, recordingOf(environment.config.instruments, 5, 60));
  const sound = readFileSync(at('sound.zst'));
  const metadata = readFileSync(`${at('sound.zst')}.json`, 'utf8');
  const log = (name: string, bytes: Uint8Array | undefined, beside: string | undefined): string => {
    if (bytes !== undefined) writeFileSync(at(name), bytes);
    if (beside !== undefined) writeFileSync(`${at(name)}.json`, beside);
    return at(name);
  };
  const onLog = (name: string, file: string, says: Refusal['says']): Promise<void> =>
    onNothing(name, ['up', '--once', '--state', none, '--log', file], { code: 2, says: [file, ...says] });
  await onLog('a log that is not there', at('absent.zst'), ['does not exist']);
  await onLog('a folder as log', folder, []);
  await onLog('a log without its metadata', log('alone.zst', sound, undefined), ['metadata']);
  await onLog('a text as log', log('text.zst', Buffer.from('8=FIX.4.4, said the file'), metadata), ['zstd']);
  await onLog('an empty log', log('empty.zst', new Uint8Array(), metadata), ['empty']);
  await onLog('a truncated log', log('short.zst', sound.subarray(0, sound.length / 2), metadata), [
    'truncated',
    'bytes',
  ]);
  const flipped = Buffer.from(sound);
  flipped[100] = (flipped[100] as number) ^ 1;
  await onLog('a log with a changed bit', log('flipped.zst', flipped, metadata), ['digest', 'sha256:']);
  await onLog('a log with metadata of another kind', log('other.zst', sound, '{"schema":"x"}'), ['metadata']);
  await onLog('a log that is too short', at('sound.zst'), ['too short']);

  const file = at('file');
  writeFileSync(file, '');
  mkdirSync(at('foreign'));
  writeFileSync(at('foreign', 'letter.txt'), 'mine');
  await onNothing('a file as state', ['up', '--state', file], { code: 2, says: [file, 'folder'] });
  await onNothing("somebody else's folder as state", ['up', '--state', at('foreign')], {
    code: 2,
    says: [at('foreign'), 'letter.txt', 'allowed'],
  });

  await onDamaged('another seed on one state', () => {}, { code: 2, says: ['--seed 7', '--seed 8', 'reset'] }, [
    ...UP_ONCE,
    '--seed',
    '8',
  ]);
  await onDamaged('another log on one state', () => {}, { code: 2, says: ['--log', 'reset'] }, [
    ...UP_ONCE,
    '--log',
    at('sound.zst'),
  ]);
  await onDamaged('settings that are no settings', (state) => writeFileSync(path.join(state, 'up.json'), '{"seed":'), {
    code: 2,
    says: ['up.json', 'restore'],
  });
  const cut = (name: string) => (state: string) => {
    const whole = readFileSync(path.join(state, name));
    writeFileSync(path.join(state, name), whole.subarray(0, Math.floor(whole.length / 2)));
  };
  await onDamaged('half a trust root', cut('trust.json'), { code: 2, says: ['trust.json', /JSON/] });
  await onDamaged('no trust root', (state) => rmSync(path.join(state, 'trust.json')), {
    code: 2,
    says: ['trust.json', 'missing', 'restore'],
  });
  await onDamaged('a key that nobody trusts', (state) => rmSync(path.join(state, 'keys'), { recursive: true }), {
    code: 2,
    says: ['trust.json', 'key'],
  });
  const overwrite = (name: string, offset: number) => (state: string) => {
    const handle = openSync(path.join(state, name), 'r+');
    writeSync(handle, Buffer.alloc(8192, 0x5a), 0, 8192, offset);
    closeSync(handle);
  };
  await onDamaged('a journal that is no database', overwrite('runtime/journal.sqlite', 0), {
    code: 3,
    says: ['journal.sqlite', /restore a copy/],
    touches: 'venue.sqlite',
  });
  await onDamaged('a damaged journal', overwrite('runtime/journal.sqlite', 8192), {
    code: 3,
    says: ['journal.sqlite', 'damaged', /restore a copy/],
    touches: 'venue.sqlite',
  });
  await onDamaged('a venue that is no database', overwrite('venue.sqlite', 0), { code: 2, says: ['venue.sqlite'] });
  await onDamaged('a damaged venue', overwrite('venue.sqlite', 8192), { code: 2, says: ['venue.sqlite', 'damaged'] });
  await onDamaged('no environment', (state) => rmSync(path.join(state, 'environment.git'), { recursive: true }), {
    code: 2,
    says: ['environment.git', 'restore'],
  });
  await onDamaged(
    'an environment without objects',
    (state) => {
      rmSync(path.join(state, 'environment.git/objects'), { recursive: true });
    },
    { code: 3, says: ['environment.git'] },
  );

  const policyFile = (end: string) => (name: string) => name.startsWith('policies/approved/') && name.endsWith(end);
  const evidenceFile = (name: string) => name.startsWith('policies/evidence/') && name.endsWith('.jsonl');
  await onDamaged('a policy changed by a commit', (state) => pushChange(state, policyFile('step.onnx'), alterByte), {
    code: 2,
    says: ['step.onnx', /sha256:[0-9a-f]{64}[\s\S]*sha256:[0-9a-f]{64}/],
  });
  await onDamaged(
    'a policy file removed by a commit',
    (state) => pushChange(state, policyFile('sequence.onnx'), () => undefined),
    {
      code: 2,
      says: ['sequence.onnx'],
    },
  );
  await onDamaged('evidence changed by a commit', (state) => pushChange(state, evidenceFile, alterByte), {
    code: 2,
    says: ['.intoto.jsonl'],
  });
  await onDamaged(
    'a ledger changed by a commit',
    (state) => pushChange(state, (name) => name.endsWith('ledger.jsonl'), alterByte),
    {
      code: 2,
      says: ['ledger'],
    },
  );
  // Who signs what trades: a key that the root does not name, and one whose time is over.
  const strange = signingKey(at('strange'), 'promoter');
  const verdict = at('verdict.json');
  writeFileSync(verdict, JSON.stringify({ policy: sha256Of('a policy'), status: 'failed', because: 'a bad day' }));
  const signed: readonly (readonly [verb: string, ...args: string[]])[] = [
    ['rollback', '--because', 'a bad day'],
    ['rollback', '--release'],
    ['follow', '--verdict', verdict],
    ['promote', '--policy', folder, '--evidence', verdict],
  ];
  for (const command of signed) {
    const name = command.slice(0, 2).join(' ');
    const wrong = (state: string) => cpSync(at('strange/promoter.pem'), path.join(state, 'keys/promoter.pem'));
    const untrusted = {
      code: 2,
      says: ['trust.json', 'does not trust the key of role promoter', strange.keyId],
    } as const;
    await onDamaged(`${name} with a key that nobody trusts`, wrong, untrusted, command);
    const over = (state: string) => {
      const root = loadTrust(path.join(state, 'trust.json'));
      const keys = root.keys.map((key) => ({ ...key, notAfter: '2020-01-01T00:00:00Z' }));
      writeTrust(path.join(state, 'trust.json'), { ...root, keys });
    };
    const expired = { code: 2, says: ['.pem: the key expired at 2020', 'npm run trust -- rotate --role'] } as const;
    await onDamaged(`${name} with a key that has expired`, over, expired, command);
  }

  const deployed = (end: string) => (state: string) => {
    for (const found of filesUnder(path.join(state, 'deploy'), end))
      writeFileSync(found, alterByte(readFileSync(found)) as Buffer);
  };
  await onDamaged('a laid-out policy that was changed', deployed('step.onnx'), {
    code: 2,
    says: ['step.onnx', /sha256:[0-9a-f]{64}[\s\S]*sha256:[0-9a-f]{64}/],
  });
  await onDamaged(
    'a laid-out policy that is gone',
    (state) => {
      for (const found of filesUnder(path.join(state, 'deploy'), 'step.onnx')) rmSync(found);
    },
    { code: 2, says: ['step.onnx'] },
  );

  await suite.check('a port in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    try {
      const state = at('state');
      await refused(['up', '--json', '--state', state, '--port', String(port)], {
        code: 3,
        says: [String(port), 'in use', 'choose another'],
      });
    } finally {
      server.close();
    }
  });

  await suite.check('two on one state folder', async () => {
    const state = at('two');
    cpSync(prepared, state, { recursive: true });
    const first = new UpProcess(['up', '--json', '--state', state]);
    try {
      await first.line(({ event, phase }) => event === 'phase' && phase === 'trading', 60);
      await refused(['up', '--json', '--state', state], { code: 2, says: [state, String(first.pid), 'stop it'] });
      await refused(['reset', '--yes', '--state', state], { code: 2, says: [state, 'in use'] });
    } finally {
      first.kill('SIGINT');
      const { code } = await first.end(20);
      hold(code === 0, `the first ended with ${code}: ${first.stderr}`);
    }
  });

  const mounted = async (name: string, options: string, work: (mount: string) => Promise<void>): Promise<void> => {
    const mount = at('mount');
    mkdirSync(mount, { recursive: true });
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', mount], { stdio: 'pipe' });
    } catch (error) {
      suite.skip(name, `a tmpfs cannot be mounted here: ${(error as Error).message.split('\n').at(-2)}`);
      return;
    }
    try {
      await suite.check(name, () => work(mount));
    } finally {
      execFileSync('umount', ['-l', mount]);
    }
  };
  await mounted('a read-only place for a state', 'ro', (mount) =>
    refused(['up', '--json', '--state', path.join(mount, 'state')], {
      code: 3,
      says: [mount, 'choose a writable one'],
    }),
  );
  await mounted('a read-only state', 'size=200m', async (mount) => {
    cpSync(prepared, mount, { recursive: true });
    execFileSync('mount', ['-o', 'remount,ro', mount]);
    await refused(['up', '--once', '--json', '--state', mount], { code: 3, says: [mount, /read-?only|writable/i] });
  });
  await mounted('a small full disk', 'size=1m', async (mount) => {
    await refused(['up', '--once', '--json', '--state', path.join(mount, 'state')], {
      code: 3,
      says: [mount, /space|full/i],
    });
  });
  await mounted('a disk that fills while trading', 'size=200m', async (mount) => {
    cpSync(prepared, mount, { recursive: true });
    writeFileSync(path.join(mount, 'ballast'), '');
    const free = Number(execFileSync('df', ['--output=avail', '-B1', mount], { encoding: 'utf8' }).split('\n')[1]);
    writeFileSync(path.join(mount, 'ballast'), Buffer.alloc(free - ROOM));
    await refused(['up', '--once', '--json', '--state', mount], { code: 3, says: [mount, /space|full/i] }, 90);
    rmSync(path.join(mount, 'ballast'));
    const again = new UpProcess(['up', '--once', '--json', '--state', mount]);
    const { code } = await again.end(120);
    hold(code === 0, `with room again it ends with ${code}: ${again.stderr}`);
  });

  await suite.check('after all that, the prepared state still works', async () => {
    const up = new UpProcess(['up', '--once', '--json', '--state', prepared]);
    const { code } = await up.end(120);
    hold(code === 0, `ended with ${code}: ${up.stderr}`);
  });
});
// At once: a patience that nobody waits for any more would hold the process.
process.exit(suite.end());
