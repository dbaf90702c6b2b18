/** `npm run trust`: which keys are trusted to say what, and where that is kept. */
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Command, Option } from 'commander';
import { stringify } from 'yaml';
import { signingKey } from '../gates/keys.ts';
import { InputError } from '../runtime/boot/documents.ts';
import { loadTrust, type Role, role, type TrustRoot } from '../runtime/evidence/trust.ts';
import { parseOptions, print, printJson } from './environment/cli.ts';
import { existingEnvironment } from './environment/product.ts';
import { keyOf, linesSignedBy, withKey, withRetired } from './environment/rotation.ts';
import { trustPathOf, writeTrust } from './environment/trust.ts';
import { describeRoot, pinnedPathOf } from './environment/trust-root.ts';

interface Options {
  readonly state: string;
  readonly json?: boolean;
  readonly role?: Role;
  readonly key?: string;
  readonly publicKey?: string;
  readonly because?: string;
}

const actions = ['show', 'pin', 'add', 'rotate', 'retire', 'revoke', 'config-map'] as const;
type Action = (typeof actions)[number];

const HELP = `
Actions:
  show        the keys, and what was last seen of the ledger
  pin         keep the root in the user's configuration folder, out of reach of who can write the state folder
  add         trust one more key:                --public-key FILE --role ROLE
  rotate      a new signing key on this machine; the old one counts for what it signed: --role ROLE --because TEXT
  retire      a key counts for what it signed before and nothing else: --key ID --because TEXT
  revoke      a key was stolen: nothing that it ever signed counts:    --key ID --because TEXT
  config-map  the root as a Kubernetes ConfigMap, on stdout`;

/** @returns 0 done */
export async function main(args: string[]): Promise<number> {
  const command = new Command('npm run trust --')
    .description('which keys are trusted to say what, and where that is kept')
    .argument('[action]', actions.join(', '), 'show')
    .option('--state <dir>', 'state folder', (text) => path.resolve(text), path.resolve('.emp'))
    .addOption(new Option('--role <role>', 'what a key may say').choices(role.options))
    .option('--key <id>', 'a key of the root, or the first 8 or more digits of its id')
    .option('--public-key <file>', 'P-256 public key in PEM form')
    .option('--because <text>', 'why; everyone who meets the key reads it')
    .option('--json', 'one JSON object on stdout and nothing else')
    .addHelpText('after', HELP)
    .exitOverride();
  const options = parseOptions<Options>(command, args);
  const action = command.args[0] ?? 'show';
  if (!isAction(action)) throw new InputError(`trust: unknown action (${action}), allowed are ${actions.join(', ')}`);
  const file = trustPathOf(options.state);
  if (action === 'pin') return pin(options, file);
  const trust = loadTrust(file);
  if (action === 'config-map') return printConfigMap(trust);
  if (action !== 'show') writeTrust(file, await changed(action, options, trust));
  return show(options, file);
}

function isAction(text: string): text is Action {
  return (actions as readonly string[]).includes(text);
}

async function changed(action: Action, options: Options, trust: TrustRoot): Promise<TrustRoot> {
  const { state } = options;
  if (action === 'add')
    return withKey(trust, readPem(needed(options, 'publicKey', action)), [needed(options, 'role', action)]);
  const because = needed(options, 'because', action);
  if (action === 'revoke') return withRetired(trust, needed(options, 'key', action), { because, accepts: [] });
  const repository = await existingEnvironment(state);
  if (action === 'retire') {
    const { keyId } = keyOf(trust, needed(options, 'key', action));
    return withRetired(trust, keyId, { because, accepts: await linesSignedBy(repository, keyId) });
  }
  const wanted = needed(options, 'role', action);
  const folder = path.join(state, 'keys');
  const old = signingKey(folder, wanted);
  keyOf(trust, old.keyId);
  const accepts = await linesSignedBy(repository, old.keyId);
  // Gone for good: nobody can sign with it any more, whatever a root that was forgotten somewhere says.
  rmSync(path.join(folder, `${wanted}.pem`));
  const made = withKey(trust, signingKey(folder, wanted).publicKeyPem, [wanted]);
  return withRetired(made, old.keyId, { because, accepts });
}

function needed<N extends 'role' | 'key' | 'publicKey' | 'because'>(
  options: Options,
  name: N,
  action: Action,
): NonNullable<Options[N]> {
  const value = options[name];
  if (value !== undefined) return value as NonNullable<Options[N]>;
  const flag = name === 'publicKey' ? '--public-key' : `--${name}`;
  throw new InputError(`trust ${action}: ${flag} is missing; see npm run trust -- --help`);
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new InputError(`${file}: public key cannot be read`, { cause });
  }
}

function pin(options: Options, file: string): number {
  const pinned = pinnedPathOf(options.state);
  if (file !== pinned) writeTrust(pinned, loadTrust(file));
  return show(options, pinned);
}

function show({ state, json }: Options, file: string): number {
  const { keys, ledgerHead } = loadTrust(file);
  const root = describeRoot(file, state);
  if (json === true) {
    printJson({ ...root, keys: keys.map(({ publicKeyPem: _, ...key }) => key), ledgerHead });
    return 0;
  }
  print(`${root.file}`, `  ${root.means}`);
  for (const { keyId, roles, retired } of keys) {
    const counts = retired?.accepts.length === 0 ? 'revoked' : `retired, ${retired?.accepts.length} lines count`;
    print(
      `  ${keyId.slice(7, 23)}  ${roles.join(', ').padEnd(9)}  ${retired === undefined ? 'trusted' : `${counts}: ${retired.because}`}`,
    );
  }
  print(`  ledger seen up to entry ${ledgerHead === null ? 'none' : ledgerHead.seq}`);
  return 0;
}

/** What a pod mounts and names by `--trust`. */
function printConfigMap(trust: TrustRoot): number {
  const data = { 'trust.json': `${JSON.stringify(trust, null, 2)}\n` };
  process.stdout.write(stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'emp-trust' }, data }));
  return 0;
}
