/**
 * The mode is a property of the environment: what it trades for is decided once, in Git, and no flag of a pod says
 * otherwise.
 */
import { containersOf, podKinds, podOf, podVariables } from '../pods.ts';
import type { Rule } from '../rule.ts';

const flagOf = (mode: 'paper' | 'live') => `--${mode}-mode`;
const otherThan = (mode: 'paper' | 'live') => (mode === 'live' ? 'paper' : 'live');
const WORDS = 'container.?command.orValue([]) + container.?args.orValue([])';

export const mode: Rule = {
  name: 'mode',
  holds: 'no pod runs in another mode than its environment',
  applies: () => true,
  check(object, { place }) {
    const pod = podOf(object);
    if (pod === undefined) return [];
    const wrong = flagOf(otherThan(place.mode));
    return containersOf(pod)
      .filter(({ command = [], args = [] }) => [...command, ...args].some((word) => word.includes(wrong)))
      .map(
        ({ name }) => `${name}: has the flag ${wrong}, only ${flagOf(place.mode)} is allowed in ${place.environment}`,
      );
  },
  admission: ({ place }) => {
    const wrong = flagOf(otherThan(place.mode));
    return {
      match: podKinds,
      variables: podVariables,
      validations: [
        {
          expression: `variables.containers.all(container, (${WORDS}).all(word, !word.contains('${wrong}')))`,
          message: `has the flag ${wrong}, only ${flagOf(place.mode)} is allowed in ${place.environment}`,
        },
      ],
    };
  },
};

/** Where no environment is nobody trades: a namespace made on the side is under none of the other rules. */
export const modeElsewhere: Rule = {
  name: 'mode-elsewhere',
  holds: 'nothing trades live outside an environment',
  applies: ({ place }) => place.mode === 'live',
  check(object, { place }) {
    const pod = podOf(object);
    if (pod === undefined || object.metadata.namespace === place.namespace) return [];
    return containersOf(pod)
      .filter(({ command = [], args = [] }) => [...command, ...args].some((word) => word.includes(flagOf('live'))))
      .map(
        ({ name }) =>
          `${name}: has the flag ${flagOf('live')}, which is allowed in no namespace but ${place.namespace}`,
      );
  },
  admission: ({ place }) => ({
    match: podKinds,
    where: 'elsewhere',
    variables: podVariables,
    validations: [
      {
        expression: `variables.containers.all(container, (${WORDS}).all(word, !word.contains('${flagOf('live')}')))`,
        message: `has the flag ${flagOf('live')}, which is allowed in no namespace but ${place.namespace}`,
      },
    ],
  }),
};
