/** `npm run up`: evolve → gate → promote (a commit) → sync → trade on paper, and a page to watch it. */
import path from 'node:path';
import type { Verdict } from '../gates/gate.ts';
import { manifestSummary } from '../policies/viewer/manifest-summary.ts';
import type { ViewerServer } from '../policies/viewer/server.ts';
import type { PnlParts } from '../runtime/attribution/attribution.ts';
import { InputError } from '../runtime/boot/documents.ts';
import { SystemClock } from '../runtime/clock.ts';
import { problemLine } from '../runtime/evidence/problem.ts';
import { loadTrust } from '../runtime/evidence/trust.ts';
import { lockFolder } from '../runtime/journal/lock.ts';
import { loadPolicy } from '../runtime/policy/load.ts';
import { refuseDisarmed } from './break-glass/record.ts';
import { desiredRuntime } from './environment/deployment.ts';
import { openEnvironment } from './environment/product.ts';
import { promote } from './environment/promote.ts';
import { followRegression } from './environment/regression.ts';
import { dueRenewal } from './environment/renewal.ts';
import type { EnvironmentRepository } from './environment/repository.ts';
import type { RollbackOutcome } from './environment/rollback.ts';
import { clearRunning, readRunning, writeRunning, writeWindow } from './environment/running.ts';
import { type LocalTrust, localTrust, trustPathOf } from './environment/trust.ts';
import { verifyEnvironment } from './environment/verify.ts';
import { watchHead } from './environment/watch.ts';
import { lineageOf } from './lineage/trace.ts';
import { expectedIn } from './regression/expected.ts';
import { claimStateFolder } from './state/state-folder.ts';
import { evolveCandidate, holdToGates, type Workplace } from './up/candidate.ts';
import { adoptInstruments, documentsOf, ENVIRONMENT, marketOf } from './up/environment.ts';
import { type UpOptions, upOptions } from './up/options.ts';
import { openPage } from './up/page.ts';
import { type Regression, regressionOf } from './up/regression.ts';
import { holdToSettings, keepSettings } from './up/settings.ts';
import { type Summary, tellSummary } from './up/summary.ts';
import { Teller } from './up/tell.ts';
import { type Deployed, Trading } from './up/trading.ts';

const checkout = path.resolve(import.meta.dirname, '..');
/** Event time that a slot trades before its regression gate judges it. */
const WINDOW_SECONDS = 600;
/** Searches before the answer is that nothing is worth promoting; each meets a higher bar than the one before. */
const ATTEMPTS = 2;

const MARKET_OVER = 'the recorded market is over; to trade it again, name another --state or run npm run reset';

const NOTHING: Summary = {
  policy: null,
  commit: null,
  tag: null,
  gates: {},
  promoted: false,
  refusedBecause: null,
  verified: false,
  fills: 0,
  firstFill: null,
  pnl: null,
  decisionDigest: null,
};

/** @returns 0 done, or nothing deserved promotion; 1 the slot's regression gate failed; 2 bad input; 3 failure */
export async function main(args: string[]): Promise<number> {
  const options = upOptions(args);
  claimStateFolder(options.state);
  const lock = lockFolder(options.state);
  const interrupt = new AbortController();
  const stop = () => interrupt.abort(new Interrupted());
  process.on('SIGINT', stop).on('SIGTERM', stop);
  const loop = new Loop(options, interrupt.signal);
  try {
    return await loop.run();
  } catch (error) {
    if (!(interrupt.signal.aborted && isInterruption(error))) throw error;
    return 0;
  } finally {
    await loop.close();
    clearRunning(options.state);
    process.off('SIGINT', stop).off('SIGTERM', stop);
    lock.release();
  }
}

class Interrupted extends Error {
  constructor() {
    super('interrupted');
  }
}

function isInterruption(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof Interrupted || cause.name === 'AbortError') return true;
  }
  return false;
}

/** Why nothing was promoted. */
interface Refused {
  readonly policy: string | null;
  readonly because: string;
}

/** One run of the loop, from the state that it finds. */
class Loop {
  readonly #options: UpOptions;
  readonly #signal: AbortSignal;
  readonly #teller: Teller;
  readonly #clock = new SystemClock();
  readonly #trading: Trading;
  readonly #market: ReturnType<typeof marketOf>;
  #page: Promise<ViewerServer> | undefined;
  #verdicts: readonly Verdict[] = [];
  #verifying: Promise<void> = Promise.resolve();

  constructor(options: UpOptions, signal: AbortSignal) {
    holdToSettings(options);
    this.#market = marketOf(options.log, options.seed);
    keepSettings(options);
    this.#options = options;
    this.#signal = signal;
    this.#teller = new Teller(options.json);
    this.#trading = new Trading({
      state: options.state,
      venueArgs: this.#market.venueArgs,
      speed: options.once ? 'max' : options.speed,
      stallMs: options.stallMs,
      teller: this.#teller,
      onWindow: (url) => {
        writeWindow(options.state, url);
        void this.#page?.then((viewer) => viewer.relay(`${url}/stream`));
      },
    });
  }

  async run(): Promise<number> {
    const { state, once } = this.#options;
    refuseDisarmed(state);
    const trust = localTrust(state);
    const opened = await openEnvironment({ checkout, state, clock: this.#clock });
    for (const notice of opened.notices) this.#teller.notice(notice);
    const { repository } = opened;
    await adoptInstruments(repository, this.#market.source, this.#clock);
    if (!once) {
      this.#page = openPage(this.#options, this.#teller);
      await this.#page;
    }
    this.#signal.throwIfAborted();
    const deployed = await this.#deployable(repository, trust);
    if (deployed === undefined) return 0;
    this.#signal.throwIfAborted();
    await this.#showPolicy(repository, trust, deployed);
    this.#teller.phase('syncing', `syncing to ${deployed.commit.slice(0, 12)}`);
    await this.#trading.openVenue();
    return once ? this.#tradeOnce(repository, trust, deployed) : this.#tradeOn(repository, trust, deployed);
  }

  async close(): Promise<void> {
    if (this.#signal.aborted) {
      this.#teller.phase('stopped', 'stopping: flattening and closing');
      process.once('SIGINT', () => {
        this.#teller.notice(
          'ended at once: what is held stays at the venue, the next `up` reconciles and goes on from there',
        );
        this.#trading.kill();
      });
    }
    await this.#trading.close();
    const { last } = this.#trading;
    if (last !== undefined && last['outcome'] === 'unknown') {
      this.#teller.notice(
        'not known to be flat: the venue confirmed nothing; the next `up` reconciles and goes on from there',
      );
    }
    await (await this.#page?.catch(() => undefined))?.stop();
  }

  /** What may trade: what the state already holds, else what evolution finds and the gates let through. */
  async #deployable(repository: EnvironmentRepository, trust: LocalTrust): Promise<Deployed | undefined> {
    const { state } = this.#options;
    let found = await desiredRuntime(state, ENVIRONMENT);
    if (!found.ok) {
      const renewal = await dueRenewal(repository, ENVIRONMENT, trust.trustPath, state);
      if (renewal === undefined) throw new InputError(found.problems.map(problemLine).join('\n'));
      this.#teller.tell(
        { event: 'renewal', changed: renewal.changed },
        `the product changed (${renewal.changed.join(', ')}): its policy is gated again`,
      );
      if (this.#refused(await this.#promoted(repository, trust, renewal.candidateDir, 1))) return undefined;
      found = await desiredRuntime(state, ENVIRONMENT);
    } else if (found.slot === null) {
      const { held } = await verifyEnvironment(repository, ENVIRONMENT, trust.trustPath);
      if (held !== null) {
        const because = `promotion is on hold (${held.because}); npm run rollback -- --release lets it go on`;
        if (!this.#options.once) this.#teller.phase('refused', because);
        else this.#refused({ policy: null, because });
        return this.#options.once ? undefined : found;
      }
      if (this.#refused(await this.#searched(repository, trust))) return undefined;
      found = await desiredRuntime(state, ENVIRONMENT);
    }
    if (!found.ok) throw new InputError(found.problems.map(problemLine).join('\n'));
    return found;
  }

  /** Tells the summary of a refusal; false when there is none. */
  #refused(refusal: Refused | undefined): boolean {
    if (refusal === undefined) return false;
    tellSummary(this.#teller, {
      ...NOTHING,
      policy: refusal.policy,
      gates: this.#gates(),
      refusedBecause: refusal.because,
    });
    return true;
  }

  async #searched(repository: EnvironmentRepository, trust: LocalTrust): Promise<Refused | undefined> {
    let refusal: Refused | undefined;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const { policy, champion } = await evolveCandidate(await this.#place(repository), attempt);
      this.#teller.tell(
        { event: 'candidate', policy: policy.digest, score: champion.score },
        `candidate ${policy.digest.slice(7, 19)}: ${champion.score.toFixed(2)} USD a slice on the selection slices`,
      );
      refusal = await this.#promoted(repository, trust, policy.directory, attempt);
      if (refusal === undefined) return undefined;
    }
    return refusal;
  }

  async #place(repository: EnvironmentRepository): Promise<Workplace> {
    const { state, seed } = this.#options;
    const documents = await documentsOf(repository);
    return { state, seed, market: this.#market.source, documents, signal: this.#signal, teller: this.#teller };
  }

  /** Gates a candidate and promotes it, or says why not. */
  async #promoted(
    repository: EnvironmentRepository,
    trust: LocalTrust,
    directory: string,
    attempt: number,
  ): Promise<Refused | undefined> {
    const verdicts = await holdToGates(await this.#place(repository), directory, attempt, trust);
    this.#verdicts = verdicts;
    const refused = verdicts.filter(({ status }) => status !== 'passed');
    let because = refused.map(({ gate, because }) => `${gate}: ${because}`).join('; ');
    if (refused.length === 0) {
      this.#teller.phase('promoting', 'every gate passed: promoting by a commit');
      const outcome = await promote({
        repository,
        environment: ENVIRONMENT,
        candidateDir: directory,
        verdicts,
        keys: trust.keys,
        trustPath: trust.trustPath,
        clock: this.#clock,
      });
      if (outcome.outcome === 'promoted' || outcome.outcome === 'already') {
        const { commit, tag, ledgerSeq } = outcome;
        this.#teller.tell(
          { event: 'promotion', commit, tag, ledgerSeq },
          `promoted by commit ${commit.slice(0, 12)}, tag ${tag}`,
        );
        return undefined;
      }
      because =
        outcome.outcome === 'refused'
          ? outcome.refusals.map((refusal) => refusal.because).join('; ')
          : 'another promotion came first';
    }
    this.#teller.phase('refused', `not promoted: ${because}`);
    return { policy: loadPolicy(directory).digest, because };
  }

  #gates(): Record<string, string> {
    return Object.fromEntries(this.#verdicts.map(({ gate, status }) => [gate, status]));
  }

  async #tradeOnce(repository: EnvironmentRepository, trust: LocalTrust, deployed: Deployed): Promise<number> {
    const { state } = this.#options;
    const after = await this.#trading.trade(deployed, { stopAfterSeconds: WINDOW_SECONDS });
    this.#signal.throwIfAborted();
    this.#signal.addEventListener('abort', () => void this.#trading.stopRuntime(), { once: true });
    writeRunning(state, { ...runs(deployed), pid: process.pid, busy: null });
    this.#teller.phase('trading', `trading on paper for ${WINDOW_SECONDS} s of event time`);
    await this.#trading.finished();
    this.#signal.throwIfAborted();
    const regression = this.#judged(deployed, after);
    const nothingLeft = this.#trading.over.aborted && regression.observation.decisions === 0;
    if (nothingLeft) this.#teller.phase('stopped', MARKET_OVER);
    else await this.#verify(repository, trust, deployed, regression);
    await this.#summarise(repository, trust, deployed, regression);
    return nothingLeft || (regression.status === 'passed' && regression.observation.fills > 0) ? 0 : 1;
  }

  async #summarise(
    repository: EnvironmentRepository,
    trust: LocalTrust,
    deployed: Deployed,
    regression: Regression,
  ): Promise<void> {
    const last = this.#trading.last;
    const approved = await this.#approvedGates(repository, trust);
    tellSummary(this.#teller, {
      policy: deployed.slot?.policy ?? null,
      commit: deployed.commit,
      tag: deployed.tag,
      gates: approved,
      promoted: true,
      refusedBecause: null,
      verified: regression.status === 'passed',
      fills: regression.observation.fills,
      firstFill: regression.observation.firstFill ?? null,
      pnl: (last?.['pnl'] as PnlParts | undefined) ?? null,
      decisionDigest: (last?.['decisionDigest'] as string | undefined) ?? null,
    });
  }

  /** Follows the environment's repository until somebody stops it, or its recorded market is over. */
  async #tradeOn(repository: EnvironmentRepository, trust: LocalTrust, first: Deployed): Promise<number> {
    const { state } = this.#options;
    let deployed = await this.#begin(first);
    const heads = watchHead(repository, {
      everyMs: 1000,
      signal: AbortSignal.any([this.#signal, this.#trading.over]),
    });
    this.#trading.onWindow = () => {
      const { slot, after } = deployed;
      this.#verifying = this.#verify(repository, trust, slot, this.#judged(slot, after));
    };
    for await (const _ of heads) {
      const next = await desiredRuntime(state, ENVIRONMENT);
      if (!next.ok) {
        this.#teller.phase('refused', `not synced: ${next.problems.map(problemLine).join('; ')}`);
        continue;
      }
      if (JSON.stringify(next.slot) === JSON.stringify(deployed.slot.slot)) continue;
      this.#teller.phase('syncing', `a commit changed the slot: syncing to ${next.commit.slice(0, 12)}`);
      await this.#verifying;
      deployed = await this.#begin(next);
      await this.#showPolicy(repository, trust, next);
    }
    await this.#verifying;
    if (this.#trading.over.aborted && !this.#signal.aborted && deployed.slot.slot !== null) {
      await this.#trading.finished();
      this.#teller.phase('stopped', MARKET_OVER);
      const regression = this.#judged(deployed.slot, deployed.after);
      await this.#summarise(repository, trust, deployed.slot, regression);
    }
    return 0;
  }

  async #begin(slot: Deployed): Promise<{ slot: Deployed; after: number }> {
    const { state } = this.#options;
    writeRunning(state, { ...runs(slot), pid: process.pid, busy: 'sync' });
    const after = await this.#trading.trade(slot, { windowSeconds: WINDOW_SECONDS });
    writeRunning(state, { ...runs(slot), pid: process.pid, busy: null });
    this.#teller.phase(
      'trading',
      slot.slot === null ? 'nothing is approved: watching the market' : 'trading on paper; Ctrl-C flattens and ends',
    );
    return { slot, after };
  }

  /** What the slot did since journal record `after`, held to what its evidence says. */
  #judged({ slot, directory }: Deployed, after: number): Regression {
    const { journalFile, record } = this.#trading;
    return regressionOf(journalFile, after, record, expectedIn(directory, slot, trustPathOf(this.#options.state)));
  }

  async #verify(
    repository: EnvironmentRepository,
    trust: LocalTrust,
    { slot }: Deployed,
    regression: Regression,
  ): Promise<void> {
    const { because, status } = regression;
    if (slot === null) return;
    const followed = await followRegression({
      ...trust,
      repository,
      environment: ENVIRONMENT,
      clock: this.#clock,
      slot,
      verdict: regression,
      running: readRunning(this.#options.state),
    });
    const event = { event: 'verification', passed: status === 'passed', status, because };
    if (followed.did === 'marked') {
      this.#teller.tell({ ...event, marked: followed.marked }, `verified: ${because}`);
      return;
    }
    this.#teller.tell(event, `not verified (${status}): ${because}`);
    if (followed.did === 'rolled back') this.#tellRollback(followed.rollback);
  }

  #tellRollback(outcome: RollbackOutcome): void {
    if (outcome.outcome === 'refused') {
      this.#teller.phase('refused', `not rolled back (${outcome.reason}): ${outcome.because}`);
      return;
    }
    const to = outcome.slot?.policy ?? 'nothing, for nothing else was verified';
    this.#teller.tell(
      { event: 'rollback', ...outcome },
      `rolled back to ${to} by commit ${outcome.commit?.slice(0, 12)}; promotion is on hold until \`npm run rollback -- --release\``,
    );
  }

  async #approvedGates(repository: EnvironmentRepository, trust: LocalTrust): Promise<Record<string, string>> {
    const report = await verifyEnvironment(repository, ENVIRONMENT, trust.trustPath);
    return Object.fromEntries((report.approved?.gates ?? []).map((gate) => [gate, 'passed']));
  }

  async #showPolicy(repository: EnvironmentRepository, trust: LocalTrust, deployed: Deployed): Promise<void> {
    if (deployed.policyDir === null) return;
    const { digest, manifest } = loadPolicy(deployed.policyDir);
    const report = await verifyEnvironment(repository, ENVIRONMENT, trust.trustPath);
    this.#teller.show({
      kind: 'policy',
      digest,
      name: manifest.name,
      summary: manifestSummary(manifest),
      evidence: { ok: report.ok, problems: report.ok ? [] : [...report.problems] },
      commit: deployed.commit,
      tag: deployed.tag,
      approvedBy: report.approved?.approvals.map(({ keyId }) => keyId).join(', ') ?? null,
      ledgerSeq: report.holder?.seq ?? null,
      parents: manifest.parents,
      lineage: this.#page === undefined ? null : await lineageOf(repository, loadTrust(trust.trustPath), digest),
    });
  }
}

function runs({ slot, directory }: Deployed): { environment: string; slot: Deployed['slot']; directory: string } {
  return { environment: ENVIRONMENT, slot, directory };
}
