/**
 * After a product upgrade the slot has another image (or other shipped limits), which nobody approved: nothing trades
 * until the same policy passed its gates again and was promoted for the new slot. This says whether an upgrade is all
 * that happened, so that `up` may do that by itself. A limit that somebody raised in the environment's repository is no
 * upgrade, and is never approved without a person.
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { standing } from '../../policies/ledger/standing.ts';
import { slotParts } from '../../runtime/contract.ts';
import { approvedPath } from '../../runtime/evidence/layout.ts';
import { loadTrust } from '../../runtime/evidence/trust.ts';
import { productRef } from './product.ts';
import { ledgerAt } from './record.ts';
import { type EnvironmentRepository, fetchHead, fetchRef, remoteRef } from './repository.ts';
import { type SlotAtCommit, slotAt, verifySlotAt } from './slot.ts';
import { exportAt } from './tree.ts';

export interface Renewal {
  readonly policy: string;
  /** The policy's files, to be gated again and promoted. */
  readonly candidateDir: string;
  /** What the product changed: "image", "limits", "config", "manifests". */
  readonly changed: readonly string[];
}

/** The renewal that is due, its files laid out under `state`; undefined when nothing changed, or not by an upgrade alone. */
export async function dueRenewal(
  repository: EnvironmentRepository,
  environment: string,
  trustPath: string,
  state: string,
): Promise<Renewal | undefined> {
  const { work } = repository;
  const trust = loadTrust(trustPath);
  const head = await fetchHead(repository);
  const { holder } = standing((await ledgerAt(work, head, trust.ledgerHead)).entries, environment);
  const product = await remoteRef(repository, productRef);
  if (holder?.policy == null || holder.commit === null || product === undefined) return undefined;
  await fetchRef(repository, productRef, product);

  const [now, promoted, shipped] = (await Promise.all(
    [head, holder.commit, product].map((commit) => slotAt(work, commit, environment)),
  )) as [SlotAtCommit, SlotAtCommit, SlotAtCommit];
  const parts = slotParts.filter((name) => name !== 'policy');
  const changed = parts.filter((name) => now[name] !== promoted[name]);
  if (changed.length === 0 || now.policy !== holder.policy) return undefined;
  if (changed.some((name) => now[name] !== shipped[name])) return undefined;
  if (!(await verifySlotAt(work, holder.commit, promoted, trust)).ok) return undefined;

  const folder = path.join(state, 'deploy', 'renewal');
  rmSync(folder, { recursive: true, force: true });
  await exportAt(work, holder.commit, [approvedPath(holder.policy)], folder);
  return { policy: holder.policy, candidateDir: path.join(folder, approvedPath(holder.policy)), changed };
}
