/**
 * A live pod reads no policy but the one that the pointer names. The files of a policy are a ConfigMap whose name ends in
 * its digest, or an image volume; what is approved stands in the ConfigMap `emp-approved`, which arrives in the same commit
 * as the approval. Whether the files are what the name says, and whether the approval is signed, the runtime checks as it boots.
 */
import type { ClusterObject } from '../../cluster/object.ts';
import { nameOf } from '../../manifests/names.ts';
import { podKinds, podOf, podVariables, type Volume } from '../pods.ts';
import type { Rule } from '../rule.ts';
import { PINNED, PINNED_IN_CEL } from './digest-pinned.ts';

const PREFIX = 'emp-policy-';
const NONE = `${PREFIX}none`;
export const APPROVED = 'emp-approved';
/** Gates judge what is not approved yet: as hooks they run before the approval is there. What they read is pinned all the same. */
const JUDGES = nameOf('gate');

export const approvedPolicy: Rule = {
  name: 'approved-policy',
  holds: 'a live pod reads the approved policy or none',
  applies: ({ place }) => place.mode === 'live',
  check(object, { approvedPolicy: digest, approvedImage }) {
    const allowed = [NONE, ...(digest === undefined ? [] : [configMapOf(digest)])];
    return [
      ...policiesOf(object)
        .filter((name) => !allowed.includes(name))
        .map(
          (name) =>
            `reads the policy ${name}, only ${allowed.join(' and ')} ${allowed.length > 1 ? 'are' : 'is'} allowed`,
        ),
      ...imagesOf(object)
        .filter((reference) => PINNED.test(reference) && reference !== approvedImage)
        .map((reference) => `reads the image ${reference}, only ${approvedImage ?? 'none'} is allowed`),
    ];
  },
  admission: () => ({
    match: podKinds,
    parameters: APPROVED,
    variables: [
      ...podVariables,
      { name: 'volumes', expression: 'variables.pod.?volumes.orValue([])' },
      {
        name: 'allowed',
        expression: `['${NONE}', '${PREFIX}' + params.data.?policy.orValue('').replace('sha256:', '').substring(0, params.data.?policy.orValue('').size() >= 19 ? 12 : 0)]`,
      },
    ],
    validations: [
      {
        expression: `variables.volumes.all(volume, !volume.?configMap.name.orValue('').startsWith('${PREFIX}') || volume.configMap.name in variables.allowed)`,
        message: `reads a policy that is not approved: only what the ConfigMap ${APPROVED} names is allowed`,
      },
      {
        expression: `variables.volumes.all(volume, volume.?projected.sources.orValue([]).all(source, !source.?configMap.name.orValue('').startsWith('${PREFIX}') || source.configMap.name in variables.allowed))`,
        message: `reads a policy that is not approved: only what the ConfigMap ${APPROVED} names is allowed`,
      },
      {
        // One that a tag names is `digest-pinned`'s to refuse.
        expression: `variables.pod.?serviceAccountName.orValue('') == '${JUDGES}' || variables.volumes.all(volume, !has(volume.image) || !volume.image.reference.matches(${PINNED_IN_CEL}) || volume.image.reference == params.data.?image.orValue(''))`,
        message: `reads an image that is not approved: only what the ConfigMap ${APPROVED} names is allowed`,
      },
    ],
  }),
};

/** `sha256:…` → the ConfigMap with the files of that policy. */
function configMapOf(digest: string): string {
  return `${PREFIX}${digest.slice('sha256:'.length, 'sha256:'.length + 12)}`;
}

function policiesOf(object: ClusterObject): readonly string[] {
  const named = (volume: Volume) => [
    volume.configMap?.name,
    ...(volume.projected?.sources ?? []).map(({ configMap }) => configMap?.name),
  ];
  const names = (podOf(object)?.volumes ?? []).flatMap(named);
  return [...new Set(names.filter((name): name is string => name?.startsWith(PREFIX) ?? false))];
}

function imagesOf(object: ClusterObject): readonly string[] {
  const pod = podOf(object);
  if (pod?.serviceAccountName === JUDGES) return [];
  return (pod?.volumes ?? []).flatMap(({ image }) => image?.reference ?? []);
}
