/** A gate takes a candidate and returns a verdict with evidence. One file a gate; thresholds live in `thresholds.ts`. */
import type { SliceOutcome } from '../policies/evaluation/evaluate.ts';
import type { SymbolSeries } from '../policies/evaluation/recording.ts';
import type { Slice } from '../policies/evaluation/slice.ts';
import type { MarketSource } from '../policies/evaluation/slices.ts';
import type { Strategy } from '../policies/evaluation/strategy.ts';
import type { Limits, PolicyManifest, RuntimeConfig } from '../runtime/contract.ts';
import type { GateName } from './catalog.ts';

export type { MarketSource };

export interface Candidate {
  /** Folder with policy.json, sequence.onnx, step.onnx. */
  readonly directory: string;
  readonly manifest: PolicyManifest;
  /** "sha256:…" of policy.json, which names the digests of the other files. */
  readonly digest: string;
}

/**
 * `passed`: the claim holds. `failed`: the candidate is bad. `errored`: the gate could not run; it is retried with a
 * bound and never counts as a pass.
 */
export type VerdictStatus = 'passed' | 'failed' | 'errored';

export interface Verdict {
  readonly gate: GateName;
  readonly status: VerdictStatus;
  /** One sentence for a person, with the figure and the threshold that decided. */
  readonly because: string;
  /** What was measured; units last in the names. */
  readonly measured: Readonly<Record<string, number | string>>;
  /** What it was held to. */
  readonly thresholds: Readonly<Record<string, number>>;
  readonly seconds: number;
  /**
   * Digests of what it was reached on: `inputs` covers all of it; `image`, `limits` and `config` are those of the slot,
   * where the gate's claim is about them. A verdict counts for no slot with another digest.
   */
  readonly inputs?: Readonly<Record<string, string>>;
}

/** The parts of a slot that a round judges a policy in, by their digests. */
export interface JudgedSlot {
  readonly image: string;
  readonly limits: string;
  readonly config: string;
}

/** Runs strategies on slices; the same strategy on the same slice runs once, whoever asks. */
export interface SliceRuns {
  evaluate(strategy: Strategy, slice: Slice): Promise<SliceOutcome>;
  /** What the market of a slice offered to somebody who only watched. */
  record(slice: Slice, horizons: readonly number[]): Promise<SymbolSeries[]>;
}

export interface GateContext {
  /** Seed of everything the gate draws; held-out slices are derived from it and never overlap what trained the candidate. */
  readonly seed: number;
  /** Market the candidate would trade: the simulated one, or a recorded log. */
  readonly market: MarketSource;
  /** Configuration and limits of the environment that the candidate would trade in. */
  readonly config: RuntimeConfig;
  readonly limits: Limits;
  /** Digests of code, limits and configuration as the environment's slot names them. @default no slot: no promotion */
  readonly slot?: JudgedSlot;
  /** Folder of features to be judged besides the product's own. */
  readonly features?: string;
  /** Folder of data sets that the market is held to. @default the product's own */
  readonly dataSets?: string;
  /**
   * How many candidates were judged on this seed's held-out slices, this one included: each one makes it likelier that
   * luck passes, so each one meets a higher bar. @default 1
   */
  readonly attempt?: number;
  /** Runs of slices that the gates of one round share. @default the gate's own */
  readonly runs?: SliceRuns;
  /** Worker threads the gate may use. */
  readonly workers: number;
  readonly signal: AbortSignal;
  /** 0…1, for a progress line. */
  progress(share: number, note?: string): void;
}

/** What a gate's run returns; the round adds the rest. */
export type Finding = Omit<Verdict, 'gate' | 'seconds' | 'inputs'>;

export interface Gate {
  readonly name: GateName;
  /** What a pass proves, in one sentence. */
  readonly proves: string;
  run(candidate: Candidate, context: GateContext): Promise<Finding>;
}
