/** A candidate in the real runtime process, against the real venue process, over TCP. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { sleepMs } from '../runtime/clock.ts';
import { type RuntimeConfig, runtimeConfig } from '../runtime/contract.ts';
import type { FillBody, OrderBody } from '../runtime/execution/records.ts';
import { SqliteJournal } from '../runtime/journal/sqlite-journal.ts';
import type { MarketFactory } from '../runtime/venue/market.ts';
import { venueIdentity } from '../runtime/venue/server.ts';
import { SqliteVenueState } from '../runtime/venue/sqlite-venue-state.ts';
import type { ExecutionRecord } from '../runtime/venue/venue-state.ts';
import { NodeProcess, type ProcessEvent } from './child-process.ts';
import type { Candidate, GateContext } from './gate.ts';

const runtimeMain = path.resolve(import.meta.dirname, '../runtime/main.ts');
const venueMain = path.resolve(import.meta.dirname, '../runtime/venue/venue-main.ts');

export interface TrialMarket {
  /** The market that the venue process opens when given `flags`. */
  readonly factory: MarketFactory;
  readonly flags: readonly string[];
  readonly seed: number;
  /** Steps of the venue until it closes. */
  readonly steps: number;
  /** Flags of the runtime process besides those that name the candidate and the market. */
  readonly runtimeFlags?: readonly string[];
}

export interface TrialRun {
  readonly runtimeExit: number | null;
  readonly venueExit: number | null;
  /** First line of the runtime's standard error. */
  readonly complaint: string;
  readonly events: readonly ProcessEvent[];
  /** Bodies of the HTTP window while it ran, by path; undefined where it gave none with status 200. */
  readonly served: ReadonlyMap<string, string>;
  readonly journalled: readonly FillBody[];
  readonly executed: readonly ExecutionRecord[];
  /** First ClOrdID of an order, by each that a replace gave it: the journal's fills keep the first, the venue the latest. */
  readonly replaced: ReadonlyMap<string, string>;
}

/** @param folder for configuration and state; it is the caller's to remove */
export async function trialRun(
  candidate: Candidate,
  { config, limits, signal }: Pick<GateContext, 'config' | 'limits' | 'signal'>,
  market: TrialMarket,
  folder: string,
): Promise<TrialRun> {
  const file = (name: string) => path.join(folder, name);
  writeFileSync(file('limits.json'), JSON.stringify(limits));
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const place = ['--port', '0', '--state', file('venue.sqlite'), '--json'];
  const pace = ['--speed', 'max', '--steps', String(market.steps), '--seed', String(market.seed)];
  const venue = new NodeProcess(venueMain, [...place, ...pace, ...market.flags], either);
  try {
    const listening = await venue.first('listening');
    if (listening === undefined) throw new Error(`the venue did not start: ${venue.complaint}`);
    writeFileSync(file('config.json'), JSON.stringify(atOwnVenue(config, listening['port'] as number)));
    const documents = [
      '--config',
      file('config.json'),
      '--limits',
      file('limits.json'),
      '--policy',
      candidate.directory,
    ];
    const runtime = new NodeProcess(
      runtimeMain,
      ['--paper-mode', ...documents, '--state', file('runtime'), ...(market.runtimeFlags ?? [])],
      either,
    );
    const served = new Map<string, string>();
    const looking = lookIn(runtime, served, either);
    const { code: runtimeExit } = await runtime.ended;
    signal.throwIfAborted();
    await looking;
    const ran = runtime.events.some(({ event }) => event === 'stopped');
    if (!ran) venue.kill();
    const { code: venueExit } = await venue.ended;
    return {
      runtimeExit,
      venueExit,
      complaint: runtime.complaint,
      events: runtime.events,
      served,
      journalled: ran ? journalledIn(path.join(file('runtime'), 'journal.sqlite')) : [],
      replaced: ran ? replacedIn(path.join(file('runtime'), 'journal.sqlite')) : new Map(),
      executed: ran ? executedIn(file('venue.sqlite'), market) : [],
    };
  } finally {
    over.abort();
    await venue.ended;
  }
}

/**
 * The environment's configuration, at the trial's own venue and on loopback: what an environment calls its venue, live or
 * not, and where that is, is no part of a trial, which must reach nobody.
 */
function atOwnVenue(config: RuntimeConfig, port: number): RuntimeConfig {
  const { venue, http } = runtimeConfig.parse({ ...config, venue: {}, http: {} });
  return { ...config, venue: { ...venue, port }, http: { ...http, port: 0 } };
}

const PATHS = ['/metrics', '/healthz', '/audit'];

/** Asks for every page of the window until it has it or the process ends. */
async function lookIn(runtime: NodeProcess, served: Map<string, string>, signal: AbortSignal): Promise<void> {
  const listening = await runtime.first('listening');
  if (listening === undefined || (await runtime.first('session')) === undefined) return;
  let over = false;
  const ended = runtime.ended.then(() => {
    over = true;
  });
  while (!over && served.size < PATHS.length) {
    for (const page of PATHS.filter((wanted) => !served.has(wanted))) {
      try {
        const response = await fetch(`${listening['url']}${page}`, { signal });
        if (response.ok) served.set(page, await response.text());
      } catch {
        // The process may end between two pages: what was not served is missing from the answer.
      }
    }
    await Promise.race([sleepMs(20), ended]);
  }
}

/** The fills in a runtime's journal. */
export function journalledIn(file: string): FillBody[] {
  const journal = new SqliteJournal(file, { readOnly: true });
  try {
    return [...journal.records(0, ['fill'])].map(({ body }) => JSON.parse(body) as FillBody);
  } finally {
    journal.close();
  }
}

/** The first ClOrdID of an order, by each that a replace gave it. */
export function replacedIn(file: string): Map<string, string> {
  const journal = new SqliteJournal(file, { readOnly: true });
  try {
    const first = new Map<string, string>();
    for (const { body } of journal.records(0, ['order'])) {
      const order = JSON.parse(body) as OrderBody;
      if (order.action !== 'replace') continue;
      first.set(order.clOrdId, first.get(order.origClOrdId) ?? order.origClOrdId);
    }
    return first;
  } finally {
    journal.close();
  }
}

/** The executions in a venue's state. */
export function executedIn(file: string, { factory, seed }: Pick<TrialMarket, 'factory' | 'seed'>): ExecutionRecord[] {
  const state = new SqliteVenueState(file, venueIdentity({ market: factory, seed }));
  try {
    return [...state.executions()];
  } finally {
    state.close();
  }
}
