/** What gives way to what when a node is full: live before paper, trading before gates, gates before evolution. */
import type { Construct } from 'constructs';
import { choose, equal } from '../template/expression.ts';
import { values } from '../values/references.ts';
import { PriorityClass } from './kinds/priority-class.ts';
import { Option } from './manifest.ts';

export class Priorities {
  constructor(parent: Construct) {
    const scope = new Option(parent, 'priorities', values.priorityClasses);
    const live = equal(values.mode, 'live');
    new PriorityClass(scope, 'runtime', choose(live, 1_000_000, 100_000), 'EMP: what trades');
    new PriorityClass(scope, 'gates', choose(live, 10_000, 1_000), 'EMP: gates, reports and the viewer');
    new PriorityClass(scope, 'evolution', -1_000, 'EMP: evolution, which waits for room');
  }
}
