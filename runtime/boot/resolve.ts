import { createHash } from 'node:crypto';
import path from 'node:path';
import { SystemClock } from '../clock.ts';
import { type Limits, limits as limitsSchema, type RuntimeConfig, runtimeConfig } from '../contract.ts';
import { approvedPath, configPath, limitsPath } from '../evidence/layout.ts';
import { problemLine } from '../evidence/problem.ts';
import { loadTrust } from '../evidence/trust.ts';
import { type SlotVerification, verifySlot } from '../evidence/verify-slot.ts';
import { InputError, readDocument } from './documents.ts';
import type { BootOptions } from './options.ts';

/** What the process will run, resolved once at boot and recorded. */
export interface Resolved {
  /** Where the limits are read from, at boot and whenever they change. */
  readonly limitsFile: string;
  readonly mode: 'paper' | 'live';
  readonly config: RuntimeConfig;
  readonly limits: Limits;
  readonly digests: { readonly config: string; readonly limits: string };
  /** Folder of the policy; undefined: nothing may trade. */
  readonly policyDirectory: string | undefined;
  /** Digests of the approved slot as canonical JSON, or "trial". */
  readonly slot: string;
  readonly approvedBy: string | undefined;
}

/** @throws InputError with every problem, one a line, when what is to run is malformed or not approved */
export function resolve(options: BootOptions): Resolved {
  const files =
    options.deployment === undefined
      ? { config: options.config as string, limits: options.limits as string }
      : {
          config: path.join(options.deployment, configPath(options.environment)),
          limits: path.join(options.deployment, limitsPath(options.environment)),
        };
  const config = readDocument(files.config, runtimeConfig);
  const limits = readDocument(files.limits, limitsSchema);
  const approved = options.deployment === undefined ? undefined : verified(options.deployment, options);
  const common = {
    limitsFile: files.limits,
    mode: options.mode,
    config: overridden(config.value, options),
    limits: limits.value,
    digests: { config: config.digest, limits: limits.digest },
  };
  if (options.mode === 'live') refuseLive(config.value, approved, files.config);
  else if (config.value.venue.declaredLive) {
    throw new InputError(
      `${files.config}: venue.declaredLive is true, paper mode sends orders to a simulated venue only`,
    );
  }
  if (approved === undefined) {
    return { ...common, policyDirectory: options.policy, slot: 'trial', approvedBy: undefined };
  }
  if (approved.slot === null) return { ...common, policyDirectory: undefined, slot: 'empty', approvedBy: undefined };
  return {
    ...common,
    policyDirectory: path.join(options.deployment as string, approvedPath(approved.slot.policy)),
    slot: JSON.stringify(approved.slot),
    approvedBy: approved.approvals.map(({ keyId }) => keyId).join(', '),
  };
}

function verified(deployment: string, options: BootOptions): SlotVerification & { ok: true } {
  if (options.trust === undefined) {
    throw new InputError('runtime: --trust is absent, a trust root is required to verify a deployment');
  }
  const image = options.image === undefined ? {} : { image: options.image };
  const known = { ...image, nowUs: new SystemClock().nowUs() };
  const verification = verifySlot(deployment, options.environment, loadTrust(options.trust), known);
  if (!verification.ok) throw new InputError(verification.problems.map(problemLine).join('\n'));
  return verification;
}

/**
 * The slot that the deployment's files make up now, as the boot record names it. Limits may be raised only under it.
 * @throws InputError with every problem, one a line, when it is not approved
 */
export function approvedSlotNow(options: BootOptions): string {
  if (options.deployment === undefined) return 'trial';
  const { slot } = verified(options.deployment, options);
  return slot === null ? 'empty' : JSON.stringify(slot);
}

/** Live needs everything at once, so the answer names everything that is missing at once. */
function refuseLive(
  config: RuntimeConfig,
  approved: (SlotVerification & { ok: true }) | undefined,
  file: string,
): void {
  const missing = [];
  if (approved === undefined || approved.slot === null) missing.push('the slot approves no policy: promote one');
  if (!config.armed) missing.push(`${file}: armed is false: arm it by a commit that carries an approval`);
  if (!config.venue.declaredLive) missing.push(`${file}: venue.declaredLive is false: the venue is a simulated one`);
  missing.push('live order entry is not part of this version: only simulated venues can be reached');
  throw new InputError(`live mode refuses to start:\n${missing.map((line) => `  - ${line}`).join('\n')}`);
}

function overridden(config: RuntimeConfig, options: BootOptions): RuntimeConfig {
  return {
    ...config,
    venue: {
      ...config.venue,
      host: options.venueHost ?? config.venue.host,
      port: options.venuePort ?? config.venue.port,
    },
    http: { ...config.http, port: options.httpPort ?? config.http.port },
  };
}

/** What `--print-config` prints: everything resolved, secrets only ever by reference, and its digest. */
export function printable(resolved: Resolved): string {
  const text = JSON.stringify(resolved, null, 2);
  return JSON.stringify({ config: resolved, sha256: createHash('sha256').update(text).digest('hex') }, null, 2);
}
