/** Live runs what was built and looked at: a tag can be moved, a digest cannot. */
import type { Place } from '../../cluster/namespace.ts';
import { containersOf, podKinds, podOf, podVariables } from '../pods.ts';
import type { Rule } from '../rule.ts';

export const PINNED = /@sha256:[0-9a-f]{64}$/;
/** The same as CEL writes it. */
export const PINNED_IN_CEL = "'@sha256:[0-9a-f]{64}$'";

/** An archive's digest is another one: a registry compresses layers. */
const fixIn = ({ environment }: Place) =>
  `for ours put the digest that your registry told after the push into image.digest of environments/${environment}/platform.yaml, then npm run render`;

export const digestPinned: Rule = {
  name: 'digest-pinned',
  holds: 'every image of a live pod is pinned by digest',
  applies: ({ place }) => place.mode === 'live',
  check(object, { place }) {
    const pod = podOf(object);
    if (pod === undefined) return [];
    const images = [
      ...containersOf(pod).map(({ name, image = '' }) => ({ name, image })),
      ...(pod.volumes ?? []).flatMap(({ name, image }) => (image ? [{ name, image: image.reference ?? '' }] : [])),
    ];
    return images
      .filter(({ image }) => !PINNED.test(image))
      .map(({ name, image }) => `${name}: the image ${image} is not pinned, NAME@sha256:… is allowed; ${fixIn(place)}`);
  },
  admission: () => ({
    match: podKinds,
    variables: podVariables,
    validations: [
      {
        expression: `variables.containers.all(container, container.image.matches(${PINNED_IN_CEL}))`,
        message: 'an image is not pinned by digest: NAME@sha256:… is allowed in live',
      },
      {
        expression: `variables.pod.?volumes.orValue([]).all(volume, !has(volume.image) || volume.image.reference.matches(${PINNED_IN_CEL}))`,
        message: 'an image volume is not pinned by digest: NAME@sha256:… is allowed in live',
      },
    ],
  }),
};
