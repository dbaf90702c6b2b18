import path from 'node:path';
import test from 'ava';
import { main } from './evolve.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';

test.serial('a unit that the run does not have is bad input; in a Job it fails the index for good', async (t) => {
  const args = ['--state', path.join(temporaryFolder(t), 'state'), '--units', '2', '--unit', '2'];
  await t.throwsAsync(main(args), { message: 'evolve: --unit is too large (2), at most 1 is allowed' });
  process.env['JOB_COMPLETION_INDEX'] = '2';
  t.teardown(() => delete process.env['JOB_COMPLETION_INDEX']);
  t.is(await main(args.slice(0, 4)), 42);
});

test.serial('an address that is no PostgreSQL is refused, and its password is not repeated', async (t) => {
  process.env['EMP_DATABASE_URL'] = 'mysql://me:secret@host/db';
  t.teardown(() => delete process.env['EMP_DATABASE_URL']);
  const { message } = await t.throwsAsync(main(['--state', path.join(temporaryFolder(t), 'state')]));
  t.regex(message, /^EMP_DATABASE_URL: is no address of a PostgreSQL/);
  t.false(message.includes('secret'));
});
