/** `npm run policy -- train` makes a policy by one training, `import MODEL.onnx …` of a model trained elsewhere; `show DIR` prints a policy's card; `pack DIR` makes an OCI artifact. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { featureDigest, featureNames } from '../policies/evaluation/recording.ts';
import { founder } from '../policies/evolution/genome.ts';
import { importModels } from '../policies/model/import-policy.ts';
import { type ManifestParts, writeModels } from '../policies/model/policy-folder.ts';
import { InputError, readDocument } from '../runtime/boot/documents.ts';
import { plannerParameters, runtimeConfig, scaler as scalerSchema } from '../runtime/contract.ts';
import { sha256Of } from '../runtime/evidence/digest.ts';
import { configPath } from '../runtime/evidence/layout.ts';
import { Engine, type Port } from '../runtime/inference/engine.ts';
import { loadPolicy } from '../runtime/policy/load.ts';
import { environmentName, print, printJson } from './environment/cli.ts';
import { packPolicy } from './image/pack-policy.ts';
import { addTrain } from './policy/train.ts';
import { policyLines, row } from './show/lines.ts';

interface ImportOptions {
  readonly out: string;
  readonly horizons: readonly number[];
  readonly step?: string;
  readonly scaler?: string;
  readonly planner?: string;
  readonly name?: string;
  readonly environment: string;
  readonly json?: boolean;
}

interface PackOptions {
  readonly output: string;
  readonly name: string;
  readonly json?: boolean;
}

/** @returns 0 done; 2 (thrown) the model does not keep the contract, or there is no such policy */
export async function main(args: string[]): Promise<number> {
  const program = new Command('npm run policy --')
    .description('trains policies, brings them in, and shows them')
    .exitOverride();
  addTrain(program);
  program
    .command('import')
    .description("makes a policy of a model trained elsewhere, after holding it to the models' contract")
    .argument(
      '<model>',
      'ONNX: features (B, T, F), state_i (B, …) → forecast (B, T, horizons, 2), next_state_i; B, T free',
    )
    .requiredOption('--out <dir>', "the policy's folder, to be made")
    .requiredOption('--horizons <list>', 'decisions ahead of each forecast, in order: 8,40,120', listed)
    .option('--step <file>', 'its step form, features (S, F); default: made of the model')
    .option('--scaler <json>', 'mean, deviation and clip of its features; default: none are scaled, clipped at 1e6')
    .option('--planner <json>', 'planner parameters; default: those that evolution begins with')
    .option('--name <name>', "default: the model's file name")
    .option('--environment <name>', 'whose decision interval it is for', environmentName, 'local')
    .option('--json', 'one JSON object on stdout and nothing else')
    .action((model: string, options: ImportOptions) => importPolicy(model, options));
  program
    .command('show')
    .description("prints a policy's card, with its models' inputs and outputs")
    .argument('<dir>', 'folder with policy.json, sequence.onnx and step.onnx')
    .option('--json', 'one JSON object on stdout and nothing else')
    .action((directory: string, { json }: { json?: boolean }) => showPolicy(directory, json === true));
  program
    .command('pack')
    .description('makes an OCI artifact of a policy that is too large for Git; an image volume brings it to its pods')
    .argument('<dir>', 'folder with policy.json, sequence.onnx and step.onnx')
    .requiredOption('--output <file>', 'where the OCI archive goes, such as policy.tar')
    .option('--name <repository>', 'where it will be pushed, without a tag', 'registry.example/emp/policies')
    .option('--json', 'one JSON object on stdout and nothing else')
    .action((directory: string, options: PackOptions) => pack(directory, options));
  await program.parseAsync(args, { from: 'user' });
  return 0;
}

async function pack(directory: string, { output, name, json }: PackOptions): Promise<void> {
  const packed = await packPolicy(directory, path.resolve(output), name);
  if (json === true) {
    printJson(packed);
    return;
  }
  print(
    `${packed.file}: policy ${packed.policy}, ${Math.ceil(packed.sizeBytes / 1024)} KiB`,
    `  push     skopeo copy --preserve-digests oci-archive:${packed.file} docker://${name}`,
    `  propose  npm run promote -- propose --policy ${directory} --policy-image ${packed.reference}`,
  );
}

function importPolicy(file: string, options: ImportOptions): void {
  const { out, horizons, step, environment } = options;
  if (existsSync(path.join(out, 'policy.json')))
    throw new InputError(`${out}: there is a policy already, name another folder`);
  const checkout = path.resolve(import.meta.dirname, '..');
  const { decisionIntervalUs } = readDocument(path.join(checkout, configPath(environment)), runtimeConfig).value;
  const features = featureNames.length;
  const models = importModels(file, step, features, horizons.length);
  const unscaled = { mean: featureNames.map(() => 0), deviation: featureNames.map(() => 1), clip: 1e6 };
  const planner =
    options.planner === undefined
      ? founder(features, 0).planner
      : readDocument(options.planner, plannerParameters).value;
  if (planner.horizon >= horizons.length) {
    throw new InputError(
      `planner.horizon is too large (${planner.horizon}), at most ${horizons.length - 1} is allowed`,
    );
  }
  const digest = sha256Of(models.sequence);
  const parts: ManifestParts = {
    name: options.name ?? path.basename(file, '.onnx'),
    featureNames: [...featureNames],
    featureDigest,
    decisionIntervalUs,
    scaler: options.scaler === undefined ? unscaled : readDocument(options.scaler, scalerSchema).value,
    planner,
    seed: 0,
    parents: [],
    genome: digest,
    data: {
      kind: 'log',
      description: `imported from ${path.basename(file)}; what it was trained on is not known`,
      digest,
    },
    commit: 'imported',
    trials: 1,
    training: { steps: 0, loss: null },
    reference: { informationCoefficient: null, pnlPerSliceUsd: null },
  };
  let written: ReturnType<typeof writeModels>;
  try {
    written = writeModels(
      out,
      parts,
      { kind: 'imported', features, horizons: [...horizons] },
      models.sequence,
      models.step,
    );
  } catch (cause) {
    if (!(cause instanceof z.ZodError)) throw cause;
    throw new InputError(`${file}: ${z.prettifyError(cause)}`, { cause });
  }
  const { formDifference } = models;
  if (options.json === true)
    printJson({ directory: out, digest: written.digest, formDifference, manifest: written.manifest });
  else
    print(
      ...policyLines(written.digest, written.manifest),
      row('forms', `differ by ${formDifference.toPrecision(2)}`),
      `written to ${out}`,
    );
}

function showPolicy(directory: string, json: boolean): void {
  const { digest, manifest, models } = loadPolicy(directory);
  const files = Object.entries(models).map(([name, bytes]) => {
    const engine = new Engine(bytes);
    const { inputs, outputs } = engine;
    engine.dispose();
    return { file: `${name}.onnx`, bytes: bytes.length, inputs, outputs };
  });
  if (json) {
    printJson({ digest, manifest, files });
    return;
  }
  const ports = (list: readonly Port[]) => list.map(({ name, shape }) => `${name} [${shape}]`).join(', ');
  print(
    ...policyLines(digest, manifest),
    ...files.map(({ file, bytes, inputs, outputs }) =>
      row(file.replace('.onnx', ''), `${Math.ceil(bytes / 1024)} KiB: ${ports(inputs)} → ${ports(outputs)}`),
    ),
  );
}

function listed(text: string): number[] {
  if (/^[1-9]\d{0,6}(,[1-9]\d{0,6})*$/.test(text)) return text.split(',').map(Number);
  throw new InvalidArgumentError('whole numbers from 1, with commas between, are allowed.');
}
