/** Whether a cluster is there, lets us in, knows the kinds of an environment, and lets us make them. */
import type { KubernetesObject } from '../../platform/objects-of.ts';
import type { Finding, Ran, Run } from './finding.ts';

/** ValidatingAdmissionPolicy is stable from here on. */
const KUBERNETES_NEEDED = [1, 30] as const;

/** Why the API did not answer as it should, in words; a refused login is told apart from a server that is not there. */
export function complaintOf(context: string, { errors }: Ran): Pick<Finding, 'detail' | 'fix'> {
  const said = errors.trim().split('\n').at(-1) ?? '';
  if (/Unauthorized|must be logged in|certificate has expired|token.*expired/i.test(errors)) {
    return { detail: `${context}: the credentials are refused (${said})`, fix: 'log in to the cluster again' };
  }
  if (/forbidden/i.test(errors)) {
    return { detail: `${context}: the login is good and may not do this (${said})`, fix: 'ask for the rights' };
  }
  return {
    detail: `${context}: cannot be reached (${said})`,
    fix: 'start the cluster, or choose another: kubectl config use-context NAME',
  };
}

/** @returns what there is to say, and whether it makes sense to ask further */
export function reachable(run: Run): { readonly findings: Finding[]; readonly up: boolean } {
  const base = { area: 'cluster', subject: 'cluster' } as const;
  const context = run('kubectl', ['config', 'current-context']);
  if (context.status !== 0) {
    const detail = 'no context is chosen; the loop on one machine needs none';
    return {
      findings: [{ ...base, status: 'absent', detail, fix: 'set KUBECONFIG, or kubectl config use-context' }],
      up: false,
    };
  }
  const name = context.out.trim();
  const answer = run('kubectl', ['get', '--raw', '/version', '--request-timeout=10s']);
  if (answer.status !== 0) return { findings: [{ ...base, status: 'wrong', ...complaintOf(name, answer) }], up: false };
  const { major, minor, gitVersion } = JSON.parse(answer.out) as Record<'major' | 'minor' | 'gitVersion', string>;
  const isNew = Number(major) > KUBERNETES_NEEDED[0] || Number.parseInt(minor, 10) >= KUBERNETES_NEEDED[1];
  if (isNew) return { findings: [{ ...base, status: 'ok', detail: `${name}: ${gitVersion}` }], up: true };
  const fix = `upgrade it to ${KUBERNETES_NEEDED.join('.')} or newer`;
  return { findings: [{ ...base, status: 'wrong', detail: `${name}: is too old (${gitVersion})`, fix }], up: true };
}

/** What applying `objects` needs: their kinds, the right to make them, and what lies outside the repository. */
export function admits(run: Run, namespace: string, objects: readonly KubernetesObject[]): Finding[] {
  const resources = run('kubectl', ['api-resources', '--no-headers', '--cached=false']);
  if (resources.status !== 0) {
    return [{ area: 'cluster', subject: 'kinds', status: 'wrong', ...complaintOf('api-resources', resources) }];
  }
  const known = resourcesOf(resources.out);
  const findings: Finding[] = [];
  for (const kind of [...new Set(objects.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`))].sort()) {
    const [apiVersion = '', name = ''] = kind.split(' ');
    const resource = known.get(kind);
    if (resource === undefined) {
      const detail = `${name} of ${apiVersion} is not known: its CRD is missing`;
      const fix = 'install the controller that brings it, or turn the option off in platform.yaml';
      findings.push({ area: 'cluster', subject: name, status: 'wrong', detail, fix });
    } else findings.push(right(run, resource, namespace));
  }
  return [...findings, ...outside(run, namespace, objects)];
}

interface Resource {
  /** As `can-i` takes it: `statefulsets.apps`. */
  readonly name: string;
  readonly namespaced: boolean;
}

/** By "apiVersion Kind". */
export function resourcesOf(table: string): Map<string, Resource> {
  const found = new Map<string, Resource>();
  for (const line of table.split('\n')) {
    const [, plural = '', apiVersion = '', namespaced = '', kind = ''] =
      /^(\S+)\s+(?:\S+\s+)?(\S*v\d\S*)\s+(true|false)\s+(\S+)/.exec(line) ?? [];
    if (kind === '') continue;
    const group = apiVersion.includes('/') ? `.${apiVersion.split('/')[0]}` : '';
    found.set(`${apiVersion} ${kind}`, { name: `${plural}${group}`, namespaced: namespaced === 'true' });
  }
  return found;
}

function right(run: Run, { name, namespaced }: Resource, namespace: string): Finding {
  const where = namespaced ? ['--namespace', namespace] : [];
  const place = namespaced ? `in ${namespace}` : 'in the cluster';
  const base = { area: 'rights', subject: name } as const;
  const lacking = ['create', 'patch'].filter(
    (verb) => run('kubectl', ['auth', 'can-i', verb, name, ...where]).status !== 0,
  );
  if (lacking.length === 0) return { ...base, status: 'ok', detail: `create and patch ${place}` };
  const detail = `may not ${lacking.join(' or ')} ${place}`;
  return { ...base, status: 'wrong', detail, fix: 'ask for a role that may, or apply as somebody who has it' };
}

/** Things that an environment needs and no repository holds. */
function outside(run: Run, namespace: string, objects: readonly KubernetesObject[]): Finding[] {
  const findings: Finding[] = [];
  const hold = (subject: string, there: boolean, detail: string, fix: string) =>
    findings.push({
      area: 'cluster',
      subject,
      ...(there ? { status: 'ok', detail } : { status: 'wrong', detail, fix }),
    });
  const room = run('kubectl', ['get', 'namespace', namespace]).status === 0;
  hold(
    `namespace ${namespace}`,
    room,
    room ? 'is there' : 'is not there',
    `pulumi up, or kubectl create namespace ${namespace}`,
  );
  const trust = run('kubectl', ['--namespace', namespace, 'get', 'configmap', 'emp-trust']).status === 0;
  const make = `kubectl --namespace ${namespace} create configmap emp-trust --from-file=trust.json`;
  hold(
    'trust root',
    trust,
    trust ? 'ConfigMap emp-trust' : 'ConfigMap emp-trust is not there: no pod starts without it',
    make,
  );
  if (!JSON.stringify(objects).includes('"volumeClaimTemplates"')) return findings;
  const classes = run('kubectl', ['get', 'storageclass', '--output=json']);
  const volumes = run('kubectl', ['get', 'persistentvolume', '--output=json']);
  const hasDefault = /"storageclass\.kubernetes\.io\/is-default-class":\s*"true"/.test(classes.out);
  const hasVolumes = /"phase":\s*"(Available|Bound)"/.test(volumes.out);
  const named = /"storageClassName":"/.test(JSON.stringify(objects));
  const detail = hasDefault
    ? 'a default storage class'
    : named
      ? 'storage classes are named'
      : 'volumes that claims may have';
  const there = hasDefault || hasVolumes || named;
  hold(
    'storage',
    there,
    there ? detail : 'no default storage class and no volume',
    'name one: storage.className in platform.yaml',
  );
  return findings;
}
