/** Whether every claim of the documents is bound to evidence that exists, and every name in them to something that is there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Problem } from '../../runtime/evidence/problem.ts';
import { type Claim, claimsOf, type Mention, mentionsOf, type Proof } from './claims.ts';
import { checkFigure } from './figure.ts';

export interface TruthReport {
  readonly claims: number;
  readonly mentions: number;
  /** Commands that claims rest on; whoever asked decides whether to run them. */
  readonly commands: readonly { readonly claim: Claim; readonly command: string }[];
  /** Claims without any evidence; problems, too, when there are more than are tolerated. */
  readonly unbound: readonly Problem[];
  readonly problems: readonly Problem[];
}

export interface TruthOptions {
  /** Claims without evidence that are tolerated; one more, and all of them are problems. @default none */
  readonly unboundMax?: number;
  /** Folder that holds the documents. */
  readonly documents: string;
  /** Folder in which their evidence is looked for: a checkout of the product. */
  readonly checkout: string;
  /** Names of the product's gates, and of its metrics. */
  readonly gates: readonly string[];
  readonly metrics: readonly string[];
}

/** Every README of the documents' folder is held to its claims; of the other documents the names in them are checked. */
export function truthOf(options: TruthOptions): TruthReport {
  const files = documentsIn(options.documents);
  const read = (file: string): string => readFileSync(path.join(options.documents, file), 'utf8');
  const claims = files
    .filter((file) => path.basename(file) === 'README.md')
    .flatMap((file) => claimsOf(read(file), file));
  const mentions = files.flatMap((file) => mentionsOf(read(file), file));
  const known = new Names(options);
  const commands = claims.flatMap((claim) =>
    claim.proofs.flatMap(({ kind, argument }) => (kind === 'run' ? [{ claim, command: argument }] : [])),
  );
  const unbound = claims.filter(({ proofs }) => proofs.length === 0).map(unboundProblem);
  const tolerated = unbound.length <= (options.unboundMax ?? 0);
  const problems = [
    ...(tolerated ? [] : unbound),
    ...claims.flatMap((claim) => checkClaim(claim, options, known)),
    ...mentions.flatMap((mention) => known.check(mention)),
  ];
  const numbers = { claims: claims.length, mentions: mentions.length };
  return { ...numbers, commands, unbound, problems };
}

/** Markdown files below a folder, links and build outputs left out; paths are from the folder. */
export function documentsIn(folder: string): string[] {
  const skipped = new Set(['node_modules', '.git', '.emp', 'approved']);
  const walk = (below: string): string[] =>
    readdirSync(path.join(folder, below), { withFileTypes: true }).flatMap((entry) => {
      const file = path.posix.join(below, entry.name);
      if (entry.isDirectory()) return skipped.has(entry.name) ? [] : walk(file);
      return entry.isFile() && entry.name.endsWith('.md') ? [file] : [];
    });
  return walk('').sort();
}

function unboundProblem({ file, line, text }: Claim): Problem {
  const allowed = '<!-- proof: test FILE "TITLE" -->, or gate, suite, run, figure';
  return { subject: `${file}:${line}`, problem: 'claims something without evidence', actual: shorten(text), allowed };
}

function checkClaim(claim: Claim, options: TruthOptions, known: Names): Problem[] {
  return claim.proofs.flatMap((proof) => {
    const wrong = checkProof(claim, proof, options, known);
    return wrong === undefined ? [] : [{ subject: `${claim.file}:${claim.line}`, ...wrong }];
  });
}

type Wrong = Omit<Problem, 'subject'>;

function checkProof(claim: Claim, { kind, argument }: Proof, options: TruthOptions, known: Names): Wrong | undefined {
  const { checkout, gates } = options;
  switch (kind) {
    case 'test':
      return checkQuoted(
        checkout,
        argument,
        (file) => file.endsWith('.test.ts'),
        'a *.test.ts file and a title in quotes',
      );
    case 'suite': {
      const [name = '', ...title] = argument.split(' ');
      // They stand in several lists, which run in turn and beside each other.
      const listed = new RegExp(`^\\w+=\\([^)]*\\b${name.replaceAll('-', '_')}\\b`, 'm');
      if (!listed.test(known.text('.ci/run'))) {
        return { problem: 'rests on a suite that .ci/run does not run', actual: name, allowed: 'a suite of .ci/run' };
      }
      return checkQuoted(checkout, `scripts/suites/${name}.ts ${title.join(' ')}`, () => true, 'a case in quotes');
    }
    case 'gate':
      if (gates.includes(argument)) return undefined;
      return { problem: 'rests on a gate that does not exist', actual: argument, allowed: gates.join(', ') };
    case 'figure':
      return checkFigure(claim.text, argument, checkout);
    case 'run': {
      const script = /^npm run (?:-s )?([a-z][a-z0-9-]*)/.exec(argument)?.[1];
      if (script !== undefined && known.hasScript(script)) return undefined;
      return {
        problem: 'rests on a command that does not exist',
        actual: argument,
        allowed: 'npm run … of package.json',
      };
    }
    case 'unknown':
      return { problem: 'has a proof of no known kind', actual: argument, allowed: 'test, gate, suite, run, figure' };
  }
}

/** `FILE "TEXT"`: the file is there, holds the text, and does not skip it. */
function checkQuoted(
  checkout: string,
  argument: string,
  fits: (file: string) => boolean,
  allowed: string,
): Wrong | undefined {
  const [, file, title] = /^(\S+) "(.+)"$/.exec(argument) ?? [];
  if (file === undefined || title === undefined || !fits(file)) {
    return { problem: 'has a proof that cannot be read', actual: argument, allowed };
  }
  const absolute = path.join(checkout, file);
  if (!existsSync(absolute)) return { problem: 'rests on a file that does not exist', actual: file, allowed };
  const lines = readFileSync(absolute, 'utf8').split('\n');
  const found = lines.findIndex((line) => line.includes(title) && !/^\s*(\/\/|\*)/.test(line));
  if (found < 0)
    return { problem: `rests on a title that ${file} does not have`, actual: title, allowed: 'a title in it' };
  const skipped = [lines[found - 1] ?? '', lines[found] as string].some((line) => /\.(skip|todo|failing)\(/.test(line));
  return skipped
    ? { problem: 'rests on a test that is not run', actual: title, allowed: 'a test that runs' }
    : undefined;
}

/** What names may mean: read from the checkout once. */
class Names {
  readonly #options: TruthOptions;
  readonly #scripts: Readonly<Record<string, string>>;
  readonly #flags: ReadonlySet<string>;

  constructor(options: TruthOptions) {
    this.#options = options;
    this.#scripts = JSON.parse(this.text('package.json')).scripts;
    this.#flags = new Set(['--help', '--version']);
    const flags = this.#flags as Set<string>;
    // A test or a suite may name a flag that is none, to see it refused.
    for (const file of sourcesIn(options.checkout).filter((one) => !/\.test\.ts$|(^|\/)suites\//.test(one))) {
      for (const [, flag] of this.text(file).matchAll(/['"`]\s*(?:-\w, )?(--[a-z][a-z0-9-]+)/g))
        flags.add(flag as string);
      for (const [, flag] of this.text(file).matchAll(/^ {2,}(--[a-z][a-z0-9-]+)/gm)) flags.add(flag as string);
    }
  }

  hasScript(name: string): boolean {
    return name === 'test' || this.#scripts[name] !== undefined;
  }

  text(file: string): string {
    const absolute = path.join(this.#options.checkout, file);
    return existsSync(absolute) ? readFileSync(absolute, 'utf8') : '';
  }

  check({ file, line, kind, name }: Mention): Problem[] {
    const one = (problem: string, allowed: string): Problem[] => [
      { subject: `${file}:${line}`, problem, actual: name, allowed },
    ];
    if (kind === 'script') {
      return this.hasScript(name) ? [] : one('names a command that does not exist', 'a script of package.json');
    }
    if (kind === 'flag')
      return this.#flags.has(name) ? [] : one('names a flag that no command has', 'a flag of a command');
    if (kind === 'metric') {
      const bare = name.replace(/_(bucket|sum|count)$/, '');
      const { metrics } = this.#options;
      return metrics.includes(name) || metrics.includes(bare)
        ? []
        : one('names a metric that nothing exports', 'an exported metric');
    }
    return this.#isFile(file, name)
      ? []
      : one('names a file that does not exist', 'a file from its folder or from the root');
  }

  /** From the document's folder, from the root, or, as a bare name, the name of any file or output that a source writes. */
  #isFile(document: string, name: string): boolean {
    const { checkout } = this.#options;
    const places = [path.join(checkout, path.dirname(document), name), path.join(checkout, name)];
    if (places.some((place) => existsSync(place))) return true;
    const base = path.basename(name);
    return this.#sources.some((file) => path.basename(file) === base) || this.#written.includes(base);
  }

  #cachedSources: string[] | undefined;
  get #sources(): string[] {
    this.#cachedSources ??= sourcesIn(this.#options.checkout, /\.(ts|tsx|mjs|yaml|json|md|sql)$/);
    return this.#cachedSources;
  }

  #cachedWritten: string | undefined;
  /** All sources as one text: a file that the product writes is named in one of them. */
  get #written(): string {
    this.#cachedWritten ??= sourcesIn(this.#options.checkout)
      .map((file) => this.text(file))
      .join('\n');
    return this.#cachedWritten;
  }
}

function sourcesIn(checkout: string, wanted = /\.(ts|tsx|mjs)$/): string[] {
  const rooms = ['runtime', 'policies', 'gates', 'platform', 'environments', 'charts', 'scripts'];
  return rooms
    .filter((room) => existsSync(path.join(checkout, room)))
    .flatMap((room) =>
      readdirSync(path.join(checkout, room), { recursive: true, encoding: 'utf8' })
        .filter((file) => wanted.test(file) && !file.includes('node_modules'))
        .map((file) => path.join(room, file)),
    );
}

function shorten(text: string): string {
  return text.length > 90 ? `${text.slice(0, 87)}…` : text;
}
