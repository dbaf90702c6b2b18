/**
 * Three deliveries, one meaning: what the real kustomize builds and the real helm makes of the chart equals, field by
 * field, the objects that the Pulumi program applies; for every environment, and for values that turn each option.
 *
 * Usage: node scripts/suites/parity.ts [PART-OF-A-CASE'S-NAME]
 */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { objectsOf } from '../../platform/objects-of.ts';
import { renderEnvironment } from '../../platform/render/render.ts';
import {
  clusterEnvironments,
  type Environment,
  readEnvironment,
  readFileUnder,
} from '../../platform/values/environment.ts';
import { renderUnder, write } from '../render.ts';
import { byName, differences, EXCEPTIONS, helmTemplate, kustomizeBuild, refusal } from './deliveries.ts';
import { addStaging, copyDocuments, put, turnedEnvironment } from './documents-room.ts';
import { kubernetesTool } from './kubernetes-tools.ts';
import { hold, inFolder, Suite } from './suite.ts';
import { turnedValues } from './turned-values.ts';

const SEED = 7;

/** What the schema or a rule refuses, and what Helm must say: the path, and what is allowed. */
const REFUSED: readonly (readonly [flags: readonly string[], says: RegExp])[] = [
  [['limits.maxOpenOrders=0'], /limits[./]maxOpenOrders/],
  [['limits.maxOpenOrders=many'], /limits[./]maxOpenOrders/],
  [['limits.maxOpenOrders=19'], /documents\.limits says something else than limits/],
  [['config.seed=8'], /documents\.config says something else than config/],
  [['config.venue.prot=9878'], /prot/],
  [['mode=real'], /mode/],
  [['policy.image=registry.example/p:latest'], /policy[./]image/],
  [[`policy.image=registry.example/p@sha256:${'a'.repeat(64)}`], /policy\.image is registry.* without policy\.digest/],
  [['config.instruments[0].tickSize=abc'], /tickSize/],
  [['image.digest=sha256:abc'], /image[./]digest/],
  [['runtime.autoscaling=hpa'], /runtime[./]autoscaling/],
  [['runtime.resources.memory=512MB'], /runtime[./]resources[./]memory/],
  [['drift.schedule=nightly'], /drift[./]schedule/],
  [['mode=live'], /venue\.enabled is true, only false is allowed in live mode/],
  [['workers.enabled=true'], /workers\.enabled is true without database\.secret/],
  [
    ['viewer.autoscaling=hpa', 'viewer.replicas=9'],
    /viewer\.maxReplicas is 4, at least viewer\.replicas \(9\) is required/,
  ],
];

const root = path.resolve(import.meta.dirname, '../..');
const suite = new Suite(process.argv[2]);
const found = { kustomize: kubernetesTool('kustomize'), helm: kubernetesTool('helm') };

if (found.kustomize === undefined || found.helm === undefined) {
  const missing = found.kustomize === undefined ? 'kustomize' : 'helm';
  suite.skip('parity', `no ${missing} on PATH or among the fixtures`);
} else {
  await inFolder((folder) => parity(folder, found.kustomize as string, found.helm as string));
}
process.exit(suite.end());

async function parity(folder: string, kustomize: string, helm: string): Promise<void> {
  copyDocuments(folder);
  const chart = path.join(folder, 'charts/emp');
  const valuesOf = (name: string) => path.join(chart, `values-${name}.yaml`);
  const read = readFileUnder(folder);

  const same = async (environment: Environment): Promise<void> => {
    const { name, values } = environment;
    const program = byName(objectsOf(environment));
    const [built, made] = await Promise.all([
      kustomizeBuild(kustomize, path.join(folder, 'environments', name)),
      helmTemplate(helm, chart, values.namespace, ['--values', valuesOf(name)]),
    ]);
    const all = [...differences(program, built, 'kustomize'), ...differences(program, made, 'helm')];
    hold(all.length === 0, all.slice(0, 20).join('\n'));
  };

  for (const name of clusterEnvironments(root)) {
    await suite.check(`environment ${name}`, () => same(readEnvironment(name, read)));
  }

  const paper = readEnvironment('paper', read);
  for (const { name, document, policy } of turnedValues(paper.values, SEED)) {
    await suite.check(`values: ${name}`, () => {
      const environment = turnedEnvironment(folder, stringify(document), policy);
      for (const [file, content] of renderEnvironment(environment)) put(folder, file, content);
      return same(environment);
    });
  }

  await suite.check(
    'a new environment is one folder and one file: staging renders and is the same everywhere',
    async () => {
      addStaging(folder);
      const before = readFileSync(path.join(folder, 'environments/paper/kustomization.yaml'), 'utf8');
      const written = write(folder, renderUnder(folder)).map(({ path: file }) => file);
      const expected = ['charts/emp/values-staging.yaml', 'environments/staging/kustomization.yaml'];
      const own = written.filter((file) => file.includes('staging'));
      hold(own.join() === expected.join(), `rendering wrote ${own.join(', ')}`);
      hold(
        readFileSync(path.join(folder, 'environments/paper/kustomization.yaml'), 'utf8') === before,
        'paper changed',
      );
      await same(readEnvironment('staging', read));
    },
  );

  await suite.check('helm lint finds nothing wrong, strictly', async () => {
    await promisify(execFile)(helm, ['lint', chart, '--strict']);
  });

  for (const [flags, says] of REFUSED) {
    await suite.check(`helm refuses ${flags.join(' ')}`, async () => {
      const flagged = flags.flatMap((flag) => ['--set', flag]);
      const said = await refusal(helm, ['template', 'emp', chart, '--values', valuesOf('paper'), ...flagged]);
      hold(says.test(said), `it said: ${said}`);
    });
  }

  await suite.check('a planted difference is found', async () => {
    const live = byName(objectsOf(readEnvironment('live', read)));
    const file = path.join(folder, 'environments/live/kustomization.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('value: --live-mode', 'value: --paper-mode'));
    const built = differences(live, await kustomizeBuild(kustomize, path.dirname(file)), 'kustomize');
    hold(built.length === 1 && /args\/0 is "--paper-mode"/.test(built[0] as string), `found: ${built.join('; ')}`);
    const program = byName(objectsOf(paper));
    const flags = [
      '--values',
      valuesOf('paper'),
      '--set',
      'runtime.resources.cpu=2000m',
      '--set',
      'viewer.enabled=false',
    ];
    const made = differences(program, await helmTemplate(helm, chart, 'emp-paper', flags), 'helm');
    hold(
      made.some((line) => /lacks Deployment emp-viewer/.test(line)),
      `found: ${made.join('; ')}`,
    );
    hold(
      made.some((line) => /StatefulSet emp-runtime\/.*cpu is "2000m"/.test(line)),
      `found: ${made.join('; ')}`,
    );
  });

  for (const { object, only, because } of EXCEPTIONS) console.log(`excepted: ${object} by ${only} alone: ${because}`);
}
