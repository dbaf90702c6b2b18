import test from 'ava';
import type { Slot } from '../../runtime/contract.ts';
import type { RecordKind } from '../../runtime/journal/journal.ts';
import { MemoryJournal } from '../../runtime/journal/memory-journal.ts';
import { traceFill } from './trace.ts';

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;

function slotOf(policy: string): Slot {
  return {
    environment: 'local',
    policy,
    image: digest('a'),
    limits: digest('b'),
    config: digest('c'),
    manifests: digest('d'),
  };
}

/** A journal of these records, numbered from 1. */
function journalOf(...records: readonly [RecordKind, number, object][]): MemoryJournal {
  const journal = new MemoryJournal();
  journal.transaction(() => records.map(([kind, timeUs, body]) => journal.append(kind, timeUs, body)));
  return journal;
}

const boot = (policy: string): [RecordKind, number, object] => [
  'boot',
  0,
  { policy, slot: JSON.stringify(slotOf(policy)) },
];
const forecast = (timeUs: number, symbol: string, mean: number): [RecordKind, number, object] => [
  'forecast',
  timeUs,
  { symbol, mean: [mean] },
];
const order = (clOrdId: string, intentSeq: number, more: object = {}): [RecordKind, number, object] => [
  'order',
  20,
  { clOrdId, intentSeq, action: 'new', symbol: 'A', ...more },
];
const fill = (clOrdId: string, intentSeq: number, execId: string): [RecordKind, number, object] => [
  'fill',
  21,
  { clOrdId, intentSeq, execId, symbol: 'A' },
];

test('a replaced order that is filled after a restart goes back to the policy that wanted it', (t) => {
  const journal = journalOf(
    boot(digest('1')),
    forecast(10, 'A', 0.1),
    forecast(20, 'B', 0.2),
    forecast(20, 'A', 0.3),
    ['intent', 20, { symbolId: 0 }],
    order('EMP-1', 5),
    order('EMP-2', 5, { action: 'replace', origClOrdId: 'EMP-1' }),
    boot(digest('2')),
    forecast(20, 'A', 0.4),
    fill('EMP-2', 5, 'X1'),
    fill('EMP-9', 1, 'X2'),
    fill('EMP-2', 5, 'X3'),
  );
  const trace = traceFill(journal);
  t.is(trace.clOrdId, 'EMP-2');
  t.deepEqual(
    trace.fills.map(({ body }) => body.execId),
    ['X1', 'X3'],
  );
  t.deepEqual(
    trace.orders.map(({ body }) => body.clOrdId),
    ['EMP-1', 'EMP-2'],
  );
  t.is(trace.intent?.seq, 5);
  t.is(trace.forecast?.seq, 4);
  t.is(trace.policy, digest('1'));
  t.deepEqual(trace.slot, slotOf(digest('1')));
  t.deepEqual(traceFill(journal, 'EMP-2'), trace);
});

test('a flatten has a reason and no intent', (t) => {
  const trace = traceFill(
    journalOf(
      boot(digest('1')),
      ['flatten', 1, { event: 'started', reason: 'HTTP: asked' }],
      ['flatten', 2, { event: 'ended', outcome: 'flat' }],
      ['flatten', 19, { event: 'started', reason: 'the market closes' }],
      order('EMP-1', 0),
      fill('EMP-1', 0, 'X1'),
    ),
  );
  t.is(trace.intent, undefined);
  t.is(trace.forecast, undefined);
  t.is(trace.flattenReason, 'the market closes');
});

test('a runtime without an approval has a policy and no slot', (t) => {
  const trial = ['boot', 0, { policy: digest('1'), slot: 'trial' }] as const;
  const trace = traceFill(journalOf([...trial], order('EMP-1', 0), fill('EMP-1', 0, 'X1')));
  t.is(trace.policy, digest('1'));
  t.is(trace.slot, undefined);
});

const refusals: readonly [string, MemoryJournal, string | undefined, string][] = [
  ['no fill at all', journalOf(boot(digest('1'))), undefined, 'the journal holds no fill: nothing was traded yet'],
  [
    'an order that was never filled',
    journalOf(order('EMP-1', 0)),
    'EMP-1',
    'EMP-1: was never filled; fills in the journal: none',
  ],
  [
    'an unknown order',
    journalOf(order('EMP-1', 0), fill('EMP-1', 0, 'X1')),
    'EMP-7',
    'EMP-7: is no order of ours; fills in the journal: EMP-1 is the first of 1',
  ],
  [
    'a fill without its order',
    journalOf(fill('EMP-1', 0, 'X1')),
    'EMP-1',
    'EMP-1: was filled, but the journal holds no order of that name',
  ],
];
for (const [title, journal, clOrdId, message] of refusals) {
  test(`refuses ${title}`, (t) => {
    t.throws(() => traceFill(journal, clOrdId), { message });
  });
}
