import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { sha256Of } from '../runtime/evidence/digest.ts';
import type { TrustRoot } from '../runtime/evidence/trust.ts';
import { verdictCache } from './cache.ts';
import type { GateName } from './catalog.ts';
import type { Candidate, Gate, Verdict, VerdictStatus } from './gate.ts';
import { closureOf } from './inputs.ts';
import { type SigningKey, signingKey } from './keys.ts';
import { type RoundContext, runGates } from './run-gates.ts';
import { contextOf } from './testing.ts';

const trusting = (key: SigningKey): TrustRoot => ({
  schema: 'emp/trust/v1',
  keys: [{ keyId: key.keyId, publicKeyPem: key.publicKeyPem, roles: ['gate'] }],
  ledgerHead: null,
});

/** A round of one gate that counts how often it runs. */
function place(t: ExecutionContext) {
  const folder = mkdtempSync(path.join(tmpdir(), 'emp-cache-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const key = signingKey(path.join(folder, 'keys'), 'gate');
  let status: VerdictStatus = 'passed';
  let runs = 0;
  const gate: Gate = {
    name: 'ssd-consistency' as GateName,
    proves: 'nothing',
    run: async () => {
      runs++;
      return { status, because: 'so it is', measured: {}, thresholds: {} };
    },
  };
  const cacheFolder = path.join(folder, 'cache');
  return {
    folder,
    cacheFolder,
    answer: (next: VerdictStatus) => {
      status = next;
    },
    runs: () => runs,
    /** @returns the verdict and whether it was known */
    async round(change: Partial<RoundContext> = {}, policy = 'a', trusted = key) {
      let cached: boolean | undefined;
      const candidate = { directory: folder, digest: sha256Of(policy) } as unknown as Candidate;
      const [verdict] = await runGates(candidate, contextOf(change), {
        gates: [gate],
        cache: verdictCache(cacheFolder, key, trusting(trusted)),
        onEvent: (event) => {
          if (event.kind === 'finished') ({ cached } = event);
        },
      });
      return { verdict: verdict as Verdict, cached };
    },
  };
}

test('an unchanged gate on an unchanged candidate is not run again, and its verdict is the same', async (t) => {
  const at = place(t);
  const first = await at.round();
  const second = await at.round();
  t.is(at.runs(), 1);
  t.deepEqual([first.cached, second.cached], [false, true]);
  t.deepEqual(second.verdict, first.verdict);
});

test('whatever a verdict follows from makes the gate run again when it changes', async (t) => {
  const at = place(t);
  const features = path.join(at.folder, 'features');
  mkdirSync(features);
  writeFileSync(path.join(features, 'one.ts'), 'export const feature = 1;');
  const { limits, config } = contextOf();
  const rounds: [Partial<RoundContext>, string?][] = [
    [{}],
    [{}, 'b'],
    [{ seed: 8 }],
    [{ attempt: 2 }],
    [{ market: { kind: 'simulated', informed: false } }],
    [{ limits: { ...limits, maxOpenOrders: limits.maxOpenOrders + 1 } }],
    [{ config: { ...config, marketDepthLevels: config.marketDepthLevels + 1 } }],
    [{ features }],
  ];
  for (const [change, policy] of rounds) t.false((await at.round(change, policy)).cached, JSON.stringify(change));
  for (const [change, policy] of rounds) t.true((await at.round(change, policy)).cached, JSON.stringify(change));
  appendFileSync(path.join(features, 'one.ts'), '\n');
  t.false((await at.round({ features })).cached);
});

test('a failed verdict is kept, an errored one is not', async (t) => {
  const at = place(t);
  at.answer('failed');
  await at.round();
  const { verdict } = await at.round();
  t.is(verdict.status, 'failed');
  t.is(at.runs(), 1);
  const key = signingKey(path.join(at.folder, 'keys'), 'gate');
  const cache = verdictCache(path.join(at.folder, 'other'), key, trusting(key));
  for (const status of ['errored', 'failed'] as const) {
    await cache.keep({ ...verdict, status }, sha256Of('a'));
    const found = cache.find(verdict.gate, sha256Of('a'), verdict.inputs?.['inputs'] as string);
    t.is(found?.status, status === 'failed' ? status : undefined);
  }
});

test('a kept verdict that was edited, moved, or signed by a stranger is no verdict', async (t) => {
  const at = place(t);
  await at.round();
  const [name] = readdirSync(at.cacheFolder) as [string];
  const file = path.join(at.cacheFolder, name);
  const line = readFileSync(file, 'utf8');
  const stranger = signingKey(path.join(at.folder, 'stranger'), 'gate');
  t.false((await at.round({}, 'a', stranger)).cached, 'of a key that nobody trusts');
  for (let index = 7; index < line.length - 1; index += 97) {
    writeFileSync(file, `${line.slice(0, index)}${line[index] === 'A' ? 'B' : 'A'}${line.slice(index + 1)}`);
    t.false((await at.round()).cached, `byte ${index}`);
  }
  await at.round({}, 'b');
  const other = readdirSync(at.cacheFolder).find((found) => found !== name) as string;
  writeFileSync(path.join(at.cacheFolder, other), line);
  t.false((await at.round({}, 'b')).cached, 'about another policy');
  await at.round({ seed: 9 });
  const third = readdirSync(at.cacheFolder).find((found) => found !== name && found !== other) as string;
  writeFileSync(path.join(at.cacheFolder, third), line);
  t.false((await at.round({ seed: 9 })).cached, 'of other inputs');
});

test("a gate's code is all that it imports, workers and files beside it included", (t) => {
  const names = closureOf(path.join(import.meta.dirname, 'edge.ts')).map((file) =>
    path.relative(path.dirname(import.meta.dirname), file),
  );
  for (const name of ['gates/edge.ts', 'gates/thresholds.ts', 'policies/evaluation/worker.ts', 'runtime/pipeline.ts']) {
    t.true(names.includes(name), `${name} of ${names.length}`);
  }
  t.false(names.includes('gates/regret.ts'));
});
