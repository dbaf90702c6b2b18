/** Where a runtime keeps its journal: in `up`'s state folder one level down, in a pod's volume at the top. */
import path from 'node:path';
import { isStateFolder } from '../state/state-folder.ts';

export interface Place {
  /** The folder that a running runtime locks. */
  readonly runtime: string;
  readonly journal: string;
  readonly archive: string;
}

export function placeOf(state: string): Place {
  const runtime = isStateFolder(state) ? path.join(state, 'runtime') : state;
  return { runtime, journal: path.join(runtime, 'journal.sqlite'), archive: path.join(state, 'archive') };
}
