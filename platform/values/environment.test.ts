import path from 'node:path';
import test from 'ava';
import { parse } from 'yaml';
import { limits as limitsSchema, runtimeConfig } from '../../runtime/contract.ts';
import { clusterEnvironments, type ReadFile, readEnvironment, readFileUnder } from './environment.ts';

const root = path.resolve(import.meta.dirname, '../..');
const read = readFileUnder(root);
const text = (file: string): string => Buffer.from(read(file) as Uint8Array).toString('utf8');

/** The repository with one file changed; a text that is not there to change is a mistake of the test. */
function changed(file: string, from: string, to: string): ReadFile {
  const before = text(file);
  if (!before.includes(from)) throw new Error(`${file} lacks ${JSON.stringify(from)}`);
  return (name) => (name === file ? Buffer.from(before.replace(from, to)) : read(name));
}

const [config, limits, platform] = ['config', 'limits', 'platform'].map(
  (name) => `environments/paper/${name}.yaml`,
) as [string, string, string];

const refused = test.macro({
  exec(t, file: string, from: string, to: string, message: string) {
    t.throws(() => readEnvironment('paper', changed(file, from, to)), { message });
  },
  title: (_, file, _from, to) => `${file} with ${JSON.stringify(to)} is refused by file, path, actual and allowed`,
});

test(
  refused,
  limits,
  'maxOpenOrders: 20',
  'maxOpenOrders: 0',
  `${limits}: maxOpenOrders is too small (0), more than 0 is allowed`,
);
test(
  refused,
  limits,
  'maxOpenOrders: 20',
  'maxOpenOrder: 20',
  [
    `${limits}: maxOpenOrders is absent, number is required`,
    `${limits}: the document has the unknown key maxOpenOrder`,
  ].join('\n'),
);
test(
  refused,
  limits,
  'maxOpenOrders: 20',
  "maxOpenOrders: '20'",
  `${limits}: maxOpenOrders is "20", number is required`,
);
test(
  refused,
  limits,
  '# why: three symbols, two sides',
  '# three symbols',
  `${limits}: maxOpenOrders has no reason, a comment "# why: …" above it is required`,
);
test(
  refused,
  config,
  "tickSize: '0.01'",
  "tickSize: '0,01'",
  `${config}: instruments.0.tickSize is not allowed ("0,01"): must be a decimal number in quotes, such as "0.01"`,
);
test(refused, config, '  port: 9878\n', '  prot: 9878\n', `${config}: venue has the unknown key prot`);
test(
  refused,
  config,
  'flattenOnStop: true\n',
  '',
  `${config}: flattenOnStop is absent, it must be written out (default: true)`,
);
test(
  refused,
  config,
  'environment: paper',
  'environment: live',
  `${config}: environment is "live", only "paper" is allowed`,
);
test(
  refused,
  config,
  'declaredLive: false',
  'declaredLive: true',
  `${config}: venue.declaredLive is true, only false is allowed in paper mode`,
);
test(
  refused,
  config,
  'port: 9464',
  'port: 0',
  `${config}: http.port is 0, a fixed port is required in a cluster, where probes and network policies name it`,
);
test(
  refused,
  platform,
  'mode: paper',
  'mode: live',
  `${platform}: venue.enabled is true, only false is allowed in live mode: a simulated exchange is no venue for money\n${platform}: gates.keySecret is empty, the Secret with the signing keys is required in live mode`,
);
test(
  refused,
  platform,
  'mode: paper',
  'mode: paper\nruntime: { autoscaling: hpa }',
  `${platform}: runtime.autoscaling is not allowed ("hpa"): only none: two pods must never trade one symbol`,
);
test(
  refused,
  platform,
  'mode: paper',
  'mode: paper\nruntime: { resources: { memory: 512MB } }',
  `${platform}: runtime.resources.memory is not allowed ("512MB"): must be a Kubernetes quantity in quotes, such as "500m" or "1Gi"`,
);
test(
  refused,
  platform,
  'mode: paper',
  'mode: paper\nworkers: { enabled: true }',
  `${platform}: workers.enabled is true without database.secret: workers share their units through PostgreSQL`,
);
test(
  refused,
  platform,
  'mode: paper',
  'mode: paper\nmode: paper',
  `${platform}: is not YAML: Map keys must be unique at line 4, column 1:`,
);

test('a missing document is named', (t) => {
  t.throws(() => readEnvironment('paper', (file) => (file === limits ? undefined : read(file))), {
    message: `${limits}: is absent, and an environment that runs in a cluster needs it`,
  });
});

test('a pointer whose policy is not there is named', (t) => {
  const pointer = 'policy: null\npath: null\nevidence: null';
  const gone = `policy: sha256:${'a'.repeat(64)}\npath: policies/approved/x\nevidence: policies/evidence/x`;
  t.throws(() => readEnvironment('paper', changed('environments/paper/policy.yaml', pointer, gone)), {
    message: /^policies\/approved\/x\/policy\.json: is absent/,
  });
});

/** Paper with a policy of which every file is as large as told, and this added to its pointer. */
function promoted(bytes: number, more = ''): ReadFile {
  const pointer = `policy: sha256:${'a'.repeat(64)}\npath: policies/x\nevidence: evidence/x\n${more}`;
  return (file) => {
    if (file === 'environments/paper/policy.yaml') return Buffer.from(pointer);
    if (file === 'evidence/x') return Buffer.from('{}\n');
    return file.startsWith('policies/x/') ? Buffer.alloc(file.endsWith('/step.onnx') ? bytes : 0) : read(file);
  };
}

test('a policy beyond 700 KiB is refused, unless its pointer names the image that holds it', (t) => {
  const most = 700 * 1024;
  t.is(readEnvironment('paper', promoted(most)).policyFiles.get('step.onnx')?.byteLength, most);
  t.throws(() => readEnvironment('paper', promoted(most + 1)), {
    message:
      /^policies\/x: the policy is too large \(716801 bytes\), at most 716800 is allowed in a ConfigMap; pack it .* environments\/paper\/policy\.yaml: image$/,
  });
  const image = `registry.example/policies@sha256:${'b'.repeat(64)}`;
  const { values, policyFiles } = readEnvironment('paper', promoted(most + 1, `image: ${image}`));
  t.is(values.policy.image, image);
  t.is(policyFiles.size, 0);
  t.throws(() => readEnvironment('paper', promoted(1, 'image: registry.example/policies:latest')), {
    message:
      /^environments\/paper\/policy\.yaml: image is not allowed \("registry.example\/policies:latest"\): must be NAME@sha256:/,
  });
  const nothing = changed('environments/paper/policy.yaml', 'evidence: null', `evidence: null\nimage: ${image}`);
  t.throws(() => readEnvironment('paper', nothing), {
    message: `environments/paper/policy.yaml: policy.image is ${image} without policy.digest, which says what must be in it`,
  });
});

test('paper and live run in a cluster, local does not', (t) => {
  t.deepEqual(clusterEnvironments(root), ['live', 'paper']);
});

test('local has a full configuration and a reason for each limit, too', (t) => {
  const raw = parse(text('environments/local/config.yaml'));
  t.deepEqual(runtimeConfig.parse(raw), raw);
  t.is(
    [...text('environments/local/limits.yaml').matchAll(/^# why: /gm)].length,
    Object.keys(limitsSchema.shape).length,
  );
});

test('no live limit is looser than paper’s, and limits agree with each other', (t) => {
  const [live, paper] = ['live', 'paper'].map((name) => readEnvironment(name, read).values.limits) as [never, never];
  for (const name of limitsSchema.keyof().options) t.true(live[name] <= paper[name], name);
  for (const each of [live, paper] as Record<string, number>[]) {
    t.true((each.maxOrderQuantityLots as number) <= (each.maxPositionLots as number));
    t.true((each.maxOrderNotionalUsd as number) <= (each.maxGrossNotionalUsd as number));
    t.true((each.maxDrawdownUsd as number) <= (each.maxDailyLossUsd as number));
  }
});

test('nothing live is armed, and no venue of it can be reached before it is named', (t) => {
  const live = readEnvironment('live', read).values.config;
  t.false(live.armed);
  t.regex(live.venue.host, /\.invalid$/);
  t.true(live.venue.declaredLive);
});
