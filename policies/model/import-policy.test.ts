/** A model that PyTorch wrote becomes a policy; one that keeps no contract is refused by what it lacks. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inflateSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { Graph } from '../graph/graph.ts';
import { concat, matmul, unsqueeze } from '../graph/ops.ts';
import { serialise } from '../graph/serialise.ts';
import { importModels } from './import-policy.ts';

/** nn.GRU (4 features, hidden 3) and nn.Linear to 2 horizons of mean and log-scale, by torch.onnx.export of 1.13, zlib. */
const FROM_PYTORCH = inflateSync(
  Buffer.from(
    'eNqNVn9MG1Uc77WlvT6glAe4DuJiThOX/tEfK7CJ9JWxZIw6NDJYHMvsDrjRSr2r7RUZumjGfhiikSXGBeY2srEwN+Myo8kk6zviVNTFOGNwBo' +
      'P7Yy4RTUyMOnQmzNdeaa/tQWjSe+997r3P+36/n+/3vaON0BjeLwqRrkClwWV3ue3OuvFysBUYoyIrcn4nLHO0RVg+GhainF+IieGY6HdWggzI' +
      'mNJdWwnQh7nI8w1Ug6ZBO0YZwROA3sexYizCRWGFo0eNqkgJr0g2SQF1DlAs8Hx/XV1Ta7vf5XJnD6uzhzVAA9RcgiWEOjFlOcBVaZABRkceNg' +
      'gKA8Hubo73R4MDnFU3RmltlaAsFOQ5NuLv5PYJEc5P3OZEK0XegWZYTpZvEXgSV17MuF+oQBl6qUeoCvrYUIyzmWnKYvTRlEb+jVF68DTItRWo' +
      'chPpehw7Xohx3ECWdGmQMaY6oAOozYVrssLtypCYs1+sKFsrWI4GWGRlWlixJRYi4tRC6BAcqWF6M1MaYwxyC+qAQbB3BtkoUFlAlBMcm7u7Mw' +
      'wGGWB05AFcIPc9WbAjwIY55YIkwBQkG7CF2JUvnUlNOOuScEUJ2TQK2dpB7jZAhRVaHE2sGOAimX2MKYQxyK2tEOjZ/mDUqkkkVk2+O6WpfRSC' +
      '0UvQkktNJB/Tm7uU+ZhBl3VLmY17QP52QJWbBDHlmksZxCVM3b0mCOUkaeejqfTcVFNZmKGvXqFqlOFvBXmRBSrUpGgyQ0XRpEHGlO6qGrdRaV' +
      'ztKo17BqjERsW8jeQUzQxdylNUAStNbFbqvEFV5w0rGKlVGJlF5Valcq+S6jUKqMUZqHsHVF0AqtaQ+iFoFysq60dGGIPcZidYa179gDwKSCeO' +
      '8y42KpJCauWiybPBmOrYLMDEhkLCiwNcRJA5m3NPaBcs4rl+0Z+6VIlcqzw9oSl5N/ufC4q2dbTeQjWmDj6fZXY99F7a+57n97VPooZL09h2ga' +
      'Ip2pSclH0h+oYpt/4bvEs7H+/9UidN3/fGr38h4YvTeu/2nV+jilNzCO1xoKqz5/H8Db13fpNFensISuec81j32AEszBRKFZsN8btGrTQyOYbO' +
      'lA0jp++W5/2WO+jmaE/8rZLL6PaFq/if01fwZEkMM5/95hn59Rauv3obn3j2DSz0fogerZ3BpcN66Ye1Gmlb3zFsOywbq8s1ttoX+iBkxneqvs' +
      'Kv7jXjYee5+KHztHe3eRTduMLj5qmJ+MgJrXd8ZxW+dxhKN7khfPTfmvqF+U884YPvxsXSI/Efn5rC+8PHUfEvcfRKoAy1lbXhhbt/oz7fAXRw' +
      'YhBbpr9F7tfXe4ZOzmKbn5gBc42o8W275u2pP/X9d/j60EmECwbx8a453DHzFxbdh9DWXYse+7E/0eXd29FLjW963rEvIHHNEewpKa6/dvYj9H' +
      'jcgJifP0f81CK2+WhdUpK8u87nfPnjRXxm9h4a57WSNRDGF3sKpD/+00hHI5/iidN2dH+uwDPp6UWDo834wZ8WcMdDis+pcgBpCpqBDlKNiUcb' +
      '0NL6jnWKDzdQSiYUyxO0NEX+us5HQDqVoRU8QCbALAZt4t/5MMhKV1WqRq3F/D8ZuEru',
    'base64',
  ),
);

function folder(t: ExecutionContext): (name: string, bytes: Uint8Array) => string {
  const directory = mkdtempSync(path.join(tmpdir(), 'emp-import-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  return (name, bytes) => {
    writeFileSync(path.join(directory, name), bytes);
    return path.join(directory, name);
  };
}

interface Change {
  features?: string;
  state?: boolean;
  /** Values of a state that comes before the features. */
  stateBefore?: number;
  length?: number | string;
  forecast?: string;
  dtype?: 'float64';
  weight?: number;
}

/** A sequence model with two horizons, with one thing as asked. */
function model(change: Change = {}): Uint8Array {
  const graph = new Graph(change.dtype);
  const before = change.stateBefore === undefined ? undefined : graph.input('state_0', ['B', change.stateBefore]);
  const features = graph.input(change.features ?? 'features', ['B', change.length ?? 'T', 4]);
  const mean = unsqueeze(matmul(features, graph.constant([4, 2], [change.weight ?? 1, 2, 3, 4, 5, 6, 7, 8])), -1);
  const outputs = { [change.forecast ?? 'forecast']: concat([mean, mean], -1) };
  if (before !== undefined) return serialise(graph, { ...outputs, next_state_0: before });
  return serialise(
    graph,
    change.state === true ? { ...outputs, next_state_0: graph.input('state_0', ['B', 3]) } : outputs,
  );
}

test('a model that PyTorch wrote, as a whole and as a step that is made of it', (t) => {
  const file = folder(t)('gru.onnx', FROM_PYTORCH);
  const { sequence, step, formDifference } = importModels(file, undefined, 4, 2);
  t.deepEqual(Buffer.from(sequence), FROM_PYTORCH);
  t.true(formDifference < 1e-5, `${formDifference}`);
  t.true(step.length > 0);
});

const refused = test.macro((t, change: Parameters<typeof model>[0], message: RegExp) => {
  t.throws(() => importModels(folder(t)('m.onnx', model(change)), undefined, 4, 2), { message, instanceOf: Error });
});

test('no features', refused, { features: 'x' }, /m\.onnx: input "features" is missing \(it has x\)$/);
test('no forecast', refused, { forecast: 'y' }, /m\.onnx: output "forecast" is missing \(it has y\)$/);
test(
  'a fixed length',
  refused,
  { length: 16 },
  /input "features" has shape \[-1,16,4\], \[-1,-1,4\] is required \(-1: free\)$/,
);

test('double precision', refused, { dtype: 'float64' }, /m\.onnx: input "features" is float64, float32 is required$/);
test('what is no number', refused, { weight: Number.NaN }, /m\.onnx: a forecast of drawn rows is not finite$/);
test(
  'a state beyond all memory',
  refused,
  { stateBefore: 4e9 },
  /m\.onnx: input "state_0" is too large \(4000000000 values a stream\), at most 4194304 are allowed$/,
);
test('inputs may come in any order', (t) => {
  t.notThrows(() => importModels(folder(t)('m.onnx', model({ stateBefore: 3 })), undefined, 4, 2));
});

test('another number of features or horizons, other states, another step, and no model', (t) => {
  const write = folder(t);
  const sound = write('sound.onnx', model());
  t.notThrows(() => importModels(sound, undefined, 4, 2));
  t.throws(() => importModels(sound, undefined, 5, 2), { message: /shape \[-1,-1,4\], \[-1,-1,5\] is required/ });
  t.throws(() => importModels(sound, undefined, 4, 3), {
    message: /"forecast" has shape \[-1,-1,2,2\], \[-1,-1,3,2\]/,
  });
  const gru = write('gru.onnx', FROM_PYTORCH);
  const { step } = importModels(gru, undefined, 4, 2);
  const stepFile = write('step.onnx', step);
  t.throws(() => importModels(sound, stepFile, 4, 2), {
    message: /step\.onnx: its states are \[1,3\], those of .* are none/,
  });
  const other = write('other.onnx', importModels(sound, undefined, 4, 2).step);
  const doubled = new Uint8Array(model());
  const louder = write('louder.onnx', doubled);
  const at = Buffer.from(doubled).indexOf(Buffer.from(Float32Array.of(1, 2, 3).buffer));
  doubled.set(new Uint8Array(Float32Array.of(9).buffer), at);
  writeFileSync(louder, doubled);
  t.throws(() => importModels(louder, other, 4, 2), {
    message: /other\.onnx: row by row it forecasts something else than/,
  });
  t.throws(() => importModels(write('none.onnx', new Uint8Array(50)), undefined, 4, 2), {
    message: /none\.onnx: the inference engine cannot load it/,
  });
  t.throws(() => importModels('/nowhere.onnx', undefined, 4, 2), { message: '/nowhere.onnx: cannot be read (ENOENT)' });
});
