import { readdirSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import type { Feature } from '../feature.ts';
import { catalogue } from '../index.ts';
import { ask, bid, Scenario } from '../scenario.ts';

/** A market, and what a feature says of it: a number, or what must hold of one. */
type Example = readonly [market: Scenario, expected: number | ((value: number) => boolean)];

const market = () => new Scenario();
const empty = () => market().snapshot();
const oneSided = () => market().set(ask(102, 0), ask(103, 0));
/** Bids 10 × 100 … 6 × 96, asks 30 × 102 … 26 × 106. */
const five = () => {
  const ranks = [0, 1, 2, 3, 4];
  return market().snapshot(...ranks.flatMap((i) => [bid(100 - i, 10 - i), ask(102 + i, 30 - i)]));
};
const positive = (value: number) => value > 0;
const negative = (value: number) => value < 0;
const near =
  (expected: number, within = 0.05) =>
  (value: number) =>
    Math.abs(value - expected) < within;

/** `times` of something, a second apart. */
function steady(times: number, step: (scenario: Scenario, i: number) => void): Scenario {
  const scenario = market();
  for (let i = 0; i < times; i++) step(scenario.wait(1), i);
  return scenario;
}
const trading = (seconds: number) => steady(seconds, (scenario, i) => scenario.bought(1 + (i % 3)));
/** The mid goes up and down by a tick a second. */
const moving = (seconds: number) =>
  steady(seconds, (scenario, i) => scenario.set(bid(102, i % 2 === 0 ? 1 : 0), bid(100, i % 2 === 0 ? 0 : 1)));
const quiet = (seconds: number) => steady(seconds, (scenario, i) => scenario.set(ask(103, 1 + (i % 2))));

const flow: Example[] = [
  [market(), 0],
  [market().set(bid(100, 15)), positive],
  [market().set(bid(101, 5)), positive],
  [market().set(ask(102, 10)), positive],
  [market().set(ask(102, 0)), positive],
  [market().set(bid(100, 5)), negative],
  [market().set(ask(101, 5)), negative],
  // A snapshot tells where the book is, not how it came there.
  [market().snapshot(bid(100, 999), ask(102, 1)), 0],
];
const bestFlow: Example[] = [...flow, [market().set(bid(99, 500)), 0]];
const deepFlow: Example[] = [...flow, [market().set(bid(99, 500)), positive], [market().set(ask(103, 500)), negative]];
const signedTrades: Example[] = [
  [market(), 0],
  [market().bought(7), near(1, 0.2)],
  [market().sold(7), near(-1, 0.2)],
  [market().bought(7).sold(7), 0],
  [market().set(bid(100, 0), ask(102, 1)), 0],
];
const midReturn: Example[] = [
  [market(), 0],
  [market().wait(60).set(bid(101, 5)), positive],
  [market().wait(60).set(ask(102, 0), ask(101, 1)), negative],
  // While a side is empty the last mid goes on.
  [market().wait(5).set(bid(101, 5)).wait(100).set(ask(102, 0), ask(103, 0)), Number.isFinite],
];
const volatility: Example[] = [
  [market(), 1],
  [moving(600), near(1)],
  [quiet(900), (value) => value >= 0 && value < 0.3],
];
const usual = (more: Scenario, less: Scenario): Example[] => [
  [market(), 0],
  [empty(), 0],
  [more, positive],
  [less, negative],
];
/** The book one minute after it became another: usual is still mostly what it was. */
const after = (change: (scenario: Scenario) => Scenario) => change(steady(300, (scenario) => scenario.tick()));

const examples: Record<string, readonly Example[]> = {
  spread: [
    [market(), 2],
    [oneSided(), 0],
    [market().set(ask(102, 0), ask(103, 0), ask(9000, 1)), 256],
    [market().set(bid(102, 1)), 0],
  ],
  'imbalance-best': [
    [market(), -0.5],
    [market().set(bid(99, 5000)), -0.5],
    [oneSided(), 1],
    [empty(), 0],
  ],
  'imbalance-two': [
    [market(), (30 - 70) / 100],
    [market().set(bid(98, 5000)), -0.4],
  ],
  'imbalance-three': [[five(), (27 - 87) / 114]],
  'imbalance-five': [[five(), (40 - 140) / 180]],
  'imbalance-ten': [
    [five(), (40 - 140) / 180],
    [five().set(bid(90, 100)), 0],
  ],
  'imbalance-behind': [
    [five(), (30 - 110) / 140],
    [five().set(bid(100, 5000)), (30 - 110) / 140],
    [market().snapshot(bid(100, 1), ask(101, 2)), 0],
  ],
  'imbalance-weighted': [
    [market(), (20 - 50) / 70],
    [market().set(bid(90, 110)), (30 - 50) / 80],
    [empty(), 0],
  ],
  'microprice-offset': [
    [market(), -0.5],
    [market().set(bid(100, 90)), 0.5],
    [oneSided(), 0],
  ],
  'microprice-depth': [
    [market().snapshot(bid(100, 10), ask(102, 30)), -0.25],
    [market().snapshot(bid(100, 30), ask(102, 10)), 0.25],
    [market().snapshot(bid(100, 10), bid(80, 10), ask(102, 20)), (1 - 11) / 2 / 12],
    [market().snapshot(bid(101, 30), ask(101, 10)), 0],
    [oneSided(), 0],
  ],
  'microprice-volatility': [
    [market(), -0.5],
    [oneSided(), 0],
  ],
  concentration: [
    [five(), 40 / 180],
    [market().snapshot(bid(100, 1), ask(101, 1)), 1],
    [empty(), 0],
  ],
  'concentration-imbalance': [
    [five(), 10 / 40 - 30 / 140],
    [oneSided(), 0],
  ],
  'slope-imbalance': [
    [market().snapshot(bid(100, 1), bid(99, 1), ask(102, 1), ask(105, 1)), 0.5],
    [empty(), 0],
  ],
  'gap-imbalance': [
    [market().snapshot(bid(100, 1), bid(99, 1), ask(102, 1), ask(105, 1)), 0.5],
    [five(), 0],
    [empty(), 0],
  ],
  'queue-usual': usual(
    after((s) => s.set(bid(100, 1000))),
    after((s) => s.set(ask(102, 1))),
  ),
  'depth-five-usual': usual(
    after((s) => s.set(bid(99, 1000))),
    after((s) => s.set(ask(103, 0))),
  ),
  'depth-ten-usual': usual(
    after((s) => s.set(bid(90, 1000))),
    after((s) => s.set(ask(103, 0))),
  ),
  'slope-usual': usual(
    after((s) => s.set(bid(80, 20))),
    after((s) => s.set(ask(102, 100))),
  ),
  'gap-usual': usual(
    after((s) => s.set(bid(99, 0), bid(90, 1))),
    after((s) => s.set(ask(103, 0))),
  ),
  'width-usual': usual(
    after((s) => s.set(bid(90, 1))),
    after((s) => s.set(ask(103, 0))),
  ),
  'spread-usual': usual(
    after((s) => s.set(bid(100, 0))),
    after((s) => s.set(bid(101, 1))),
  ),
  'spread-volatility': [
    [market(), 2 / Math.sqrt(10)],
    [oneSided(), 0],
  ],
  'ofi-fast': bestFlow,
  'ofi-slow': bestFlow,
  'ofi-long': bestFlow,
  'ofi-depth-fast': deepFlow,
  'ofi-depth': [...deepFlow, [five().set(bid(95, 100)), 0]],
  'ofi-ten': [...deepFlow, [five().set(bid(95, 100)), positive]],
  'trade-flow-fast': signedTrades,
  'trade-flow-slow': signedTrades,
  'trade-flow-long': signedTrades,
  'trade-pressure': [...signedTrades, [market().bought(1).bought(1).sold(900), positive]],
  'trade-imbalance': [
    [market(), 0],
    [market().bought(3).sold(1), 0.5],
    [market().sold(3), -1],
  ],
  'trade-intensity': [
    [trading(600), near(1, 0.15)],
    [market().set(bid(100, 0), ask(102, 1)), 0],
    [trading(600).wait(60).tick(), near(0, 0.01)],
  ],
  'volume-intensity': [
    [trading(600), near(1, 0.2)],
    [market(), 0],
    [trading(600).sold(500), (value) => value > 5],
  ],
  'event-intensity': [
    [trading(600), near(1, 0.3)],
    [trading(600).wait(60).tick(), (value) => value < 0.7],
  ],
  'move-intensity': [
    [moving(600), near(1, 0.15)],
    [market(), 0],
    [moving(600).wait(120).tick(), near(0, 0.01)],
  ],
  'time-since-trade': [
    [market(), 60],
    [market().bought(1), 0],
    [market().bought(1).wait(2.5).set(bid(100, 1), ask(102, 1)), 2.5],
    [market().sold(1).wait(500).tick(), 60],
  ],
  'time-since-move': [
    [market(), 60],
    [market().set(bid(101, 1)), 0],
    [market().set(bid(101, 1)).wait(2.5).set(bid(99, 1)), 2.5],
  ],
  'return-instant': midReturn,
  'return-fast': midReturn,
  'return-slow': midReturn,
  'return-long': midReturn,
  'volatility-fast': volatility,
  'volatility-slow': volatility,
  'volatility-ratio': [
    [market(), 0],
    [moving(600), near(0, 0.2)],
    [moving(600).wait(30).set(bid(101, 1)).wait(30).tick(), negative],
  ],
};

for (const feature of catalogue) {
  test(feature.name, (t) => {
    const cases = examples[feature.name] ?? [];
    t.true(cases.length > 0, 'a feature without an example says nothing to its reader');
    for (const [i, [scenario, expected]] of cases.entries()) {
      const value = scenario.valueOf(feature);
      if (typeof expected === 'number') t.is(value, expected, `example ${i + 1}`);
      else t.true(expected(value), `example ${i + 1}: ${value}`);
    }
  });
}

test('the catalogue is the folder, and no example is of anything else', (t) => {
  const files = readdirSync(import.meta.dirname).filter((file) => !file.includes('.test.'));
  const names = catalogue.map(({ name }) => name).sort();
  t.deepEqual(files.map((file) => file.replace('.ts', '')).sort(), names);
  t.deepEqual(Object.keys(examples).sort(), names);
});

/** Values of a feature while a window passes: what it keeps of itself. */
function fades(t: ExecutionContext, name: string, seconds: number, scenario: Scenario): void {
  const feature = catalogue.find((known) => known.name === name) as Feature;
  const now = scenario.valueOf(feature);
  const later = scenario.wait(seconds).tick().valueOf(feature);
  // What is usual fades too, over five minutes.
  t.true(Math.abs(later / now - Math.exp(-1 + seconds / 300)) < 0.01, `${name}: ${later / now}`);
}

test('a flow fades over its window, and is free of how large a lot is', (t) => {
  const levels = () => steady(2000, (scenario, i) => scenario.set(bid(100, 10 + 5 * (i % 2))));
  for (const [name, seconds] of [
    ['ofi-fast', 2],
    ['ofi-slow', 20],
  ] as const)
    fades(t, name, seconds, levels());
  const trades = () => steady(1000, (scenario) => scenario.bought(5).wait(1).sold(4));
  for (const [name, seconds] of [
    ['trade-flow-fast', 2],
    ['trade-flow-slow', 20],
  ] as const) {
    fades(t, name, seconds, trades());
  }
});
