/** Platform documents that turn every option away from its default: one at a time, all together, and at random. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import { type PlatformDocument, platformDocument } from '../../platform/values/schema.ts';
import { Random } from '../../runtime/random.ts';

export interface Turned {
  readonly name: string;
  readonly document: PlatformDocument;
  readonly policy: PolicyPlace;
}

/** Where the files of the policy are that the pointer names. */
export type PolicyPlace = 'none' | 'files' | 'image';

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly maximum?: number;
}

interface Turn {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** Another value for each text, list and map. With what breaks quoting wherever the schema lets it through. */
const OTHERS: Readonly<Record<string, unknown>> = {
  'image.repository': 'registry.example:5000/team/emp',
  'image.tag': 'on',
  'image.digest': `sha256:${'0123456789abcdef'.repeat(4)}`,
  'drift.schedule': '*/5 3 * * 1-5',
  'drift.timeZone': 'Europe/Berlin',
  'evolution.run': 'n',
  'evolution.queue': 'research',
  'gates.keySecret': 'signing-keys',
  'database.secret': 'archive',
  'database.key': 'off',
  'monitoring.namespace': 'yes',
  className: 'no',
  size: '12.5Gi',
  cpu: '250m',
  memory: '3Gi',
  ephemeralStorage: '1Gi',
  nodeSelector: { 'a.example/b': 'on', c: '0x1f' },
  tolerations: [
    { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' },
    { key: 'b', operator: 'Equal', value: '1' },
  ],
  command: ['node', 'a b', '{{ .Values.x }}', `%d "q" 'r'`, 'no'],
};

/** @param base name and place of the environment; its switches are ignored */
export function turnedValues(base: PlatformDocument, seed: number): Turned[] {
  const off = platformDocument.parse({ mode: 'paper', namespace: base.namespace });
  const turns = [...turnsOf(z.toJSONSchema(platformDocument, { io: 'input', reused: 'inline' }) as Schema, [])];
  const sections = turns.filter(({ path }) => path[1] === 'enabled');
  const structural = turns.filter(({ path, value }) => typeof value === 'boolean' || isOneOfFew(path));
  const random = Random.of(seed, 'turned-values');
  return [
    { name: 'defaults', document: off, policy: 'none' },
    ...structural.map((turn) => ({
      name: `${turn.path.join('.')}=${turn.value}`,
      document: turned(off, [...sections.filter(({ path }) => path[0] === turn.path[0]), turn]),
      policy: 'files' as const,
    })),
    { name: 'everything', document: turned(off, turns), policy: 'files' },
    { name: 'everything, the policy in an image', document: turned(off, turns), policy: 'image' },
    { name: 'everything without a policy', document: turned(off, turns), policy: 'none' },
    ...Array.from({ length: 10 }, (_, index) => ({
      name: `random ${index + 1} of seed ${seed}`,
      document: turned(
        off,
        turns.filter(() => random.bernoulli(0.5)),
      ),
      policy: random.pick(['none', 'files', 'image'] as const),
    })),
  ];
}

const isOneOfFew = (path: readonly string[]) =>
  ['mode', 'autoscaling', 'hook', 'queue', 'secret', 'keySecret', 'pullPolicy', 'digest', 'className', 'gpus'].includes(
    path.at(-1) as string,
  );

function* turnsOf(schema: Schema, path: readonly string[]): Generator<Turn> {
  for (const [key, child] of Object.entries(schema.properties ?? {})) {
    const at = [...path, key];
    const known = OTHERS[at.join('.')] ?? OTHERS[key];
    if (key === 'namespace' && path.length === 0) continue;
    if (child.properties !== undefined) yield* turnsOf(child, at);
    else if (known !== undefined) yield { path: at, value: known };
    else if (child.type === 'boolean') yield { path: at, value: !child.default };
    else if (child.enum !== undefined) {
      const usual = key === 'mode' ? 'paper' : child.default;
      for (const value of child.enum) if (value !== usual) yield { path: at, value };
    } else if (child.type === 'integer') {
      const more = Number(child.default) + 1;
      yield { path: at, value: child.maximum !== undefined && more > child.maximum ? more - 2 : more };
    } else assert('const' in child, `${at.join('.')} has no other value here: name one in OTHERS`);
  }
}

/** The document with these turns, and with what the rules then require. */
function turned(document: PlatformDocument, turns: readonly Turn[]): PlatformDocument {
  const copy = structuredClone(document) as unknown as Record<string, unknown>;
  for (const { path, value } of turns) {
    let at = copy;
    for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
    at[path.at(-1) as string] = value;
  }
  const result = copy as unknown as { -readonly [K in keyof PlatformDocument]: PlatformDocument[K] };
  if (result.mode === 'live') {
    result.venue = { ...result.venue, enabled: false };
    result.gates = { ...result.gates, keySecret: 'signing-keys' };
  }
  if (result.workers.enabled || result.evolution.enabled) result.database = { ...result.database, secret: 'archive' };
  return result;
}
