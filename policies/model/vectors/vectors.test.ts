/** The blocks against reference vectors, where those are at hand; `scripts/suites/vectors.ts` holds all of them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { fixture } from '../../../runtime/fixtures.ts';
import { checkVectors } from './check-vectors.ts';

const BLOCK = 'mamba3_block_softplus_s0_T16';
for (const name of ['adamw', 'lstm_s0', 'mamba2_s0_T16', 'mamba3_core_s0_T16', BLOCK, 'mamba3_mimo_s0_R2_T16']) {
  test(`${name} holds`, (t) => {
    const file = fixture(`vectors/${name}.json`);
    if (file === undefined) {
      t.log(`SKIP: vectors/${name}.json is not here`);
      t.pass();
      return;
    }
    const { ok, ...errors } = checkVectors(file);
    t.true(ok, JSON.stringify(errors));
  });
}

interface Vectors {
  config: Record<string, unknown>;
  inputs: Record<string, unknown>;
  outputs: Record<string, { shape: number[]; data: number[] }>;
  grads: Record<string, { data: number[] }>;
  loss: { value: number };
  checkpoints: { h: { data: number[] } };
}

/** What the report says of a file with one thing changed; the error where it is refused; undefined without the file. */
function changed(t: ExecutionContext, name: string, change: (vectors: Vectors) => void): boolean | string | undefined {
  const file = fixture(`vectors/${name}.json`);
  if (file === undefined) return undefined;
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-vectors-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const vectors = JSON.parse(readFileSync(file, 'utf8'));
  change(vectors);
  writeFileSync(path.join(folder, 'changed.json'), JSON.stringify(vectors));
  try {
    return checkVectors(path.join(folder, 'changed.json')).ok;
  } catch (error) {
    return (error as Error).message.replace(/^.*\/changed\.json: /, '');
  }
}

const nudge = (data: number[]) => {
  data[0] = (data[0] as number) + 1e-4;
};
for (const [name, what, expected, change] of [
  ['mamba2_s0_T16', 'a state on the way', false, ({ checkpoints }: Vectors) => nudge(checkpoints.h.data)],
  [
    'mamba2_s0_T16',
    'the loss',
    false,
    ({ loss }: Vectors) => {
      loss.value += 1e-4;
    },
  ],
  ['mamba2_s0_T16', 'a gradient', false, ({ grads }: Vectors) => nudge((grads['x'] as { data: number[] }).data)],
  ...['alpha', 'beta', 'gamma', 'phi', 'phiT_mod2pi', 'k_rot'].map(
    (output) =>
      [
        'mamba3_core_s0_T16',
        output,
        false,
        ({ outputs }: Vectors) => nudge((outputs[output] as { data: number[] }).data),
      ] as const,
  ),
  [
    'mamba3_core_s0_T16',
    'an output of another block',
    'outputs.out is nothing that a block of this kind has',
    ({ outputs }: Vectors) => {
      outputs['out'] = { shape: [1], data: [0] };
    },
  ],
  [
    'mamba3_core_s0_T16',
    'axes in another order',
    "y is 16×1×2×4 in the file, the block's is 1×16×2×4",
    ({ outputs }: Vectors) => {
      (outputs['y'] as { shape: number[] }).shape = [16, 1, 2, 4];
    },
  ],
  [
    'mamba2_s0_T16',
    'a norm that is not ours',
    'config.norm_eps is 0.001, 0.00001 is required',
    ({ config }: Vectors) => {
      config['norm_eps'] = 1e-3;
    },
  ],
  [
    'mamba2_s0_T16',
    'an input',
    'inputs.D is missing',
    ({ inputs }: Vectors) => {
      delete inputs['D'];
    },
  ],
] as const) {
  test(`${name} with another thing in one place does not hold: ${what}`, (t) => {
    const found = changed(t, name, change);
    if (found === undefined) t.pass(`SKIP: vectors/${name}.json is not here`);
    else t.is(found, expected);
  });
}

test('a file that holds no vectors is refused by what is wrong with it', (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-vectors-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'bad.json');
  t.throws(() => checkVectors(path.join(folder, 'none.json')), { message: /none\.json: cannot be read \(ENOENT\)$/ });
  writeFileSync(file, JSON.stringify({ kind: 'gru', config: {}, inputs: {}, outputs: {} }));
  t.throws(() => checkVectors(file), { message: /bad\.json: kind: Invalid option/ });
  writeFileSync(
    file,
    JSON.stringify({ kind: 'adam', config: {}, inputs: { theta0: { shape: [2], data: [1] } }, outputs: {} }),
  );
  t.throws(() => checkVectors(file), { message: /bad\.json: inputs\.theta0: holds another number of values/ });
});
