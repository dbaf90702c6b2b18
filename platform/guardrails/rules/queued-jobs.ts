/** What can wait goes through a queue: otherwise evolution takes the room that trading and gates need. */
import { QUEUES } from '../../cluster/queues.ts';
import type { Rule } from '../rule.ts';

const QUEUE = 'kueue.x-k8s.io/queue-name';
const COMPONENT = 'app.kubernetes.io/component';

/** Jobs that nobody may hold up: a sync waits for gates, the last one among them, an operator for the drift report. */
const UNQUEUED = ['gate', 'regression', 'drift', 'test'];

export const queuedJobs: Rule = {
  name: 'queued-jobs',
  holds: 'every Job but those of gates, after a sync too, and of the drift report waits in a queue',
  applies: ({ configuration }) => configuration.jobs !== undefined,
  check({ kind, metadata }) {
    if (kind !== 'Job' || UNQUEUED.includes(metadata.labels?.[COMPONENT] ?? '')) return [];
    const queue = metadata.labels?.[QUEUE];
    if (queue !== undefined && queue in QUEUES) return [];
    return [`the label ${QUEUE} is ${queue ?? 'absent'}, allowed are ${Object.keys(QUEUES).join(', ')}`];
  },
  admission: () => ({
    match: [{ groups: ['batch'], resources: ['jobs'], operations: ['CREATE'] }],
    variables: [{ name: 'labels', expression: 'object.metadata.?labels.orValue({})' }],
    validations: [
      {
        expression: `variables.labels[?'${COMPONENT}'].orValue('') in [${list(UNQUEUED)}] || variables.labels[?'${QUEUE}'].orValue('') in [${list(Object.keys(QUEUES))}]`,
        message: `needs the label ${QUEUE}, allowed are ${Object.keys(QUEUES).join(', ')}`,
      },
    ],
  }),
};

const list = (words: readonly string[]) => words.map((word) => `'${word}'`).join(', ');
