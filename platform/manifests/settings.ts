/** The ConfigMaps that a runtime reads, and where they lie in a pod. */
import type { Construct } from 'constructs';
import type { ConfigMap, Volume, VolumeMount } from 'kubernetes-types/core/v1.js';
import {
  all,
  choose,
  digest12,
  type Expression,
  either,
  equal,
  given,
  json,
  not,
  sha256,
  type Templated,
  text,
  when,
} from '../template/expression.ts';
import { values } from '../values/references.ts';
import { Manifest, Option } from './manifest.ts';
import { commonLabels } from './names.ts';

/** The deployment as the runtime sees it: what the commit holds below `environments/` and `policies/`. */
export const DEPLOYMENT = '/srv/emp';
export const LIMITS = 'emp-limits';
/** Documents and policy for the gates of Argo CD's PreSync hook. */
export const GATE_INPUT = 'emp-gate-input';
/** From outside the repository: the keys that may approve, and the ledger's last-seen head. */
export const TRUST = 'emp-trust';
/** What admission lets a live pod read: see the rule `approved-policy`. */
export const APPROVED = 'emp-approved';
export const EVIDENCE_KEY = 'evidence.intoto.jsonl';

const configText = either(values.documents.config, json(values.config));
const limitsText = either(values.documents.limits, json(values.limits));
const digest = values.policy.digest;
const hasPolicy = given(digest);
/** Else its files lie in the ConfigMap that carries its name. */
const inImage = given(values.policy.image);
const policy12 = digest12(digest);

/** Changes with the content, so that a changed configuration starts a new pod. */
export const configName = text`emp-config-${sha256(configText, 10)}`;
export const policyName = choose(hasPolicy, text`emp-policy-${policy12}`, text`emp-policy-none`);
export const policyFolder = text`${DEPLOYMENT}/policies/approved/${policy12}`;

/**
 * Digest of what a Job's pods are made from, for its name: what a Job runs never changes, so that with another image,
 * configuration or policy it must be another Job. `own` are the values of its own workload.
 */
export const digestOfWork = (own: Expression<unknown>) =>
  sha256(
    text`${configName} ${policyName} ${values.policy.image} ${json(values.image)} ${json(values.database)} ${json(own)}`,
    8,
  );

/** Digest of the limits, for the name of a Job whose verdict is about them, too. */
export const digestOfLimits = sha256(limitsText, 8);

/**
 * A Job that a sync runs before or after it; its name says what it is about, and an earlier one is gone after a week.
 *
 * What such Jobs need comes in a wave before them and is never deleted beforehand, only when the sync failed: when Argo CD
 * (3.2) tries a sync again, it takes an object of the first wave that it has just deleted for the one of the try before,
 * makes no new one, and the Jobs wait for an account that is gone.
 */
export const hookOf = (phase: 'PreSync' | 'PostSync', wave: number) => ({
  'argocd.argoproj.io/hook': phase,
  'argocd.argoproj.io/hook-delete-policy': wave < 0 ? 'HookFailed' : 'BeforeHookCreation',
  'argocd.argoproj.io/sync-wave': String(wave),
});
export const HOOK_KEPT_SECONDS = 7 * 86_400;

/** Files of the objects that an overlay generates from its documents, so that base has none of them. */
export const SETTINGS_FILES: readonly string[] = [
  'config-config-map.yaml',
  'limits-config-map.yaml',
  'no-policy-config-map.yaml',
];

export class Settings {
  constructor(scope: Construct) {
    new Manifest<ConfigMap>(scope, 'config-config-map', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: configName, labels: commonLabels },
      immutable: true,
      data: { 'config.yaml': configText },
    });
    // One name whatever the content: the runtime watches the file and swaps limits without a restart. The evidence lies
    // with them because every change of a limit brings a new approval: both arrive at once, in one object.
    new Manifest<ConfigMap>(scope, 'limits-config-map', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: LIMITS, labels: commonLabels },
      data: {
        'limits.yaml': limitsText,
        [EVIDENCE_KEY]: when(hasPolicy, values.policy.evidence),
      },
    });
    // For the API server, which cannot read a signed statement: it arrives in the same commit as the approval.
    new Manifest<ConfigMap>(scope, 'approved-config-map', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: APPROVED, labels: commonLabels },
      data: { policy: digest, image: when(inImage, values.policy.image) },
    });
    // That of a policy holds its files; see `policyConfigMap`.
    new Manifest<ConfigMap>(new Option(scope, 'no-policy', not(hasPolicy)), 'no-policy-config-map', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'emp-policy-none', labels: commonLabels },
      immutable: true,
      data: { 'policy.yaml': NO_POLICY },
    });
  }
}

const NO_POLICY = 'policy: null\npath: null\nevidence: null\n';

/** `policy.yaml` as a pod reads it: all of it follows from the digest. */
export function pointerYaml(environment: string, policy: string): string {
  if (policy === '') return NO_POLICY;
  const twelve = policy.slice('sha256:'.length, 'sha256:'.length + 12);
  const evidence = `policies/evidence/${environment}/${twelve}.intoto.jsonl`;
  return `policy: ${policy}\npath: policies/approved/${twelve}\nevidence: ${evidence}\n`;
}

/** The ConfigMaps that hold a deployment's documents. */
interface Sources {
  readonly config: Templated<string>;
  readonly limits: Templated<string>;
  readonly policy: Templated<string>;
}

const documents = ({ config, limits, policy }: Sources): Templated<Volume> => ({
  name: 'documents',
  projected: {
    sources: [
      { configMap: { name: config, items: [{ key: 'config.yaml', path: 'config.yaml' }] } },
      { configMap: { name: limits, items: [{ key: 'limits.yaml', path: 'limits.yaml' }] } },
      { configMap: { name: policy, items: [{ key: 'policy.yaml', path: 'policy.yaml' }] } },
    ],
  },
});

/** The types that we have are of an older Kubernetes. */
interface ImageVolume extends Volume {
  readonly image: { readonly reference: string; readonly pullPolicy: 'IfNotPresent' };
}

/** The policy's files, which the runtime holds to the policy's digest wherever they come from. */
const policyFiles = ({ policy }: Sources): readonly Templated<Volume>[] => [
  when<Volume>(all(hasPolicy, not(inImage)), {
    name: 'policy',
    configMap: {
      name: policy,
      items: ['policy.json', 'sequence.onnx', 'step.onnx'].map((key) => ({ key, path: text`${policy12}/${key}` })),
    },
  }),
  // What a digest names does not change: a node that has it need not ask.
  when<ImageVolume>(inImage, {
    name: 'policy',
    image: { reference: values.policy.image, pullPolicy: 'IfNotPresent' },
  }),
];

const evidence = ({ limits }: Sources): Templated<Volume> => ({
  name: 'evidence',
  configMap: {
    name: limits,
    items: [{ key: EVIDENCE_KEY, path: text`${values.config.environment}/${policy12}.intoto.jsonl` }],
  },
});

const volumesFrom = (sources: Sources): readonly Templated<Volume>[] => [
  documents(sources),
  // Not optional: without the trust root, which no repository holds, the pod does not start.
  { name: 'trust', configMap: { name: TRUST } },
  ...policyFiles(sources),
  when<Volume>(hasPolicy, evidence(sources)),
];

/** Volumes of a pod that reads what a commit says about its environment. */
export const deploymentVolumes = volumesFrom({ config: configName, limits: LIMITS, policy: policyName });

/** Gates that run before anything else of a commit is there read it from a hook's own copy. */
const ofHook = equal(values.gates.hook, 'argocd');
export const gateVolumes = volumesFrom({
  config: choose(ofHook, GATE_INPUT, configName),
  limits: choose(ofHook, GATE_INPUT, LIMITS),
  policy: choose(ofHook, GATE_INPUT, policyName),
});

export const deploymentMounts: readonly Templated<VolumeMount>[] = [
  { name: 'documents', mountPath: text`${DEPLOYMENT}/environments/${values.config.environment}`, readOnly: true },
  { name: 'trust', mountPath: '/etc/emp/trust', readOnly: true },
  // Beside each other, not one in the other: in a read-only volume there is no making a place for another.
  when<VolumeMount>(hasPolicy, {
    name: 'policy',
    // One level higher where the kubelet's own entries (`..data`) would lie among the files, which no digest covers.
    mountPath: choose(inImage, policyFolder, `${DEPLOYMENT}/policies/approved`),
    readOnly: true,
  }),
  when(hasPolicy, { name: 'evidence', mountPath: `${DEPLOYMENT}/policies/evidence`, readOnly: true }),
];
