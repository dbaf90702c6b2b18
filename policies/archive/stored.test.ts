/** An archive as the first version wrote it is opened by this one and keeps all that is in it; a newer one is refused. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import test from 'ava';
import { Archive } from './archive.ts';
import { openPglite } from './pglite.ts';
import { ARCHIVE_VERSION, versionOf } from './version.ts';

const stored = readFileSync(new URL('stored/v1.sql', import.meta.url), 'utf8');

test('an archive of the first version goes forward with all that is in it, and one of a newer program is refused', async (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'emp-archive-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const place = path.join(folder, 'archive');
  const old = await PGlite.create({ dataDir: place });
  await old.exec(stored);
  await old.close();

  const archive = await Archive.open(place);
  t.deepEqual(
    (await archive.individuals('run-7')).map(({ id, score, parents, weights }) => [id, score, parents, weights]),
    [
      ['a', 12.5, [], 'sha256:aa'],
      ['b', -0.25, [], 'sha256:bb'],
      ['c', null, ['a', 'b'], null],
    ],
  );
  t.is(await archive.unitCount(), 2);
  const again = () => Promise.reject(new Error('worked again'));
  t.deepEqual(await archive.unit('sha256:unit-2', 'evaluate', again), { score: 12.5, fills: 87 });
  t.deepEqual(await archive.candidates('run-7'), []);
  await archive.close();

  const { db, close } = await openPglite(place);
  t.is(await versionOf(db), ARCHIVE_VERSION);
  await db.execute(`insert into drizzle.__drizzle_migrations (hash, created_at) values ('of tomorrow', 1895000000000)`);
  await close();
  await t.throwsAsync(Archive.open(place), {
    message: new RegExp(
      `schema version is too new \\(${ARCHIVE_VERSION + 1}\\), at most ${ARCHIVE_VERSION} is allowed`,
    ),
  });
});
