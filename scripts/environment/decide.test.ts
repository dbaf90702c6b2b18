import test from 'ava';
import type { Promoted, Standing } from '../../policies/ledger/standing.ts';
import type { Slot } from '../../runtime/contract.ts';
import { sha256Of } from '../../runtime/evidence/digest.ts';
import { decide, type Observed } from './decide.ts';

const nowUs = 1_700_000_000_000_000;
const slotNamed = (name: string): Slot => ({
  environment: 'local',
  policy: sha256Of(name),
  image: sha256Of('image'),
  manifests: sha256Of('manifests'),
  limits: sha256Of('limits'),
  config: sha256Of('config'),
});

function promoted(seq: number, name: string, verified: boolean): Promoted {
  const entry = {
    seq,
    timeUs: nowUs,
    kind: 'promoted' as const,
    environment: 'local',
    policy: sha256Of(name),
    evidence: sha256Of('evidence'),
    commit: 'c'.repeat(40),
    restores: null,
    because: '',
    previous: sha256Of('previous'),
    hash: sha256Of('hash'),
  };
  return { entry, verified };
}

const standingOf = (...promotions: Promoted[]): Standing => ({
  promotions,
  holder: promotions.at(-1)?.entry,
  held: undefined,
});

const observed: Observed = { running: { slot: slotNamed('c'), busy: null }, regression: undefined, nowUs };
const three = standingOf(promoted(1, 'a', true), promoted(2, 'b', false), promoted(3, 'c', false));
const regression = { status: 'failed' as const, because: 'PnL', timeUs: nowUs - 5_000_000, windowUs: 60_000_000 };

const restored = (standing: Standing, restorable: (one: Promoted) => boolean = () => true) => {
  const decision = decide(standing, slotNamed('c'), observed, restorable);
  if (decision.outcome !== 'rollback') throw new Error(decision.because);
  return { to: decision.restore?.entry.seq, undone: decision.undone.map(({ entry }) => entry.seq) };
};

test('goes to the last verified, not to the last', (t) => {
  t.deepEqual(restored(three), { to: 1, undone: [2, 3] });
});

test('goes before the present one even when that was verified: it is what regressed', (t) => {
  t.deepEqual(restored(standingOf(promoted(1, 'a', true), promoted(3, 'c', true))), { to: 1, undone: [3] });
});

test('nothing verified before: nothing trades', (t) => {
  t.deepEqual(restored(standingOf(promoted(2, 'b', false), promoted(3, 'c', false))), {
    to: undefined,
    undone: [2, 3],
  });
});

test('what no longer fits the image is passed over', (t) => {
  const standing = standingOf(promoted(1, 'a', true), promoted(2, 'b', true), promoted(3, 'c', false));
  t.deepEqual(
    restored(standing, ({ entry }) => entry.seq !== 2),
    { to: 1, undone: [2, 3] },
  );
});

const refused = test.macro({
  title: (title) => `refused: ${title}`,
  exec: (t, standing: Standing, change: Partial<Observed>, reason: string) => {
    const decision = decide(standing, slotNamed('c'), { ...observed, ...change }, () => true);
    if (decision.outcome !== 'refused') return t.fail();
    t.is(decision.reason, reason as never);
  },
});

const rolledBack: Standing = {
  ...three,
  holder: { ...promoted(4, 'a', true).entry, kind: 'rolledBack', restores: 1 },
};
const running = (name: string, busy: string | null = null) => ({ running: { slot: slotNamed(name), busy } });

test('nothing was ever promoted', refused, standingOf(), {}, 'NOTHING_PROMOTED');
test('a rollback of a rollback', refused, rolledBack, {}, 'ROLLBACK_OF_ROLLBACK');
test('another slot still runs', refused, three, running('b'), 'NOT_SETTLED');
test('a sync is under way', refused, three, running('c', 'sync to commit abc'), 'NOT_SETTLED');
test('the gate errored', refused, three, { regression: { ...regression, status: 'errored' } }, 'GATE_ERRORED');
test(
  'the failure is older than the window',
  refused,
  three,
  { regression: { ...regression, timeUs: nowUs - 60_000_001 } },
  'OUTSIDE_WINDOW',
);

test('a failure within the window, and nothing running, do not stand in the way', (t) => {
  t.is(decide(three, slotNamed('c'), { ...observed, regression }, () => true).outcome, 'rollback');
  t.is(decide(three, slotNamed('c'), { ...observed, running: undefined }, () => true).outcome, 'rollback');
});
