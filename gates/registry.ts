/** Every gate of the product, in the catalogue's order. */
import { bookIntegrity } from './book-integrity.ts';
import { causality } from './causality.ts';
import { edge } from './edge.ts';
import type { Gate } from './gate.ts';
import { plannerSla } from './planner-sla.ts';
import { regret } from './regret.ts';
import { replaySmoke } from './replay-smoke.ts';
import { ssdConsistency } from './ssd-consistency.ts';

export const gates: readonly Gate[] = [causality, bookIntegrity, ssdConsistency, edge, plannerSla, regret, replaySmoke];
