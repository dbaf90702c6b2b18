import { availableParallelism } from 'node:os';
import path from 'node:path';
import { verdictCache } from '../../gates/cache.ts';
import type { Candidate, Verdict } from '../../gates/gate.ts';
import { runGates } from '../../gates/run-gates.ts';
import { Archive } from '../../policies/archive/archive.ts';
import { EvaluationPool } from '../../policies/evaluation/pool.ts';
import type { MarketSource } from '../../policies/evaluation/slices.ts';
import type { Individual } from '../../policies/evolution/evolve.ts';
import { budgetFor, type Learned, learn } from '../../policies/learning/learn.ts';
import { loadTrust } from '../../runtime/evidence/trust.ts';
import { loadPolicy } from '../../runtime/policy/load.ts';
import type { LocalTrust } from '../environment/trust.ts';
import type { EnvironmentDocuments } from './environment.ts';
import { generationView, type Teller } from './tell.ts';

export interface Workplace {
  readonly state: string;
  readonly seed: number;
  readonly market: MarketSource;
  readonly documents: EnvironmentDocuments;
  readonly signal: AbortSignal;
  readonly teller: Teller;
}

/** Searches for a candidate; a search that was interrupted goes on where it was. */
export async function evolveCandidate(place: Workplace, attempt: number): Promise<Learned> {
  const { state, market, documents, signal, teller } = place;
  signal.throwIfAborted();
  const workers = availableParallelism();
  teller.phase('evolving', `evolving a policy on ${workers} worker threads`);
  const archive = Archive.open(path.join(state, 'archive'));
  // Its failure is told where it is awaited.
  archive.catch(() => {});
  const pool = new EvaluationPool(workers, signal);
  const individuals: Individual[] = [];
  const began = teller.seconds;
  try {
    return await learn({
      market,
      seed: place.seed + 1_000_003 * (attempt - 1),
      config: documents.config,
      limits: documents.limits,
      budget: budgetFor(market),
      pool,
      archive,
      directory: path.join(state, 'learning'),
      commit: documents.product,
      signal,
      onEvent: (event) => {
        if (event.kind === 'recorded') {
          const { slices, rows } = event;
          teller.tell(
            { event: 'recorded', slices, rows },
            `recorded ${slices} slices of the market, ${rows} decisions`,
          );
        } else if (event.kind === 'individual') individuals.push(event.individual);
        else {
          const { generation, generations } = event.report;
          const spent = teller.seconds - began;
          const view = generationView(
            event.report,
            individuals,
            (spent / (generation + 1)) * (generations - generation),
          );
          const eta = Math.round(view.etaSeconds ?? 0);
          teller.tell(
            { event: 'generation', generation, generations, best: view.best, spread: view.spread, etaSeconds: eta },
            `generation ${generation} of ${generations}: best ${view.best?.toFixed(2)} USD a slice, ETA ${eta} s`,
          );
          teller.show(view);
        }
      },
    });
  } finally {
    await pool.close();
    await (await archive.catch(() => undefined))?.close();
  }
}

/** Holds a policy's folder to every gate. */
export async function holdToGates(
  place: Workplace,
  directory: string,
  attempt: number,
  { keys, trustPath }: LocalTrust,
): Promise<readonly Verdict[]> {
  const { state, market, documents, seed, signal, teller } = place;
  const { manifest, digest } = loadPolicy(directory);
  const candidate: Candidate = { directory, manifest, digest };
  teller.phase('gating', `holding ${digest.slice(7, 19)} to the gates`);
  const none = { because: '', measured: {}, thresholds: {}, seconds: 0 };
  return runGates(
    candidate,
    {
      seed,
      attempt,
      market,
      config: documents.config,
      limits: documents.limits,
      slot: documents.slot,
      workers: availableParallelism(),
      signal,
    },
    {
      cache: verdictCache(path.join(state, 'gate-cache'), keys.gate, loadTrust(trustPath)),
      onEvent: (event) => {
        if (event.kind === 'started') {
          teller.tell({ event: 'gate', name: event.gate, status: 'running' });
          teller.show({ kind: 'gate', name: event.gate, status: 'running', ...none });
        } else if (event.kind === 'retried') {
          teller.tell(
            { event: 'gate', name: event.gate, status: 'retried', because: event.because },
            `gate ${event.gate}: tried again: ${event.because}`,
          );
        } else if (event.kind === 'finished') {
          const { gate: name, status, because, measured, thresholds, seconds } = event.verdict;
          teller.tell({ event: 'gate', name, status, because, seconds }, `gate ${name}: ${status}. ${because}`);
          teller.show({ kind: 'gate', name, status, because, measured, thresholds, seconds });
        }
      },
    },
  );
}
