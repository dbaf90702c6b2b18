import type { SnapshotSymbol } from './snapshot-schema.ts';
import type { GateLine, Generation, Link, PageEvent, Phase, PolicyCard, RuntimeSeen } from './view.ts';

const GENERATIONS_KEPT = 500;
const POINTS_KEPT = 600;
/** A minute of book at four snapshots a second. */
export const COLUMNS_KEPT = 240;

/** One moment of the run's course. Money in micro-USD. */
export interface CoursePoint {
  readonly timeUs: number;
  readonly pnl: RuntimeSeen['snapshot']['pnl'];
  readonly skill: readonly (number | null)[];
}

/** One moment of one symbol's book: what a heat map's column shows. */
export interface DepthColumn {
  readonly timeUs: number;
  readonly midHalfTicks: number | null;
  readonly bids: SnapshotSymbol['bids'];
  readonly asks: SnapshotSymbol['asks'];
}

/** All that a page shows, as plain data. */
export interface ViewState {
  readonly phase: Phase | null;
  readonly generations: readonly Generation[];
  readonly gates: readonly GateLine[];
  readonly policy: PolicyCard | null;
  readonly runtime: RuntimeSeen | null;
  readonly link: Link | null;
  /** The whole run, oldest first; the longer it lasts the farther apart the points. */
  readonly course: readonly CoursePoint[];
  /** Snapshots per point of the course. */
  readonly courseStride: number;
  /** Snapshots since the course's last point. */
  readonly courseWaiting: number;
  /** The latest book of each symbol, oldest first. */
  readonly depth: Readonly<Record<string, readonly DepthColumn[]>>;
}

export const emptyView: ViewState = {
  phase: null,
  generations: [],
  gates: [],
  policy: null,
  runtime: null,
  link: null,
  course: [],
  courseStride: 1,
  courseWaiting: 0,
  depth: {},
};

/**
 * The view after an event. Server and page share it, so that a page that joins late shows what one shows that was there
 * from the start. Bounded: it never grows with the length of a run.
 */
export function advance(view: ViewState, event: PageEvent): ViewState {
  switch (event.kind) {
    case 'phase': {
      const begins = event.phase === 'gating' && view.phase?.phase !== 'gating';
      return { ...view, phase: event, gates: begins ? [] : view.gates };
    }
    case 'generation':
      return { ...view, generations: withGeneration(view.generations, event) };
    case 'gate':
      return { ...view, gates: withGate(view.gates, event) };
    case 'policy':
      return { ...view, policy: event };
    case 'link':
      return { ...view, link: event };
    case 'runtime':
      return withSnapshot(view, event);
  }
}

/** A generation said again replaces itself; an earlier number than the last begins another run of evolution. */
function withGeneration(generations: readonly Generation[], event: Generation): readonly Generation[] {
  return [...generations.filter(({ generation }) => generation < event.generation), event].slice(-GENERATIONS_KEPT);
}

function withGate(gates: readonly GateLine[], event: GateLine): readonly GateLine[] {
  const at = gates.findIndex(({ name }) => name === event.name);
  return at < 0 ? [...gates, event] : gates.with(at, event);
}

function withSnapshot(view: ViewState, event: RuntimeSeen): ViewState {
  const { snapshot, skill } = event;
  // The later of the two: the course leaves snapshots out, and a runtime that has not heard of the market yet says 0.
  const before = Math.max(view.runtime?.snapshot.timeUs ?? 0, view.course.at(-1)?.timeUs ?? 0);
  // While event time is unknown or stands still there is nothing new to draw; when it runs back, another run has begun.
  if (snapshot.timeUs === 0 || snapshot.timeUs === before) return { ...view, runtime: event };
  const fresh = before === 0 || before > snapshot.timeUs;
  const point = { timeUs: snapshot.timeUs, pnl: snapshot.pnl, skill };
  const course = fresh ? startOfCourse(point) : withPoint(view, point);
  const earlier = fresh ? {} : view.depth;
  const depth = Object.fromEntries(
    snapshot.symbols.map(({ symbol, midHalfTicks, bids, asks }) => {
      const column = { timeUs: snapshot.timeUs, midHalfTicks, bids, asks };
      return [symbol, [...(earlier[symbol] ?? []), column].slice(-COLUMNS_KEPT)];
    }),
  );
  return { ...view, ...course, runtime: event, depth };
}

type Course = Pick<ViewState, 'course' | 'courseStride' | 'courseWaiting'>;

function startOfCourse(point: CoursePoint): Course {
  return { course: [point], courseStride: 1, courseWaiting: 0 };
}

/** Adds every `courseStride`-th point; a full course drops every second one and doubles its stride. */
function withPoint({ course, courseStride, courseWaiting }: Course, point: CoursePoint): Course {
  if (courseWaiting + 1 < courseStride) return { course, courseStride, courseWaiting: courseWaiting + 1 };
  if (course.length < POINTS_KEPT) return { course: [...course, point], courseStride, courseWaiting: 0 };
  return {
    course: [...course.filter((_, i) => i % 2 === 0), point],
    courseStride: courseStride * 2,
    courseWaiting: 0,
  };
}
