/**
 * What backups go through: a damaged one changes nothing where it is restored, a full disk is named before anything is
 * written to it, and whoever is killed in the middle has done all of it or nothing, and can be run again.
 *
 * Usage: node scripts/suites/backup.ts [PART-OF-A-CASE'S-NAME]
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { PGlite } from '@electric-sql/pglite';
import { Archive } from '../../policies/archive/archive.ts';
import { dumpArchive } from '../../policies/archive/copy.ts';
import { SystemClock, sleepMs } from '../../runtime/clock.ts';
import { sha256Of } from '../../runtime/evidence/digest.ts';
import { SqliteJournal } from '../../runtime/journal/sqlite-journal.ts';
import { Random } from '../../runtime/random.ts';
import { ARCHIVE, JOURNAL, journalHead, readManifest, verifyFiles } from '../backup/manifest.ts';
import { restoreBackup } from '../backup/restore.ts';
import { folderSource } from '../backup/sources.ts';
import { takeBackup } from '../backup/take.ts';
import { claimStateFolder } from '../state/state-folder.ts';
import { hold, inFolder, Suite } from './suite.ts';

const start = path.resolve(import.meta.dirname, '../start.mjs');
const ENVIRONMENT = 'paper';
/** Enough that a copy takes a while. */
const ORDERS = 40_000;
const KILLS = 5;
const clock = new SystemClock();
const suite = new Suite(process.argv[2]);

await inFolder(async (folder) => {
  const state = path.join(folder, 'state');
  await traded(state, ORDERS);
  const to = path.join(folder, 'backups');
  const source = folderSource(state);
  const { folder: from } = await takeBackup({ source, environment: ENVIRONMENT, to, clock, onProgress: () => {} });
  await suite.check('restored, journal and archive hold what they held', () =>
    restored(from, path.join(folder, 'new')),
  );
  await refusals(folder, from);
  await fullDisk(folder, state, from);
  await killed(folder, state, from);
});
process.exit(suite.end());

/** A state as `up` keeps it, with a journal and an archive. */
async function traded(state: string, orders: number): Promise<void> {
  claimStateFolder(state);
  mkdirSync(path.join(state, 'runtime'));
  const journal = new SqliteJournal(path.join(state, 'runtime', JOURNAL));
  journal.transaction(() => {
    journal.append('boot', 0, { environment: ENVIRONMENT, policy: null });
    for (let n = 1; n <= orders; n++)
      journal.append('order', n, { action: 'new', clOrdId: `EMP-${n}`, more: 'x'.repeat(200) });
  });
  journal.close();
  const archive = await Archive.open(path.join(state, 'archive'));
  await archive.saveCandidate({ run: 'run', unit: 0, digest: 'kept', score: 1, files: { a: 'AA==' } });
  await archive.close();
}

async function restored(from: string, state: string): Promise<void> {
  await restoreBackup({ from, state, environment: ENVIRONMENT, replace: false, clock });
  const head = journalHead(path.join(state, 'runtime', JOURNAL), { readOnly: true });
  const said = readManifest(from).journal;
  hold(head.decisionDigest === said.decisionDigest, `the journal is another: ${head.decisionDigest}`);
  const archive = await Archive.open(path.join(state, 'archive'));
  const found = await archive.candidates('run');
  await archive.close();
  hold(found.map(({ digest }) => digest).join() === 'kept', `the archive holds ${JSON.stringify(found)}`);
}

/** What is wrong with a backup, and what the refusal says. */
async function refusals(folder: string, from: string): Promise<void> {
  const truncated = (name: string) => (at: string) => {
    const file = path.join(at, name);
    truncateSync(file, Math.floor(readFileSync(file).length / 2));
  };
  const altered = (name: string) => (at: string) => {
    const file = path.join(at, name);
    const bytes = readFileSync(file);
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] as number) ^ 1;
    writeFileSync(file, bytes);
  };
  const file = (name: string, bytes: Uint8Array | string) => (at: string) => writeFileSync(path.join(at, name), bytes);
  /** The manifest says what is there: no digest gives it away. */
  const owned = (part: 'journal' | 'archive', name: string, change: (at: string) => void) => (at: string) => {
    change(at);
    const manifest = readManifest(at) as unknown as Record<string, object>;
    const digest = sha256Of(readFileSync(path.join(at, name)));
    const own = { ...manifest, [part]: { ...manifest[part], digest } };
    writeFileSync(path.join(at, 'backup.json'), JSON.stringify(own));
  };
  const newer = path.join(folder, 'newer.tar.gz');
  await newerArchive(path.join(folder, 'newer'), newer);
  const planted: readonly [name: string, plant: (at: string) => void, says: RegExp][] = [
    [
      'a truncated archive',
      truncated(ARCHIVE),
      /archive\.tar\.gz: is not what was backed up \(sha256:.*\), only sha256:/,
    ],
    ['one altered bit of the archive', altered(ARCHIVE), /archive\.tar\.gz: is not what was backed up/],
    ['a truncated journal', truncated(JOURNAL), /journal\.sqlite: is not what was backed up/],
    ['one altered bit of the journal', altered(JOURNAL), /journal\.sqlite: is not what was backed up/],
    [
      'half an archive that the manifest owns',
      owned('archive', ARCHIVE, truncated(ARCHIVE)),
      /archive\.tar\.gz: is no archive \(.*\); take the backup again/,
    ],
    [
      'another file for an archive',
      owned('archive', ARCHIVE, file(ARCHIVE, 'no archive')),
      /archive\.tar\.gz: is no archive/,
    ],
    [
      'another tarball for an archive',
      owned('archive', ARCHIVE, file(ARCHIVE, gzipSync('no tar'))),
      /archive\.tar\.gz: is no archive/,
    ],
    [
      'an archive of a newer product',
      owned('archive', ARCHIVE, file(ARCHIVE, readFileSync(newer))),
      /archive\.tar\.gz: the archive's schema version is too new \(\d+\), at most \d+ is allowed/,
    ],
    [
      'half a journal that the manifest owns',
      owned('journal', JOURNAL, truncated(JOURNAL)),
      /journal\.sqlite\S* is (damaged|not a journal)/,
    ],
    [
      'another file for a journal',
      owned('journal', JOURNAL, file(JOURNAL, 'no journal')),
      /journal\.sqlite\S* is not a journal/,
    ],
  ];
  const state = path.join(folder, 'there');
  await traded(state, 10);
  const before = contentOf(state);
  for (const [name, plant, says] of planted) {
    await suite.check(`${name} is refused by name, and nothing changes`, () =>
      inFolder(async (own) => {
        const damaged = path.join(own, 'backup');
        cpSync(from, damaged, { recursive: true });
        plant(damaged);
        const message = await restoreBackup({
          from: damaged,
          state,
          environment: ENVIRONMENT,
          replace: true,
          clock,
        }).then(
          () => 'it was restored',
          (error: Error) => error.message,
        );
        hold(says.test(message), message);
        hold(contentOf(state) === before, `the state changed:\n${contentOf(state)}`);
      }),
    );
  }
}

async function newerArchive(directory: string, to: string): Promise<void> {
  const archive = await Archive.open(directory);
  await archive.close();
  const client = await PGlite.create({ dataDir: directory });
  await client.exec(
    "insert into drizzle.__drizzle_migrations (hash, created_at) values ('of the future', 9999999999999)",
  );
  await client.close();
  await dumpArchive(directory, to);
}

/** Every file with its digest, but for locks, which hold nothing. */
function contentOf(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/^(state\.(lock|pid)|.*-(shm|wal))$/.test(entry.name))
    .map(({ parentPath, name }) => path.join(parentPath, name))
    .map((file) => `${path.relative(folder, file)} ${sha256Of(readFileSync(file))}`)
    .sort()
    .join('\n');
}

async function fullDisk(folder: string, state: string, from: string): Promise<void> {
  const disk = path.join(folder, 'disk');
  mkdirSync(disk);
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=20m', 'tmpfs', disk], { encoding: 'utf8' });
  if (status !== 0) {
    suite.skip('a full disk', `a small disk cannot be mounted here: ${stderr.trim()}`);
    return;
  }
  const cases: readonly [name: string, args: readonly string[]][] = [
    ['backup', ['backup', '--state', state, '--to', path.join(disk, 'backups')]],
    ['restore', ['restore', '--from', from, '--state', path.join(disk, 'state')]],
  ];
  try {
    for (const [name, args] of cases) {
      await suite.check(`a disk without room for a ${name} is named with what is needed, and stays as it was`, () => {
        const ran = command(args);
        hold(
          ran.status === 3 &&
            /: its disk has too little room \(\d+ bytes\), at least \d+ is needed; free some/.test(ran.said),
          `exit ${ran.status}: ${ran.said}`,
        );
        const left = contentOf(disk)
          .split('\n')
          .filter((line) => line !== '' && !/\.emp-state /.test(line));
        hold(left.length === 0, `it left ${left.join(', ')}`);
      });
    }
  } finally {
    execFileSync('umount', [disk]);
  }
}

function command(args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [start, ...args, '--environment', ENVIRONMENT], {
    encoding: 'utf8',
  });
  return { status, said: stderr + stdout };
}

async function killed(folder: string, state: string, from: string): Promise<void> {
  const random = Random.of('backup');
  const to = path.join(folder, 'often');
  const wanted = readManifest(from).journal;
  await suite.check(
    `kill -9 of a backup, ${KILLS} times: what has a name is whole, and the next one succeeds`,
    async () => {
      await killing(['backup', '--state', state, '--to', to], random, async () => {
        for (const name of readdirSync(to).filter((one) => /^paper-.*Z$/.test(one))) {
          await verifyFiles(path.join(to, name), readManifest(path.join(to, name)));
        }
      });
      const ran = command(['backup', '--state', state, '--to', to]);
      hold(ran.status === 0, `exit ${ran.status}: ${ran.said}`);
      const left = readdirSync(to).filter((name) => name.endsWith('.unfinished'));
      hold(left.length === 0, `it left ${left.join(', ')}`);
    },
  );
  const target = path.join(folder, 'target');
  await traded(target, 10);
  const at = path.join(target, 'runtime', JOURNAL);
  const before = journalHead(at, { readOnly: true }).decisionDigest;
  await suite.check(
    `kill -9 of a restore, ${KILLS} times: the journal is the old or the new one, and the next one succeeds`,
    async () => {
      await killing(['restore', '--from', from, '--state', target, '--replace'], random, async () => {
        const { decisionDigest } = journalHead(at, { readOnly: true });
        hold([before, wanted.decisionDigest].includes(decisionDigest), `the journal is neither: ${decisionDigest}`);
      });
      const ran = command(['restore', '--from', from, '--state', target, '--replace']);
      hold(ran.status === 0, `exit ${ran.status}: ${ran.said}`);
      const left = readdirSync(target, { recursive: true }).filter((name) => String(name).endsWith('.restored'));
      hold(left.length === 0, `it left ${left.join(', ')}`);
      const replaced = path.join(target, 'replaced');
      const kept = readdirSync(replaced).map((name) => path.join(replaced, name, JOURNAL));
      const heads = kept.map((file) => headOf(file));
      hold(heads.includes(before), `the journal that was there is nowhere in ${kept.join(', ')}`);
    },
  );
}

function headOf(file: string): string | undefined {
  try {
    return journalHead(file, { readOnly: true }).decisionDigest;
  } catch {
    return undefined;
  }
}

/** Starts it again and again and kills it at moments between its beginning and its usual end. */
async function killing(args: readonly string[], random: Random, holds: () => Promise<void>): Promise<void> {
  let early = 0;
  for (let n = 0; n < KILLS; n++) {
    const child: ChildProcess = spawn(process.execPath, [start, ...args, '--environment', ENVIRONMENT], {
      stdio: 'ignore',
    });
    const ended = once(child, 'exit');
    await Promise.race([sleepMs(400 + random.integer(2500)), ended]);
    if (child.exitCode === null) early++;
    child.kill('SIGKILL');
    await ended;
    await holds();
  }
  console.log(`        ${early} of ${KILLS} before their end`);
}
