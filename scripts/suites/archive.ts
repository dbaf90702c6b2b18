/**
 * The archive means the same on PGlite and on a PostgreSQL that many share: what one process found another has, nobody
 * migrates twice, a unit is one process's at a time, and who dies loses it.
 *
 * Usage: node scripts/suites/archive.ts [PART-OF-A-CASE'S-NAME]
 */
import path from 'node:path';
import { Archive } from '../../policies/archive/archive.ts';
import { postgresBinaries, startPostgres } from './postgres.ts';
import { hold, inFolder, Suite } from './suite.ts';

const PORT = 25_434;
const suite = new Suite(process.argv[2]);

await suite.check('PGlite: what was stored is found after the archive was closed', () =>
  inFolder(async (folder) => {
    const place = path.join(folder, 'archive');
    const first = await Archive.open(place);
    await stored(first);
    await first.close();
    const second = await Archive.open(place);
    await found(second);
    await second.close();
  }),
);

const bin = postgresBinaries();
if (bin === undefined) suite.skip('PostgreSQL', 'no postgresql of this machine; install the package');
else {
  const server = await startPostgres(bin, PORT, []);
  const url = server.url('127.0.0.1');
  try {
    await suite.check('PostgreSQL: three open it at once, and each finds what another stored', async () => {
      const [one, other, third] = await Promise.all([Archive.open(url), Archive.open(url), Archive.open(url)]);
      await stored(one);
      await found(other);
      await found(third);
      for (const archive of [one, other, third]) await archive.close();
    });
    await suite.check('PostgreSQL: a unit is one process’s until it is released', async () => {
      const [one, other] = await Promise.all([Archive.open(url), Archive.open(url)]);
      const release = await one.claimUnit('run', 3);
      hold(release !== undefined, 'a free unit was not given');
      hold((await other.claimUnit('run', 3)) === undefined, 'a claimed unit was given twice');
      const another = await other.claimUnit('run', 4);
      hold(another !== undefined, 'another unit was not given');
      await release();
      const again = await other.claimUnit('run', 3);
      hold(again !== undefined, 'a released unit was not given');
      for (const end of [another, again]) await end();
      for (const archive of [one, other]) await archive.close();
    });
    await suite.check('PostgreSQL: a refused login names host and database, never the password', async () => {
      const message = await Archive.open(url.replace(/:[^:@]+@/, ':planted-word@')).then(
        () => 'was opened',
        (error: Error) => error.message,
      );
      hold(/^archive 127\.0\.0\.1:\d+\/postgres: cannot be opened \(password/.test(message), message);
      hold(!message.includes('planted-word'), message);
    });
  } finally {
    await server.stop();
  }
}
process.exit(suite.end());

async function stored(archive: Archive): Promise<void> {
  await archive.saveWeights('sha256:w', new Uint8Array([1, 2, 3]));
  await archive.unit('key', 'train', async () => ({ loss: 0.5 }));
  await archive.saveCandidate({ run: 'run', unit: 0, digest: 'worse', score: 1, files: { a: 'AA==' } });
  await archive.saveCandidate({ run: 'run', unit: 1, digest: 'better', score: 2, files: { a: 'AQ==' } });
}

async function found(archive: Archive): Promise<void> {
  hold(Buffer.from(await archive.weights('sha256:w')).equals(Buffer.from([1, 2, 3])), 'weights came back altered');
  const unit = await archive.unit<object>('key', 'train', () => Promise.reject(new Error('was worked again')));
  hold(JSON.stringify(unit) === '{"loss":0.5}', `the unit came back as ${JSON.stringify(unit)}`);
  const candidates = await archive.candidates('run');
  hold(candidates.map(({ digest }) => digest).join() === 'better,worse', `candidates: ${JSON.stringify(candidates)}`);
}
