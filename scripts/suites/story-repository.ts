/**
 * A team's repository of this checkout for the stories that go on in a cluster: people who may approve, `paper` set up for a
 * small node, and promotions from proposal to label. Verdicts on proposals are written here; the gates run in the cluster.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { signVerdicts } from '../../gates/evidence.ts';
import { type SigningKey, signingKey } from '../../gates/keys.ts';
import { SystemClock } from '../../runtime/clock.ts';
import type { Slot } from '../../runtime/contract.ts';
import { loadTrust } from '../../runtime/evidence/trust.ts';
import { git } from '../environment/git.ts';
import { withRendered } from '../environment/rendered.ts';
import { attach, createBare, type EnvironmentRepository, transact } from '../environment/repository.ts';
import { passedVerdicts } from '../environment/scratch.ts';
import { commitFiles, readAt } from '../environment/tree.ts';
import { type LocalTrust, localTrust, writeTrust } from '../environment/trust.ts';
import { approve, attest, seal } from '../proposals/advance.ts';
import { merge } from '../proposals/merge.ts';
import { propose, type Wanted } from '../proposals/propose.ts';
import { hold } from './suite.ts';

const checkout = path.resolve(import.meta.dirname, '../..');
const ENVIRONMENT = 'paper';
const GATES = 'environments/base/components/gates';

/** What the gates measured, as far as the regression gate holds what trades to it. */
export type Measured = Readonly<Record<'edge' | 'planner-sla', Readonly<Record<string, number>>>>;

/** Of an ordinary policy. */
export const ORDINARY: Measured = {
  edge: {
    sliceSeconds: 600,
    slices: 16,
    earnedPerSliceUsd: 100,
    earnedPerSliceDeviationUsd: 100,
    rankCorrelation: 0.3,
    rankCorrelationDeviation: 0.1,
    rankCorrelationSlices: 16,
  },
  'planner-sla': { decisionPerMessageRatio: 50 },
};

export class StoryRepository {
  readonly state: string;
  readonly repository: EnvironmentRepository;
  readonly trust: LocalTrust;
  readonly clock = new SystemClock();
  readonly #author: SigningKey;
  readonly #approver: SigningKey;

  private constructor(state: string, repository: EnvironmentRepository, trust: LocalTrust) {
    this.state = state;
    this.repository = repository;
    this.trust = trust;
    const key = (name: 'author' | 'approver') => signingKey(path.join(state, 'people', name), name);
    this.#author = key('author');
    this.#approver = key('approver');
  }

  /** Lays it out under `state`, as `npm run up` would: this checkout's last commit, and what the suite needs on top. */
  static async create(state: string): Promise<StoryRepository> {
    mkdirSync(state);
    const trust = localTrust(state);
    const remote = path.join(state, 'environment.git');
    await createBare(remote, async (made) => {
      await git(made, ['fetch', '-q', '--no-tags', '--update-shallow', checkout, 'HEAD:refs/heads/main'], {
        asUser: true,
      });
    });
    const made = new StoryRepository(state, await attach(remote, path.join(state, 'work.git')), trust);
    const root = loadTrust(trust.trustPath);
    const people = [made.#author, made.#approver].map(({ keyId, publicKeyPem }, index) => {
      const roles = index === 0 ? (['author'] as const) : (['approver'] as const);
      return { keyId, publicKeyPem, roles: [...roles] };
    });
    writeTrust(trust.trustPath, { ...root, keys: [...root.keys, ...people] });
    return made;
  }

  get common() {
    return { ...this.trust, repository: this.repository, environment: ENVIRONMENT, clock: this.clock };
  }

  /** Commits people, the environment's platform document, and which of the gates run in the cluster. */
  setUp(platform: object, gates: readonly string[]): Promise<string> {
    const { work } = this.repository;
    return transact(this.repository, async (base) => {
      const read = async (file: string) => parse(String(await readAt(work, base, file)));
      const rules = await read('environments/approvals.yaml');
      rules.people = {
        ada: { keys: [this.#author.keyId] },
        bob: { keys: [this.#approver.keyId] },
      };
      rules.groups = { ...rules.groups, research: ['ada'], risk: ['bob'], platform: ['bob'] };
      const component = await read(`${GATES}/kustomization.yaml`);
      component.resources = (component.resources as string[]).filter((file) => {
        return !file.endsWith('-job.yaml') || gates.some((gate) => file === `gate-${gate}-job.yaml`);
      });
      const changes = new Map<string, Uint8Array>([
        ['environments/approvals.yaml', Buffer.from(stringify(rules))],
        [`environments/${ENVIRONMENT}/platform.yaml`, Buffer.from(stringify(platform))],
        [`${GATES}/kustomization.yaml`, Buffer.from(stringify(component))],
      ]);
      for (const gate of gates) {
        const file = `${GATES}/gate-${gate}-job.yaml`;
        // What a gate asks for is for a node of its own.
        const text = String(await readAt(work, base, file)).replaceAll(/cpu: '\d+'/g, "cpu: '300m'");
        changes.set(file, Buffer.from(text));
      }
      const all = await withRendered(work, base, ENVIRONMENT, changes);
      const message = 'A small cluster for a story';
      const head = await commitFiles(work, { base, changes: all, message, timeUs: this.clock.nowUs() });
      return { push: { head }, outcome: head };
    });
  }

  /** Ada proposes a policy, and the verdicts come. */
  async propose(
    wanted: Wanted,
    because: string,
    measured = ORDINARY,
  ): Promise<{ readonly branch: string; readonly slot: Slot }> {
    const { common } = this;
    const { keys, trustPath } = this.trust;
    const proposed = await propose({ ...common, wanted, author: this.#author, because, trust: loadTrust(trustPath) });
    if (proposed.outcome === 'refused') throw new Error(JSON.stringify(proposed.refusals));
    const { branch, slot } = proposed;
    const passed = passedVerdicts(slot).map((verdict) => {
      return { ...verdict, measured: measured[verdict.gate as keyof Measured] ?? verdict.measured };
    });
    const verdicts = await signVerdicts(passed, slot.policy, keys.gate);
    const attested = await attest({ ...common, branch, verdicts, gateKey: keys.gate });
    hold(attested.outcome === 'added', JSON.stringify(attested));
    return { branch, slot };
  }

  /** The same; then Bob approves, CI seals and merges: main, ledger and label in one push. */
  async promote(wanted: Wanted, because: string, measured = ORDINARY): Promise<Slot> {
    const { branch, slot } = await this.propose(wanted, because, measured);
    const { common } = this;
    for (const step of [
      await approve({ ...common, branch, approver: this.#approver }),
      await seal({ ...common, branch }),
    ]) {
      hold(step.outcome === 'added', JSON.stringify(step));
    }
    const merged = await merge({ ...common, branch });
    hold(merged.outcome === 'merged', JSON.stringify(merged));
    return slot;
  }
}
