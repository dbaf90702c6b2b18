import type { GenerationReport, Individual } from '../../policies/evolution/evolve.ts';
import type { ViewerServer } from '../../policies/viewer/server.ts';
import type { ViewEvent } from '../../policies/viewer/view.ts';
import { stopwatchNs } from '../../runtime/clock.ts';

/** What `up` says. `--json` prints each as a line; a person reads sentences on a terminal. */
export interface UpEvent {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** The one place where the loop speaks: to standard output and to the page. */
export class Teller {
  readonly #json: boolean;
  #summedUp = false;
  readonly #startedNs = stopwatchNs();
  #viewer: ViewerServer | undefined;
  #waiting: ViewEvent[] = [];

  constructor(json: boolean) {
    this.#json = json;
  }

  get seconds(): number {
    return (stopwatchNs() - this.#startedNs) / 1e9;
  }

  /**
   * @param sentence what a person reads; events without one are for programs only. The summary is the last that is said:
   * how the processes close afterwards is nobody's business.
   */
  tell(event: UpEvent, sentence?: string): void {
    if (this.#summedUp) return;
    this.#summedUp = event.event === 'summary';
    if (this.#json) process.stdout.write(`${JSON.stringify(event)}\n`);
    else if (sentence !== undefined) process.stdout.write(`${this.seconds.toFixed(1).padStart(6)} s  ${sentence}\n`);
  }

  /** Something that a person should know; standard error, so that `--json` stays pure. */
  notice(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  phase(phase: Extract<ViewEvent, { kind: 'phase' }>['phase'], note: string): void {
    this.tell({ event: 'phase', phase, note }, note);
    this.show({ kind: 'phase', phase, note });
  }

  /** Shows an event on the page, now or as soon as there is one. */
  show(event: ViewEvent): void {
    if (this.#viewer === undefined) this.#waiting.push(event);
    else this.#viewer.publish(event);
  }

  /** The page is there. */
  page(viewer: ViewerServer): void {
    this.#viewer = viewer;
    for (const event of this.#waiting.splice(0)) viewer.publish(event);
  }
}

/** A generation as the page draws it. */
export function generationView(
  report: GenerationReport,
  individuals: readonly Individual[],
  etaSeconds: number,
): Extract<ViewEvent, { kind: 'generation' }> {
  const alive = new Set(report.survivors.map(({ id }) => id));
  const scores = report.survivors.map(({ score }) => score);
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const best = report.survivors[0];
  return {
    kind: 'generation',
    generation: report.generation,
    generations: report.generations,
    best: best?.score ?? null,
    spread: Math.sqrt(scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / scores.length),
    candidates: [...individuals]
      .sort((a, b) => b.score - a.score)
      .map(({ id, score, parents, mutation, weights }) => ({
        digest12: id,
        score,
        parents,
        mutation,
        curve: weights.curve,
        status: id === best?.id ? 'champion' : alive.has(id) ? 'alive' : 'dropped',
      })),
    etaSeconds,
  };
}
