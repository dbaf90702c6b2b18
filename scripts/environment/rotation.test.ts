import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { signingKey } from '../../gates/keys.ts';
import { loadTrust } from '../../runtime/evidence/trust.ts';
import { main as trust } from '../trust.ts';
import { keyOf, withKey, withRetired } from './rotation.ts';
import { mustPromote, promotedScratch } from './scratch.ts';
import { localTrust, rememberLedgerHead, trustPathOf } from './trust.ts';
import { verifyEnvironment } from './verify.ts';

// The user's own configuration is not for tests.
const config = mkdtempSync(path.join(tmpdir(), 'emp-config-'));
process.env['XDG_CONFIG_HOME'] = config;
test.after.always(() => rmSync(config, { recursive: true }));

test('rotated: what the old key signed counts on, the new one signs from now, and the old one is gone', async (t) => {
  const { at } = await promotedScratch(t);
  const before = signingKey(path.join(at.state, 'keys'), 'gate');
  t.is(await trust(['rotate', '--role', 'gate', '--because', 'a year is over', '--state', at.state]), 0);
  t.deepEqual((await verifyEnvironment(at.repository, 'local', at.trustPath)).problems, []);
  const { keys } = localTrust(at.state);
  t.not(keys.gate.keyId, before.keyId);
  await mustPromote({ ...at, keys }, 'b');
  t.deepEqual((await verifyEnvironment(at.repository, 'local', at.trustPath)).problems, []);

  const late = await t.throwsAsync(mustPromote({ ...at, keys: { ...keys, gate: before } }, 'c'));
  t.regex(late.message, /is signed by a retired key \(a year is over\)/);
});

test('revoked: nothing that rests on the key is approved any more', async (t) => {
  const { at } = await promotedScratch(t);
  const spare = signingKey(path.join(at.root, 'spare'), 'approver');
  const root = withKey(loadTrust(at.trustPath), spare.publicKeyPem, ['approver']);
  t.throws(() => withKey(root, spare.publicKeyPem, ['approver']), { message: /is in the trust root already/ });
  const publicKey = path.join(at.root, 'spare.pub');
  writeFileSync(publicKey, spare.publicKeyPem);
  t.is(await trust(['add', '--role', 'approver', '--public-key', publicKey, '--state', at.state]), 0);
  const stolen = at.keys.approver.keyId.slice(7, 20);
  t.is(await trust(['revoke', '--key', stolen, '--because', 'its laptop was stolen', '--state', at.state]), 0);
  const { problems } = await verifyEnvironment(at.repository, 'local', at.trustPath);
  t.true(problems.some(({ problem }) => problem === 'is signed by a retired key (its laptop was stolen)'));
});

test('the last key of a role stays, and a key that is not known is named', async (t) => {
  const { at } = await promotedScratch(t);
  const root = loadTrust(at.trustPath);
  const retired = { because: 'x', accepts: [] };
  t.throws(() => withRetired(root, at.keys.promoter.keyId, retired), { message: /last one with the role "promoter"/ });
  t.throws(() => keyOf(root, '0123456789'), { message: /^key 0123456789: names 0 keys of the trust root/ });
});

test('pinned: the root in the state folder no longer counts, and the pinned one remembers', async (t) => {
  const { at } = await promotedScratch(t);
  t.is(await trust(['pin', '--state', at.state]), 0);
  const pinned = trustPathOf(at.state);
  t.true(pinned.startsWith(config) && existsSync(pinned));
  const seen = loadTrust(pinned).ledgerHead;
  t.true(rememberLedgerHead(pinned, { seq: 100, hash: `sha256:${'0'.repeat(64)}` }));
  t.deepEqual(loadTrust(path.join(at.state, 'trust.json')).ledgerHead, seen);
  t.true(readFileSync(pinned, 'utf8').includes('"seq": 100'));
});
