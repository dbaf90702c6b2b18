/** Pods that `helm test` runs: they ask what was installed whether it works. */
import type { Construct } from 'constructs';
import type { Pod } from 'kubernetes-types/core/v1.js';
import { type Expression, type Templated, text } from '../template/expression.ts';
import { values } from '../values/references.ts';
import { NetworkPolicy, ours, tcp } from './kinds/network-policy.ts';
import { ServiceAccount } from './kinds/service-account.ts';
import { Manifest, Option } from './manifest.ts';
import { labelsOf, nameOf } from './names.ts';
import { pod } from './pod.ts';

const component = 'test';

const hook = (weight: number) => ({
  'helm.sh/hook': 'test',
  'helm.sh/hook-weight': String(weight),
  'helm.sh/hook-delete-policy': 'before-hook-creation,hook-succeeded',
});

export class HelmTests {
  constructor(parent: Construct) {
    const { config, viewer, venue } = values;
    const annotations = hook(0);
    new ServiceAccount(parent, component, annotations);
    new NetworkPolicy(parent, {
      component,
      annotations,
      from: [],
      to: [
        tcp(config.http.port, [ours('runtime')]),
        tcp(viewer.port, [ours('viewer')]),
        tcp(config.venue.port, [ours('venue')]),
      ],
    });
    asks(parent, 'runtime', ASK_HTTP, text`http://${nameOf('runtime')}:${config.http.port}/readyz`);
    asks(parent, 'metrics', ASK_HTTP, text`http://${nameOf('runtime')}:${config.http.port}/metrics`);
    const withViewer = new Option(parent, 'viewer', viewer.enabled);
    asks(withViewer, 'viewer', ASK_HTTP, text`http://${nameOf('viewer')}:${viewer.port}/`);
    const withVenue = new Option(parent, 'venue', venue.enabled);
    asks(withVenue, 'venue', ASK_TCP, text`${nameOf('venue')}:${config.venue.port}`);
  }
}

/** For half a minute: what was just installed may still be starting. */
const PATIENTLY = `const [subject] = process.argv.slice(1);
for (let left = 15; ; left--) {
  const problem = await ask(subject).then(() => undefined, (error) => error.cause ?? error);
  if (problem === undefined) break;
  if (left === 0) throw new Error(subject + ': ' + problem.message);
  await new Promise((go) => setTimeout(go, 2000));
}
console.log(subject + ': answers');`;

const ASK_HTTP = `const ask = async (url) => {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error('answers ' + answer.status);
};
${PATIENTLY}`;

const ASK_TCP = `const { connect } = await import('node:net');
const ask = (address) => new Promise((done, refuse) => {
  const [host, port] = address.split(':');
  const socket = connect({ host, port }, () => done(socket.destroy())).on('error', refuse);
});
${PATIENTLY}`;

function asks(scope: Construct, name: string, script: string, subject: Expression<string>): void {
  const { metadata, spec } = pod({
    component,
    command: ['node', '--input-type=module', '--eval', script],
    args: [subject],
    resources: { cpu: '100m', memory: '128Mi', ephemeralStorage: '16Mi' },
    priority: 'gates',
    gracePeriodSeconds: 5,
    job: true,
  }) as { metadata: Templated<Pod['metadata']>; spec: Templated<Pod['spec']> };
  new Manifest<Pod>(scope, `${name}-test-pod`, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, name: `${nameOf(component)}-${name}`, labels: labelsOf(component), annotations: hook(1) },
    spec,
  } as never);
}
