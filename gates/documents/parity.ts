/** Whether the README's boundary section is the runtime's actual boundary: nothing that it cannot do, nothing left out. */
import type { Problem } from '../../runtime/evidence/problem.ts';

/** What the runtime says of itself, as sets of words. */
export interface Boundaries {
  readonly modes: readonly string[];
  readonly flags: readonly string[];
  readonly endpoints: readonly string[];
  readonly opens: Readonly<Record<string, readonly string[]>>;
  readonly limits: readonly string[];
  readonly metrics: readonly string[];
}

/** @param readme the document's text; `subject` names it */
export function parityProblems(readme: string, actual: Boundaries, subject = 'README.md'): Problem[] {
  const section = /<!-- boundaries\b.*?-->(.*?)<!-- \/boundaries -->/s.exec(readme)?.[1];
  if (section === undefined) {
    return [
      {
        subject,
        problem: 'has no boundary section',
        actual: 'no markers',
        allowed: '<!-- boundaries … --> … <!-- /boundaries -->',
      },
    ];
  }
  const rows = new Map(
    [...section.matchAll(/^\| ([^|]+?) \| ([^|]*?) \|$/gm)].map(([, name, words]) => [name as string, words as string]),
  );
  const problems: Problem[] = [];
  const compare = (row: string, told: readonly string[], wanted: readonly string[]): void => {
    for (const word of told.filter((one) => !wanted.includes(one))) {
      problems.push({
        subject: `${subject}, ${row}`,
        problem: 'tells of what the runtime does not have',
        actual: word,
        allowed: wanted.join(' '),
      });
    }
    for (const word of wanted.filter((one) => !told.includes(one))) {
      problems.push({ subject: `${subject}, ${row}`, problem: 'does not tell of', actual: 'absent', allowed: word });
    }
  };
  const code = (row: string): string[] =>
    [...(rows.get(row) ?? '').matchAll(/`([^`]+)`/g)].map(([, word]) => word as string);
  const sets = ['modes', 'flags', 'endpoints', 'limits', 'metrics'] as const;
  for (const row of sets) compare(row, code(row), actual[row]);
  const opens = Object.keys(actual.opens).map((mode) => [`opens in ${mode} mode`, actual.opens[mode] ?? []] as const);
  for (const [row, wanted] of opens) compare(row, (rows.get(row) ?? '').split('; ').filter(Boolean), wanted);
  const known = new Set<string>([...sets, ...opens.map(([row]) => row), '---']);
  for (const row of rows.keys()) {
    if (known.has(row) || row.trim() === '') continue;
    problems.push({
      subject,
      problem: 'tells of a boundary that is none of the runtime’s',
      actual: row,
      allowed: [...sets].join(', '),
    });
  }
  return problems;
}
