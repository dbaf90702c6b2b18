import test from 'ava';
import type { Slot } from '../../runtime/contract.ts';
import { sha256Of } from '../../runtime/evidence/digest.ts';
import { type Audit, findings } from './findings.ts';

const approved: Slot = {
  environment: 'local',
  policy: sha256Of('policy'),
  image: sha256Of('image'),
  limits: sha256Of('limits'),
  config: sha256Of('config'),
  manifests: sha256Of('manifests'),
};

function told(slot: Slot | string, change: Partial<Audit['resolved']['digests']> = {}): Audit {
  return {
    schema: 'emp/audit/v1',
    environment: 'local',
    mode: 'paper',
    policyDigest: null,
    session: 'up',
    positionKnown: true,
    symbols: [],
    disables: [],
    resolved: {
      slot: typeof slot === 'string' ? slot : JSON.stringify(slot),
      digests: { config: approved.config, limits: approved.limits, ...change },
    },
  };
}

const found = test.macro({
  title: (title) => `audit: ${title}`,
  exec: (t, audit: Audit, slot: Slot | null, ...problems: string[]) => {
    t.deepEqual(
      findings(audit, 'local', slot).map(({ problem }) => problem),
      problems,
    );
  },
});

test('the approved slot', found, told(approved), approved);
test('nothing, and nothing approved', found, told('empty'), null);
test('another image', found, told({ ...approved, image: sha256Of('x') }), approved, 'runs another image');
test('limits lowered since', found, told(approved, { limits: sha256Of('x') }), approved, 'has other limits in force');
test('a trial', found, told('trial'), approved, 'trades what no repository approved');
test('a trial where nothing is approved', found, told('trial'), null, 'trades what no repository approved');
test(
  'a slot where nothing is approved',
  found,
  told(approved),
  null,
  ...['policy', 'image', 'limits', 'config', 'manifests'].map((part) => `runs another ${part}`),
);
test('another environment', found, { ...told(approved), environment: 'paper' }, approved, 'runs another environment');
