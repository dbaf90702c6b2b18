import test from 'ava';
import fc from 'fast-check';
import { advance, COLUMNS_KEPT, emptyView, type ViewState } from './history.ts';
import { promotionEvents, tradingEvents } from './scenario.ts';
import { type Generation, type PageEvent, type RuntimeSeen, viewEvent } from './view.ts';

/** As the server passes events on. */
function shown(events: readonly object[]): PageEvent[] {
  return events.map((event) => {
    const parsed = viewEvent.parse(event);
    return parsed.kind === 'runtime' ? { ...parsed, skill: [0.5] } : parsed;
  });
}

const after = (events: readonly PageEvent[], from: ViewState = emptyView) => events.reduce(advance, from);
const trading = shown(tradingEvents(3, 1500)) as RuntimeSeen[];

test('the latest of each kind, and every generation and gate', (t) => {
  const view = after([...shown(promotionEvents(3)), ...trading.slice(0, 2)]);
  t.is(view.phase?.phase, 'promoting');
  t.deepEqual(
    view.generations.map(({ generation }) => generation),
    [0, 1, 2, 3, 4, 5, 6, 7, 8],
  );
  t.is(view.gates.length, 7);
  t.is(view.policy?.ledgerSeq, 4);
  t.is(view.runtime, trading[1] as RuntimeSeen);
});

test('a generation said again replaces itself, an earlier one begins anew', (t) => {
  const generation = (number: number, best: number): Generation => ({
    kind: 'generation',
    generation: number,
    generations: 9,
    best,
    spread: null,
    candidates: [],
    etaSeconds: null,
  });
  const view = after([generation(0, 1), generation(1, 2), generation(1, 3)]);
  t.deepEqual(
    view.generations.map(({ best }) => best),
    [1, 3],
  );
  t.deepEqual(
    advance(view, generation(0, 7)).generations.map(({ best }) => best),
    [7],
  );
});

test('gates stand until the next candidate is gated', (t) => {
  const view = after(shown(promotionEvents(3)));
  const gating: PageEvent = { kind: 'phase', phase: 'gating', note: '' };
  t.is(advance(view, { kind: 'phase', phase: 'trading', note: '' }).gates.length, 7);
  const next = advance(view, gating);
  t.is(next.gates.length, 0);
  const gate = view.gates[0] as ViewState['gates'][number];
  t.is(after([gate, gating], next).gates.length, 1, 'said twice, gating is still of the same candidate');
});

test('the course is bounded, in order, and keeps its beginning', (t) => {
  let view = emptyView;
  for (const [i, event] of trading.entries()) {
    view = advance(view, event);
    t.true(view.course.length <= 600);
    t.true(i - (view.course.length - 1) * view.courseStride < 2 * view.courseStride);
  }
  t.is(view.courseStride, 4);
  t.is(view.course[0]?.timeUs, trading[0]?.snapshot.timeUs);
  for (const [i, { timeUs }] of view.course.slice(1).entries()) t.true(timeUs > (view.course[i]?.timeUs as number));
  t.is(view.depth['SIM-S']?.length, COLUMNS_KEPT);
  t.is(view.depth['SIM-S']?.at(-1)?.timeUs, trading.at(-1)?.snapshot.timeUs);
});

test('time that stands still adds nothing; time that runs back begins anew', (t) => {
  const [first, second] = trading as [RuntimeSeen, RuntimeSeen];
  const view = after([first, second, second]);
  t.is(view.course.length, 2);
  t.is(view.depth['SIM-L']?.length, 2);
  const again = advance(view, first);
  t.is(again.course.length, 1);
  t.is(again.depth['SIM-L']?.length, 1);
});

test('a runtime that has not heard of the market yet neither draws nor forgets', (t) => {
  const [first, second, third] = trading as [RuntimeSeen, RuntimeSeen, RuntimeSeen];
  const deaf: RuntimeSeen = { ...first, snapshot: { ...first.snapshot, timeUs: 0 } };
  t.deepEqual(advance(emptyView, deaf).course, []);
  const restarted = after([first, second, deaf, third]);
  t.deepEqual(
    restarted.course.map(({ timeUs }) => timeUs),
    [first, second, third].map(({ snapshot }) => snapshot.timeUs),
  );
  t.is(restarted.depth['SIM-S']?.length, 3);
  t.is(after([second, deaf, first]).course.length, 1, 'event time ran back across the silence');
});

test('who joins at any moment, by JSON, sees what the others see', (t) => {
  const events = JSON.parse(JSON.stringify([...shown(promotionEvents(3)), ...trading.slice(0, 700)])) as PageEvent[];
  fc.assert(
    fc.property(fc.nat(events.length), (moment) => {
      const state = JSON.parse(JSON.stringify(after(events.slice(0, moment)))) as ViewState;
      t.deepEqual(after(events.slice(moment), state), after(events));
    }),
    { numRuns: 8 },
  );
});
