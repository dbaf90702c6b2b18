/** `npm run trust`: which keys are trusted to say what, and where that is kept. */
import { existsSync, readFileSync, renameSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { stringify } from 'yaml';
import { signingKey } from '../gates/keys.ts';
import { InputError } from '../runtime/boot/documents.ts';
import { SystemClock } from '../runtime/clock.ts';
import {
  keyIdOf,
  loadTrust,
  outsideValidity,
  type Role,
  role,
  type TrustedKey,
  type TrustRoot,
} from '../runtime/evidence/trust.ts';
import { parseOptions, print, printJson } from './environment/cli.ts';
import { existingEnvironment } from './environment/product.ts';
import type { EnvironmentRepository } from './environment/repository.ts';
import { keyOf, linesSignedBy, withKey, withRetired } from './environment/rotation.ts';
import { trustPathOf, writeTrust } from './environment/trust.ts';
import { describeRoot, pinnedPathOf } from './environment/trust-root.ts';
import { withPersonKey } from './proposals/people.ts';
import { teamRepository } from './proposals/place.ts';
import { parseRules, personOf, rulesPath } from './proposals/rules.ts';

interface Options {
  readonly state: string;
  readonly json?: boolean;
  readonly role?: readonly Role[];
  readonly key?: string;
  readonly publicKey?: string;
  readonly because?: string;
  readonly notBefore?: string;
  readonly notAfter?: string;
  readonly person?: string;
  readonly group: readonly string[];
  readonly keys?: string;
  readonly remote?: string;
  readonly checkout: string;
}

const actions = ['list', 'pin', 'key', 'add', 'rotate', 'retire', 'revoke', 'config-map'] as const;
type Action = (typeof actions)[number];

const HELP = `
Actions:
  list        the keys, whose they are, until when they are valid, and what was last seen of the ledger
  pin         keep the root in the user's configuration folder, out of reach of who can write the state folder
  key         the public key of this machine for a role, made where there is none:  --role ROLE
  add         trust one more key:   --public-key FILE --role ROLE… [--person NAME --group GROUP…] [--not-after DATE]
  rotate      a new signing key on this machine; the old one counts for what it signed: --role ROLE --because TEXT
  retire      a key counts for what it signed before and nothing else: --key ID --because TEXT
  revoke      a key was stolen: nothing that it ever signed counts:    --key ID --because TEXT
  config-map  the root as a Kubernetes ConfigMap, on stdout

An author or approver runs \`key\` and hands the printed key to whoever keeps the root, who runs \`add --person\`: it also
writes whose key it is into environments/approvals.yaml of the checkout, to be merged by a pull request of its own.`;

/** @returns 0 done */
export async function main(args: string[]): Promise<number> {
  const absolute = (text: string) => path.resolve(text);
  const command = new Command('npm run trust --')
    .description('which keys are trusted to say what, until when, and where that is kept')
    .argument('[action]', actions.join(', '), 'list')
    .option('--state <dir>', 'state folder', absolute, absolute('.emp'))
    .addOption(new Option('--role <roles...>', 'what a key may say').choices(role.options))
    .option('--key <id>', 'a key of the root, or the first 8 or more digits of its id')
    .option('--public-key <file>', 'P-256 public key in PEM form')
    .option('--because <text>', 'why; everyone who meets the key reads it')
    .option('--not-before <date>', 'a new key counts from then on, such as 2027-01-01', date)
    .option('--not-after <date>', 'a new key has to be replaced by then', date)
    .option('--person <name>', 'whose key it is')
    .option('--group <names...>', 'with --person: groups of approvals.yaml that the person speaks for', [])
    .option('--keys <dir>', 'folder of signing keys; default: keys in the state folder', absolute)
    .option('--remote <url>', "the team's repository, whose lines a retired key keeps; default: the state folder's own")
    .option(
      '--checkout <dir>',
      'where environments/approvals.yaml lies',
      absolute,
      path.resolve(import.meta.dirname, '..'),
    )
    .option('--json', 'one JSON object on stdout and nothing else')
    .addHelpText('after', HELP)
    .exitOverride();
  const options = parseOptions<Options>(command, args);
  const action = command.args[0] ?? 'list';
  if (!isAction(action)) throw new InputError(`trust: unknown action (${action}), allowed are ${actions.join(', ')}`);
  if (action === 'key') return printKey(options);
  const file = trustPathOf(options.state);
  if (action === 'pin') return pin(options, file);
  const trust = loadTrust(file);
  if (action === 'config-map') return printConfigMap(trust);
  if (action === 'rotate') await rotate(options, trust, file);
  else if (action !== 'list') writeTrust(file, await changed(action, options, trust));
  return list(options, file);
}

function isAction(text: string): text is Action {
  return (actions as readonly string[]).includes(text);
}

function date(text: string): string {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new InvalidArgumentError('a date such as 2027-01-01 or 2027-01-01T12:00:00Z is allowed.');
  return new Date(ms).toISOString();
}

/** @returns the root with the change; a person's key is written into the rules, too, before that */
async function changed(action: Action, options: Options, trust: TrustRoot): Promise<TrustRoot> {
  if (action === 'add') {
    const pem = readPem(needed(options, 'publicKey', action));
    const added = withKey(trust, pem, needed(options, 'role', action), validityOf(options));
    namePerson(options, pem);
    return added;
  }
  const because = needed(options, 'because', action);
  if (action === 'revoke') return withRetired(trust, needed(options, 'key', action), { because, accepts: [] });
  const { keyId } = keyOf(trust, needed(options, 'key', action));
  return withRetired(trust, keyId, { because, accepts: await linesSignedBy(await repositoryOf(options), keyId) });
}

/** A new key beside the old one, then the root that trusts it, then it takes the old one's place: killed between, it goes on. */
async function rotate(options: Options, trust: TrustRoot, file: string): Promise<void> {
  const because = needed(options, 'because', 'rotate');
  const wanted = oneRole(options, 'rotate');
  const { state, keys = path.join(state, 'keys') } = options;
  const old = signingKey(keys, wanted);
  const { roles } = keyOf(trust, old.keyId);
  const accepts = await linesSignedBy(await repositoryOf(options), old.keyId);
  const next = path.join(keys, 'next');
  const { keyId, publicKeyPem } = signingKey(next, wanted);
  const known = trust.keys.some((key) => key.keyId === keyId);
  const added = known ? trust : withKey(trust, publicKeyPem, roles, validityOf(options));
  const rotated = withRetired(added, old.keyId, { because, accepts });
  namePerson(options, publicKeyPem);
  writeTrust(file, rotated);
  // The old one is gone for good: nobody can sign with it any more, whatever a root that was forgotten somewhere says.
  renameSync(path.join(next, `${wanted}.pem`), path.join(keys, `${wanted}.pem`));
  rmdirSync(next);
}

function repositoryOf({ state, remote }: Options): Promise<EnvironmentRepository> {
  return remote === undefined ? existingEnvironment(state) : teamRepository(state, remote);
}

function validityOf({ notBefore, notAfter }: Options): Pick<TrustedKey, 'notBefore' | 'notAfter'> {
  return { ...(notBefore === undefined ? {} : { notBefore }), ...(notAfter === undefined ? {} : { notAfter }) };
}

/** Writes whose key it is, where somebody is named. */
function namePerson({ person, group: groups, checkout }: Options, pem: string): void {
  if (person === undefined) return;
  const file = path.join(checkout, rulesPath);
  const text = withPersonKey(readText(file), rulesPath, { person, keyId: keyIdOf(pem), groups });
  writeFileSync(file, text);
  process.stderr.write(`trust: ${file} names ${person}; it counts once a pull request of its own has merged it\n`);
}

function oneRole(options: Options, action: Action): Role {
  const [only, ...more] = needed(options, 'role', action);
  if (only !== undefined && more.length === 0) return only;
  throw new InputError(`trust ${action}: --role has ${more.length + 1} values, one is allowed`);
}

function printKey(options: Options): number {
  const { state, keys = path.join(state, 'keys'), json } = options;
  const { keyId, publicKeyPem } = signingKey(keys, oneRole(options, 'key'));
  if (json === true) printJson({ keyId, publicKeyPem });
  else process.stdout.write(publicKeyPem);
  return 0;
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
  const pem = readText(file);
  try {
    keyIdOf(pem);
  } catch (cause) {
    throw new InputError(`${file}: is no public key, a P-256 key in PEM form is allowed`, { cause });
  }
  return pem;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new InputError(`${file}: cannot be read (${(cause as NodeJS.ErrnoException).code})`, { cause });
  }
}

function pin(options: Options, file: string): number {
  const pinned = pinnedPathOf(options.state);
  if (file !== pinned) writeTrust(pinned, loadTrust(file));
  return list(options, pinned);
}

function list({ state, json, checkout }: Options, file: string): number {
  const { keys, ledgerHead } = loadTrust(file);
  const root = describeRoot(file, state);
  const rules = path.join(checkout, rulesPath);
  const people = existsSync(rules) ? parseRules(readText(rules), rulesPath) : undefined;
  const personBy = (keyId: string) => (people === undefined ? null : (personOf(people, keyId) ?? null));
  if (json === true) {
    const told = keys.map(({ publicKeyPem: _, ...key }) => ({ ...key, person: personBy(key.keyId) }));
    printJson({ ...root, keys: told, ledgerHead });
    return 0;
  }
  print(`${root.file}`, `  ${root.means}`);
  const nowUs = new SystemClock().nowUs();
  for (const key of keys) {
    const who = personBy(key.keyId);
    const whose = who === null ? '' : `  ${who}`;
    print(`  ${key.keyId.slice(7, 23)}  ${key.roles.join(', ').padEnd(9)}  ${stateOf(key, nowUs)}${whose}`);
  }
  print(`  ledger seen up to entry ${ledgerHead === null ? 'none' : ledgerHead.seq}`);
  return 0;
}

function stateOf(key: TrustedKey, nowUs: number): string {
  const { retired, notAfter } = key;
  if (retired !== undefined) {
    const counts = retired.accepts.length === 0 ? 'revoked' : `retired, ${retired.accepts.length} lines count`;
    return `${counts}: ${retired.because}`;
  }
  const until = notAfter === undefined ? 'trusted' : `trusted until ${notAfter}`;
  const invalid = outsideValidity(key, nowUs);
  return invalid === undefined ? until : `${invalid}: npm run trust -- rotate`;
}

/** What a pod mounts and names by `--trust`. */
function printConfigMap(trust: TrustRoot): number {
  const data = { 'trust.json': `${JSON.stringify(trust, null, 2)}\n` };
  process.stdout.write(stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'emp-trust' }, data }));
  return 0;
}
