import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { signingKey } from '../../gates/keys.ts';
import { SimulatedClock } from '../../runtime/clock.ts';
import { loadTrust, outsideValidity, type TrustedKey } from '../../runtime/evidence/trust.ts';
import { verifySlotOf } from '../../runtime/evidence/verify-slot.ts';
import { main as trust } from '../trust.ts';
import { markVerified } from './mark.ts';
import { keyOf, withKey, withRetired } from './rotation.ts';
import { mustPromote, promotedScratch, promoteNamed } from './scratch.ts';
import { filesInMemory, slotPaths } from './slot.ts';
import { filesAt } from './tree.ts';
import { localTrust, rememberLedgerHead, trustPathOf, writeTrust } from './trust.ts';
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

/** Gives every key of a root an end. */
function endAt(file: string, notAfter: string): void {
  const root = loadTrust(file);
  writeTrust(file, { ...root, keys: root.keys.map((key) => ({ ...key, notAfter })) });
}

test('expired: what was recorded before counts on; nothing is signed any more, nor in the past', async (t) => {
  const { at, promoted } = await promotedScratch(t);
  const { clock, repository, trustPath } = at;
  const beganUs = clock.nowUs();
  const after = (hours: number) => new Date(beganUs / 1e3 + hours * 3.6e6).toISOString();
  const problems = async () => (await verifyEnvironment(repository, 'local', trustPath)).problems;
  endAt(trustPath, after(24));
  t.deepEqual(await problems(), []);

  clock.advanceTo(beganUs + 48 * 3.6e9);
  const late = await promoteNamed(at, 'b');
  t.regex(JSON.stringify(late), /verdict 1: rests on a key that expired at .* a key in force: npm run trust -- rotate/);
  const expired = { message: /gate\.pem: the key expired at .*npm run trust -- rotate --role gate/ };
  t.throws(() => localTrust(at.state, clock.nowUs()), expired);

  // Whoever has the keys still may turn a clock back; the ledger's time does not go back.
  await markVerified({ ...at, environment: 'local', slot: promoted.slot, because: 'two days' });
  const thief = { ...at, clock: new SimulatedClock(beganUs + 3.6e9) };
  t.is((await promoteNamed(thief, 'b')).outcome, 'promoted');
  const found = (await problems()).map(({ subject, problem }) => `${subject}: ${problem}`).join('\n');
  t.regex(found, /policies\/evidence\/local\/\w+\.intoto\.jsonl:1: rests on a key that expired/);
  t.regex(found, /tag APPROVED_DEFAULT\/local\/.*: rests on a key that expired/);
});

test('not valid yet, and evidence of the future: refused by name', async (t) => {
  const { at, promoted } = await promotedScratch(t);
  const root = loadTrust(at.trustPath);
  const keys = root.keys.map((key) => ({ ...key, notBefore: '2030-01-01T00:00:00.000Z' }));
  const paths = slotPaths('local', promoted.slot.policy);
  const files = filesInMemory(await filesAt(at.repository.work, promoted.commit, paths));
  const said = (trust: typeof root, nowUs: number): string => {
    const verified = verifySlotOf(files, 'local', trust, { ...promoted.slot, nowUs });
    return verified.ok ? 'sound' : verified.problems.map(({ problem }) => problem).join('; ');
  };
  t.is(said(root, at.clock.nowUs()), 'sound');
  t.regex(said({ ...root, keys }, at.clock.nowUs()), /rests on a key that is valid from 2030-01-01/);
  t.is(said(root, at.clock.nowUs() - 3.6e9), 'is of the future');
  const key = { notBefore: '2026-01-01T00:00:00Z', notAfter: '2027-01-01T00:00:00Z' } as TrustedKey;
  const at2026 = Date.parse('2026-06-01') * 1000;
  t.is(outsideValidity(key, at2026), undefined);
  t.regex(String(outsideValidity(key, at2026 + 3.2e13)), /^expired at 2027/);
});

test('a key of a person: made, added with its owner, replaced; nobody edits a file', async (t) => {
  const { at } = await promotedScratch(t);
  const state = ['--state', at.state];
  const rules = path.join(at.checkout, 'environments/approvals.yaml');
  const part = '{ approvals: 0, from: [] }';
  const parts = ['policy', 'image', 'limits', 'config', 'manifests'].map((name) => `    ${name}: ${part}`);
  const empty = [
    '# who',
    'people: {}',
    'groups: { risk: [] }',
    'environments:',
    '  local:',
    '    soak: null',
    ...parts,
  ];
  writeFileSync(rules, `${empty.join('\n')}\n`);
  const author = signingKey(path.join(at.state, 'keys'), 'author');
  const publicKey = path.join(at.root, 'ada.pub');
  writeFileSync(publicKey, author.publicKeyPem);
  const add = ['add', '--public-key', publicKey, '--role', 'author', 'approver', '--not-after', '2031-01-01'];
  const person = ['--person', 'ada', '--group', 'risk', '--checkout', at.checkout];
  await t.throwsAsync(trust([...add, ...state, '--person', 'ada', '--group', 'sales', '--checkout', at.checkout]), {
    message: /has no group sales, allowed: risk/,
  });
  t.is(loadTrust(at.trustPath).keys.length, 3, 'nothing is half done');
  t.is(await trust([...add, ...person, ...state]), 0);
  const text = readFileSync(rules, 'utf8');
  t.true(text.startsWith('# who\npeople:\n  ada:\n    keys:\n') && text.includes(author.keyId), text);
  t.regex(text, /risk: \[ ?ada ?\]/);
  const added = loadTrust(at.trustPath).keys.at(-1);
  t.like(added, { keyId: author.keyId, roles: ['author', 'approver'], notAfter: '2031-01-01T00:00:00.000Z' });

  const other = signingKey(path.join(at.root, 'bob'), 'author');
  writeFileSync(publicKey, other.publicKeyPem);
  t.is(await trust(['add', '--public-key', publicKey, '--role', 'author', ...state]), 0);
  t.is(await trust(['rotate', '--role', 'author', '--because', 'a year', ...person, ...state]), 0);
  const renewed = signingKey(path.join(at.state, 'keys'), 'author').keyId;
  t.not(renewed, author.keyId);
  t.true(readFileSync(rules, 'utf8').includes(renewed));
  t.deepEqual(loadTrust(at.trustPath).keys.find(({ keyId }) => keyId === renewed)?.roles, ['author', 'approver']);
  await t.throwsAsync(trust(['add', '--public-key', rules, '--role', 'author', ...state]), {
    message: /no public key/,
  });
});
