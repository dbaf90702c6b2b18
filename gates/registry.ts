/** Every gate of the product, in the catalogue's order, and those that are only run by name. */
import { backfill } from './backfill.ts';
import { bookIntegrity } from './book-integrity.ts';
import { causality } from './causality.ts';
import { edge } from './edge.ts';
import type { Gate } from './gate.ts';
import { invariants } from './invariants.ts';
import { plannerSla } from './planner-sla.ts';
import { psi } from './psi.ts';
import { regret } from './regret.ts';
import { replaySmoke } from './replay-smoke.ts';
import { scaling } from './scaling.ts';
import { ssdConsistency } from './ssd-consistency.ts';
import { ssdLatency } from './ssd-latency.ts';
import { ssdVsLstm } from './ssd-vs-lstm.ts';

export const gates: readonly Gate[] = [causality, bookIntegrity, ssdConsistency, edge, plannerSla, regret, replaySmoke];

export const further: readonly Gate[] = [ssdLatency, ssdVsLstm, scaling, psi, invariants, backfill];
