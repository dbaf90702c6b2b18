import test from 'ava';
import { lineageLines } from '../../policies/ledger/lineage.ts';
import { evidencePath } from '../../runtime/evidence/layout.ts';
import { loadTrust } from '../../runtime/evidence/trust.ts';
import { freshScratch, mustPromote, promotedScratch } from '../environment/scratch.ts';
import { lineageOf } from './trace.ts';

test('from a policy, and from an image, back to data, code, parents, gates and approvers', async (t) => {
  const { at, promoted } = await promotedScratch(t);
  const trust = loadTrust(at.trustPath);
  const lines = lineageLines(await lineageOf(at.repository, trust, promoted.slot.policy)).join('\n');
  const wanted = [
    promoted.commit,
    promoted.tag,
    promoted.slot.image,
    promoted.slot.manifests,
    'data sha256:',
    'described simulated: seed 7',
  ];
  for (const part of [
    ...wanted,
    'code 0123456789',
    'parent sha256:',
    'gate edge (verdict passed',
    `approver ${at.keys.approver.keyId}`,
  ]) {
    t.true(lines.includes(part), `${part}\n${lines}`);
  }
  const image = await lineageOf(at.repository, trust, promoted.slot.image.slice(7, 19));
  t.is(image.kind, 'image');
  t.is(image.children[0]?.name, promoted.slot.policy);
  const error = await t.throwsAsync(lineageOf(at.repository, trust, '0123456789'));
  t.regex(error.message, /^lineage: 0123456789 names nothing that was ever promoted; policies here: [0-9a-f]{12}$/);
});

test('what does not verify says nothing, and is told', async (t) => {
  const { at, promoted } = await promotedScratch(t);
  const stranger = await freshScratch(t);
  await mustPromote(stranger, 'a');
  const lines = lineageLines(
    await lineageOf(at.repository, { ...loadTrust(stranger.trustPath), ledgerHead: null }, promoted.slot.policy),
  );
  t.false(lines.some((line) => line.includes('gate edge')));
  t.true(
    lines.some((line) =>
      line.includes(`problem ${evidencePath('local', promoted.slot.policy)}:1: is signed by a key that is not trusted`),
    ),
  );
});
