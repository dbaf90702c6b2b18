/** Who may import whom. The table of ARCHITECTURE.md, as a function from imports to violations. */
import type { Import } from './imports.ts';

/** What a room may import beside itself: another room, or one file of it. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  runtime: [],
  policies: ['runtime/'],
  gates: ['runtime/', 'policies/'],
  platform: ['runtime/contract.ts', 'gates/catalog.ts'],
  scripts: ['runtime/', 'policies/', 'gates/', 'platform/'],
};

/** The way of a tick. A stage never imports code of a later one; a type leaves no code. */
const STAGES = ['fix', 'book', 'features', 'inference', 'planner', 'risk', 'execution'];

/** Stand-ins for the world. A stage that knew them would be another stage in simulation than in trading. */
const SIMULATION = ['sim', 'venue', 'replay'];

/** One sentence for each import that is not allowed, and for each cycle. */
export function violations(imports: readonly Import[]): string[] {
  return [...imports.map(wrongRoom), ...imports.map(wrongStage), ...cycles(imports)].filter(
    (sentence) => sentence !== undefined,
  );
}

function wrongRoom({ from, to, line }: Import): string | undefined {
  const room = from.split('/')[0] as string;
  const allowed = MAY_IMPORT[room];
  if (allowed === undefined) return `${from}:${line}: ${room}/ is no room that holds code`;
  if (
    to.startsWith(`${room}/`) ||
    allowed.some((prefix) => to === prefix || (prefix.endsWith('/') && to.startsWith(prefix)))
  ) {
    return undefined;
  }
  return `${from}:${line}: imports ${to}, ${room}/ may import only ${[`${room}/`, ...allowed].join(', ')}`;
}

function wrongStage({ from, to, line, typeOnly }: Import): string | undefined {
  const [room, folder] = from.split('/') as [string, string];
  const [otherRoom, other] = to.split('/') as [string, string];
  if (room !== 'runtime' || otherRoom !== 'runtime' || typeOnly || from.endsWith('.test.ts')) return undefined;
  const stage = STAGES.indexOf(folder);
  if (stage < 0) return undefined;
  if (SIMULATION.includes(other)) return `${from}:${line}: imports ${to}, a stage never knows the simulation`;
  if (STAGES.indexOf(other) <= stage) return undefined;
  return `${from}:${line}: imports ${to}, but a tick flows ${STAGES.join(' → ')} and never back`;
}

/**
 * Each cycle of code once, from its first file in alphabetical order. A type import closes none: it leaves no code, so
 * there is no order of initialisation to get wrong; rooms are still held apart by their types.
 */
function cycles(imports: readonly Import[]): string[] {
  const edges = new Map<string, string[]>();
  for (const { from, to, typeOnly } of imports) {
    if (!typeOnly) edges.set(from, [...(edges.get(from) ?? []), to]);
  }
  const found = new Set<string>();
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (file: string): void => {
    const start = trail.indexOf(file);
    if (start >= 0) {
      const cycle = rotated(trail.slice(start));
      found.add(`cycle: ${[...cycle, cycle[0]].join(' → ')}`);
      return;
    }
    if (done.has(file)) return;
    trail.push(file);
    for (const next of edges.get(file) ?? []) visit(next);
    trail.pop();
    done.add(file);
  };
  for (const file of [...edges.keys()].sort()) visit(file);
  return [...found];
}

function rotated(cycle: string[]): string[] {
  const first = cycle.indexOf([...cycle].sort()[0] as string);
  return [...cycle.slice(first), ...cycle.slice(0, first)];
}
