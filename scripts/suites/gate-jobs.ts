/** An environment's gate Jobs on a node: what they find, and that their evidence comes back signed. */
import { gateCatalog } from '../../gates/catalog.ts';
import { type KubernetesObject, objectsOf } from '../../platform/objects-of.ts';
import { readEnvironment, readFileUnder } from '../../platform/values/environment.ts';
import { verifyLine } from '../../runtime/evidence/envelope.ts';
import { predicateTypes } from '../../runtime/evidence/statement.ts';
import { loadTrust } from '../../runtime/evidence/trust.ts';
import type { LocalTrust } from '../environment/trust.ts';
import { eventually } from './node-cluster.ts';
import { ENVIRONMENT, type PaperRoom } from './paper-room.ts';
import { hold } from './suite.ts';

const KEYS = 'emp-gate-keys';
/** Of what a gate asks for: on a node that trading pods share, two Jobs fit at a time and the others wait their turn. */
const SHARE = 0.8;

export interface Judged {
  readonly gate: string;
  readonly status: string;
  readonly because: string;
  /** How its Job ended. */
  readonly job: 'Complete' | 'Failed';
  /** The signed statement, as the pod wrote it. */
  readonly line: string;
}

/** The key that signs verdicts, where the Jobs of the namespace find it. */
export async function placeKeys(at: PaperRoom, { keys }: LocalTrust): Promise<void> {
  const pem = keys.gate.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const metadata = { name: KEYS, namespace: at.namespace };
  await at.node.apply([{ apiVersion: 'v1', kind: 'Secret', metadata, stringData: { 'gate.pem': pem } }]);
}

/**
 * Runs the Jobs of `gates` on the policy to which the environment below `folder` points.
 * @throws Error when one ends with no verdict, or its evidence is not the trusted gate's word about that policy
 */
export async function judged(
  at: PaperRoom,
  folder: string,
  { trustPath }: LocalTrust,
  gates: readonly string[] = gateCatalog.map(({ name }) => name),
): Promise<Judged[]> {
  const environment = readEnvironment(ENVIRONMENT, readFileUnder(folder));
  const values = { ...environment.values, gates: { ...environment.values.gates, enabled: true, keySecret: KEYS } };
  const objects = objectsOf({ ...environment, values });
  const jobs = gates.map((gate) => {
    const job = objects.find(({ metadata }) => metadata.labels?.['emp/gate'] === gate);
    hold(job !== undefined, `no Job is rendered for gate ${gate}`);
    return { gate, name: job.metadata.name, object: fitting(job) };
  });
  const beside = objects.filter(
    ({ kind, metadata: { name } }) => kind === 'ConfigMap' || kind === 'PriorityClass' || name === 'emp-gate',
  );
  await at.node.apply([...beside, ...jobs.map(({ object }) => object)]);
  const trust = loadTrust(trustPath);
  const found: Judged[] = [];
  for (const { gate, name } of jobs) {
    const job = await ended(at, name);
    const log = await at.kubectl('logs', `job/${name}`);
    const last = log.trim().split('\n').at(-1) ?? '';
    hold(last.startsWith('{"kind":"summary"'), `${gate}: its Job is ${job} and ends with: ${log.slice(-800)}`);
    const { lines, verdicts } = JSON.parse(last) as {
      lines: string[];
      verdicts: { status: string; because: string }[];
    };
    hold(lines.length === 1 && verdicts.length === 1, `${gate}: ${lines.length} lines, ${verdicts.length} verdicts`);
    const [line, verdict] = [lines[0] as string, verdicts[0] as (typeof verdicts)[0]];
    const read = verifyLine(line, name, trust);
    hold(read.ok, `${gate}: its evidence reads: ${JSON.stringify(read).slice(0, 400)}`);
    const { statement } = read;
    hold(
      statement.predicateType === predicateTypes.testResult &&
        statement.predicate.verdict.gate === gate &&
        statement.predicate.verdict.status === verdict.status &&
        `sha256:${statement.subject[0]?.digest.sha256}` === values.policy.digest,
      `${gate}: its evidence is about something else: ${JSON.stringify(statement).slice(0, 400)}`,
    );
    found.push({ gate, ...verdict, job, line });
  }
  return found;
}

/** Its limits as rendered; its requests are for a node of its own. */
function fitting(job: KubernetesObject): KubernetesObject {
  const copy = structuredClone(job) as KubernetesObject & {
    spec: { template: { spec: { containers: { resources: { requests: { cpu: string } } }[] } } };
  };
  for (const { resources } of copy.spec.template.spec.containers) {
    resources.requests.cpu = `${Math.round(1000 * SHARE * Number(resources.requests.cpu))}m`;
  }
  return copy;
}

function ended(at: PaperRoom, name: string): Promise<'Complete' | 'Failed'> {
  return eventually(`${name} to end`, 600, async () => {
    const { status } = JSON.parse(await at.kubectl('get', 'job', name, '--output=json'));
    const conditions: { type: string; status: string }[] = status.conditions ?? [];
    return conditions.find(({ type, status: holds }) => holds === 'True' && /^(Complete|Failed)$/.test(type))?.type as
      | 'Complete'
      | 'Failed'
      | undefined;
  });
}
