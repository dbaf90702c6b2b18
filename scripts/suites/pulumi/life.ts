/** A stack from its first preview to its end, on a copy of the last commit, so that its files can be changed. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ApiServer } from '../../testing/api-server.ts';
import { hold, inFolder, type Suite } from '../suite.ts';
import { Pulumi } from './pulumi.ts';

const STACK = 'paper';
const NAMESPACE = 'emp-paper';
const LIMITS = `environments/${STACK}/limits.yaml`;
const STACK_FILE = `Pulumi.${STACK}.yaml`;

/** Object → the version that the API server counts. */
type Versions = Readonly<Record<string, string>>;

export function lifeOfAStack(suite: Suite, server: ApiServer, root: string): Promise<void> {
  return inFolder(async (folder) => {
    const checkout = path.join(folder, 'checkout');
    execFileSync('git', ['clone', '--quiet', '--depth=1', `file://${root}`, checkout]);
    symlinkSync(path.join(root, 'node_modules'), path.join(checkout, 'node_modules'));
    mkdirSync(path.join(folder, 'state'));
    const pulumi = new Pulumi(checkout, path.join(folder, 'state'), server);
    const edit = (file: string, from: RegExp, to: string): void => {
      const text = readFileSync(path.join(checkout, file), 'utf8');
      hold(from.test(text), `${file}: has no ${from}`);
      writeFileSync(path.join(checkout, file), text.replace(from, to));
    };
    const same = (): void => {
      const { changed } = pulumi.preview(STACK);
      hold(changed.length === 0, `something would change: ${changed.join(', ')}`);
    };

    await suite.check('pulumi stack init, preview: everything would be created, nothing is', () => {
      pulumi.done('stack init', pulumi.run('stack', 'init', STACK));
      const { operations } = pulumi.preview(STACK);
      hold(Object.keys(operations).join() === 'create', `operations: ${JSON.stringify(operations)}`);
      hold(server.kubectl(['get', 'namespace', NAMESPACE]).status !== 0, 'a preview made the namespace');
      console.log(`        ${operations['create']} to create`);
    });
    await suite.check('the policy pack refuses a stack beyond its ceiling, and nothing is made', () => {
      edit(STACK_FILE, /ceilingMilliUsdPerHour: \d+/, 'ceilingMilliUsdPerHour: 1');
      const { status, text } = pulumi.platform('up', '--stack', STACK, '--yes', '--', '--non-interactive');
      edit(STACK_FILE, /ceilingMilliUsdPerHour: \d+/, 'ceilingMilliUsdPerHour: 1500');
      hold(
        status === 1 && text.includes('cost-ceiling') && text.includes('at most 1 is allowed'),
        `ended with ${status}:\n${text}`,
      );
      hold(server.kubectl(['get', 'namespace', NAMESPACE]).status !== 0, 'the namespace was made');
    });
    await suite.check('up: everything is created, and the outputs say what one needs next', () => {
      pulumi.done('up', pulumi.platform('up', '--stack', STACK, '--yes', '--', '--non-interactive'));
      const outputs = JSON.parse(pulumi.done('outputs', pulumi.run('stack', 'output', '--stack', STACK, '--json')));
      hold(outputs.namespaces[0] === NAMESPACE && outputs.watch.includes('rollout status'), JSON.stringify(outputs));
    });
    await suite.check('up again: nothing changes', () => {
      const before = versions(server);
      pulumi.done('up', pulumi.platform('up', '--stack', STACK, '--yes', '--', '--non-interactive'));
      same();
      hold(
        moved(before, versions(server)).length === 0,
        `the server counts changes: ${moved(before, versions(server))}`,
      );
    });
    await suite.check('one changed limit updates one object in place and replaces none', () => {
      edit(LIMITS, /^maxOpenOrders: \d+$/m, 'maxOpenOrders: 19');
      const { changed } = pulumi.preview(STACK);
      hold(changed.join() === `update ConfigMap/${NAMESPACE}/emp-limits`, `would change: ${changed.join(', ')}`);
      const before = versions(server);
      const uid = uidOfLimits(server);
      pulumi.done('up', pulumi.platform('up', '--stack', STACK, '--yes', '--', '--non-interactive'));
      hold(
        moved(before, versions(server)).join() === 'ConfigMap/emp-limits',
        `changed: ${moved(before, versions(server))}`,
      );
      hold(uidOfLimits(server) === uid, 'the object was replaced');
    });
    await suite.check('refresh sees what was changed by hand, and up takes it back', () => {
      const patch = JSON.stringify({ data: { 'limits.yaml': 'maxOpenOrders: 1000\n' } });
      hold(
        server.kubectl(['patch', 'configmap', 'emp-limits', '-n', NAMESPACE, '-p', patch]).status === 0,
        'no drift made',
      );
      const text = pulumi.done('refresh', pulumi.run('refresh', '--stack', STACK, '--yes'));
      hold(/1 updated/.test(text), `refresh saw nothing:\n${text}`);
      pulumi.done('up', pulumi.platform('up', '--stack', STACK, '--yes', '--', '--non-interactive'));
      const limits = server.kubectl(['get', 'configmap', 'emp-limits', '-n', NAMESPACE, '-o', 'yaml']).out;
      hold(limits.includes('maxOpenOrders: 19'), 'what was changed by hand is still there');
      same();
    });
    await suite.check('destroy: nothing of it is left', () => {
      pulumi.done('destroy', pulumi.run('destroy', '--stack', STACK, '--yes'));
      const left = server.kubectl([
        'get',
        'namespaces,priorityclasses,validatingadmissionpolicies,nodepools,clusterqueues',
        '-o',
        'name',
      ]).out;
      const ours = left.split('\n').filter((name) => name.includes(`emp-${STACK}`));
      hold(ours.length === 0, `left over: ${ours.join(', ')}`);
    });
  });
}

const KINDS =
  'configmaps,services,statefulsets,deployments,cronjobs,networkpolicies,poddisruptionbudgets,roles,resourcequotas';

function versions(server: ApiServer): Versions {
  const { out } = server.kubectl(['get', KINDS, '-n', NAMESPACE, '-o', 'json']);
  const { items } = JSON.parse(out) as {
    items: readonly { kind: string; metadata: { name: string; generation?: number; resourceVersion: string } }[];
  };
  // Controllers write status as they like; a generation counts only what somebody wanted.
  return Object.fromEntries(
    items.map(({ kind, metadata }) => [
      `${kind}/${metadata.name}`,
      String(metadata.generation ?? metadata.resourceVersion),
    ]),
  );
}

function moved(before: Versions, after: Versions): readonly string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => before[name] !== after[name])
    .sort();
}

function uidOfLimits(server: ApiServer): string {
  return server.kubectl(['get', 'configmap', 'emp-limits', '-n', NAMESPACE, '-o', 'jsonpath={.metadata.uid}']).out;
}
